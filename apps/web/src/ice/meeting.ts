/** Two ends meet by a code: this browser, and another or a command. Everything that they say is sealed; the server carries it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { PeerDocument } from "../../../../packages/whither/src/api/meet/path/peer-json.ts";
import {
	type DescriptionMessage,
	type MeetMessage,
	WANTS_PATH,
} from "../../../../packages/whither/src/api/meet/signalling/message.ts";
import { openRoomBy } from "../../../../packages/whither/src/api/meet/signalling/room-entry.ts";
import {
	answerOf,
	type DescribedEnd,
	messagesOf,
	offerOf,
} from "../../../../packages/whither/src/api/meet/signalling/sdp.ts";
import {
	isSignallingFailure,
	type Rendezvous,
	type Signalling,
} from "../../../../packages/whither/src/api/meet/signalling/signalling.ts";
import { signallingSentence } from "../../../../packages/whither/src/api/meet/words/signalling.ts";
import { browserName } from "../../../../packages/whither/src/server/protocol/browser-name.ts";
import { currentToken } from "../api/token.ts";
import { type WatchedConnection, watchConnection } from "./connection.ts";
import { iceServersOf } from "./ice-servers.ts";
import { nobleAead } from "./noble-aead.ts";
import { readPacked } from "./packed-path.ts";
import { pageHttp } from "./page-http.ts";

/** How far it has come. */
export type MeetingStep = "opening" | "waiting" | "met" | "over";

/** One under way. */
export interface PageMeeting {
	readonly step: ReadonlySignal<MeetingStep>;
	/** To say to the other end. */
	readonly code: ReadonlySignal<string | null>;
	/** What the other end calls itself. */
	readonly peerTool: ReadonlySignal<string | null>;
	readonly connection: ReadonlySignal<WatchedConnection | null>;
	/** What the other end found on its way here; null: nothing yet. */
	readonly path: ReadonlySignal<PeerDocument | null>;
	/** The other end can trace. */
	readonly peerTraces: ReadonlySignal<boolean>;
	/** Why it ended, in a sentence; what the other end said as it went. */
	readonly words: ReadonlySignal<string | null>;
	/** It ended before there was a way. */
	readonly failed: ReadonlySignal<boolean>;
	/** Round trips over the data channel, where both ends have one. */
	readonly channel: ReadonlySignal<RTCDataChannel | null>;
	close(): void;
}

/** Ports of `openRoomBy` in a browser. */
const PORTS = {
	http: pageHttp,
	aead: nobleAead,
	random: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
};

/** Makes a code, or joins with one. */
export function meetByCode(code: string | null): PageMeeting {
	return new Meeting(code);
}

class Meeting implements PageMeeting {
	readonly step = signal<MeetingStep>("opening");
	readonly code = signal<string | null>(null);
	readonly peerTool = signal<string | null>(null);
	readonly connection = signal<WatchedConnection | null>(null);
	readonly path = signal<PeerDocument | null>(null);
	readonly peerTraces = signal(false);
	readonly words = signal<string | null>(null);
	readonly failed = signal(false);
	readonly channel = signal<RTCDataChannel | null>(null);
	readonly #stopping = new AbortController();
	#signalling: Signalling | null = null;
	#rendezvous: Rendezvous | null = null;
	#peer: DescriptionMessage | null = null;
	#ufrag = "";
	/** Candidates of ours before we are described, and the other end's before it is set. */
	#early: (string | null)[] | null = [];
	#waiting: RTCIceCandidateInit[] | null = [];

	constructor(code: string | null) {
		this.#open(code).catch((error: unknown) => this.#end(`The browser says: ${String(error)}`, true));
	}

	close(): void {
		if (this.step.value === "over") return;
		this.#signalling?.send({ type: "bye", why: "The page was left" });
		this.#end(this.words.value, this.connection.value?.wasConnected.value !== true);
	}

	async #open(code: string | null): Promise<void> {
		const token = currentToken();
		const url = new URL(".", location.href).href;
		const opened = await openRoomBy(PORTS, {
			...{ url, signal: this.#stopping.signal },
			...(code !== null && { code }),
			...(token !== null && { token }),
		});
		if (isSignallingFailure(opened)) return this.#end(sentence(signallingSentence(opened)), true);
		if (this.#stopping.signal.aborted) return void opened.close();
		this.#rendezvous = opened;
		this.code.value = opened.code;
		this.step.value = "waiting";
		const connection = watchConnection({ iceServers: iceServersOf(opened.offered) }, (line) => this.#trickle(line));
		this.connection.value = connection;
		connection.peer.addEventListener("datachannel", ({ channel }) => this.#opened(channel));
		this.#signalling = opened.signalling({
			met: () => {
				this.step.value = "met";
			},
			message: (message) => {
				void this.#heard(message).catch((error: unknown) => this.#end(`The browser says: ${String(error)}`, true));
			},
			closed: (failure) => {
				const isConnected = connection.wasConnected.value;
				if (failure !== null && !isConnected) this.#end(sentence(signallingSentence(failure)), true);
				else if (!isConnected && this.#peer === null) this.#end("The other end has left.", true);
			},
		});
		// Whoever made the code controls, and so offers.
		if (opened.role === "controlling") {
			this.#opened(connection.peer.createDataChannel("whither"));
			await connection.peer.setLocalDescription();
			this.#describe();
		}
	}

	/** Says who we are, and then what was found meanwhile. */
	#describe(): void {
		const sdp = this.connection.value?.peer.localDescription?.sdp ?? "";
		const said = messagesOf(sdp, `${browserName(navigator.userAgent)} on a page of Whither`, [WANTS_PATH]) ?? [];
		const [first] = said;
		if (first?.type !== "description") throw new Error("this browser's description cannot be read");
		this.#ufrag = first.ufrag;
		for (const message of said) this.#signalling?.send(message);
		const early = this.#early ?? [];
		this.#early = null;
		for (const line of early) this.#trickle(line);
	}

	#trickle(line: string | null): void {
		if (this.#early !== null) this.#early.push(line);
		else if (line === null) this.#signalling?.send({ type: "endOfCandidates", ufrag: this.#ufrag });
		else this.#signalling?.send({ type: "candidates", ufrag: this.#ufrag, lines: [line] });
	}

	async #heard(message: MeetMessage): Promise<void> {
		switch (message.type) {
			case "description":
				return this.#described(message);
			case "candidates":
				for (const candidate of message.lines)
					await this.#add({ candidate, sdpMid: "0", usernameFragment: message.ufrag });
				break;
			case "endOfCandidates":
				await this.#add({ candidate: "", sdpMid: "0", usernameFragment: message.ufrag });
				break;
			case "path":
				this.path.value = await readPacked(message.packed);
				break;
			case "bye":
				this.#left(message.why);
		}
	}

	async #described(description: DescriptionMessage): Promise<void> {
		const peer = this.connection.value?.peer;
		// Another description is a restart, which this page has no use for.
		if (peer === undefined || this.#peer !== null) return;
		this.#peer = description;
		this.peerTool.value = description.tool;
		this.peerTraces.value = description.options.includes("whither-path");
		const options = description.options.filter((option) => !option.startsWith("whither-"));
		const end: DescribedEnd = { description: { ...description, options }, lines: [], isComplete: false };
		if (this.#signalling?.role === "controlling") {
			const sdp = answerOf(end, peer.localDescription?.sdp ?? "") ?? "";
			await peer.setRemoteDescription({ type: "answer", sdp });
		} else {
			await peer.setRemoteDescription({ type: "offer", sdp: offerOf(end) });
			await peer.setLocalDescription();
			this.#describe();
		}
		const waiting = this.#waiting ?? [];
		this.#waiting = null;
		for (const candidate of waiting) await this.#add(candidate);
	}

	/** One that the browser cannot use, such as one of TCP, is none. */
	async #add(candidate: RTCIceCandidateInit): Promise<void> {
		if (this.#waiting !== null) this.#waiting.push(candidate);
		else await this.connection.value?.peer.addIceCandidate(candidate).catch(() => {});
	}

	#opened(channel: RTCDataChannel): void {
		channel.addEventListener("open", () => {
			this.channel.value = channel;
		});
	}

	#left(why: string): void {
		this.words.value = why === "" ? "The other end has left." : `The other end says: ${why}`;
		this.#end(this.words.value, this.connection.value?.wasConnected.value !== true);
	}

	#end(words: string | null, failed: boolean): void {
		if (this.step.value === "over") return;
		this.step.value = "over";
		this.words.value = words;
		this.failed.value = failed;
		this.#stopping.abort();
		if (this.#signalling !== null) void this.#signalling.close();
		else void this.#rendezvous?.close();
		this.connection.value?.close();
	}
}

function sentence(words: string): string {
	return `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith(".") ? "" : "."}`;
}
