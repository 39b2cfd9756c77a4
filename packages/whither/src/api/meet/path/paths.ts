/** The way that was chosen, from both ends: ours is traced, and each end tells the other what it found. */
import {
	DocumentExchange,
	type ExchangeEvent,
	type ExchangeFailure,
	type ExchangeInput,
	exchangeKeys,
	isExchangePacket,
} from "@whither/core";
import { nodeCrypto } from "@whither/net";
import type { MeetEvent, TracedPath } from "../events.ts";
import { GATHER_MS, type Meeting } from "../meeting.ts";
import type { MeetOutcome, MissingPath } from "../result.ts";
import type { EndView } from "../words/evidence.ts";
import type { MeetWorld } from "../world.ts";
import { packPeerDocument, readPeerDocument } from "./peer-document.ts";
import type { PeerDocument } from "./peer-json.ts";

/** What was found. */
export interface FoundPaths {
	readonly own: TracedPath | null;
	readonly ownMissing: MissingPath | null;
	readonly peer: PeerDocument | null;
	readonly peerMissing: MissingPath | null;
	/** The pair was lost, or a defect ended it, meanwhile; null: it was not. */
	readonly lost: MeetOutcome | null;
	/** What was traced is not the pair in use any more. */
	readonly pairChanged: boolean;
}

/** What paths are found by. */
export interface PathsOrder {
	readonly world: Pick<MeetWorld, "tracePath" | "after">;
	readonly meeting: Meeting;
	/** What the other end is to know of our network. */
	readonly view: () => EndView;
	readonly tell: (event: MeetEvent) => void;
	readonly signal: AbortSignal;
}

/** Each trace ends by then, and the exchange of both within 45 s of the beginning. */
const TRACE_MS = 15_000;
/** Bytes of what is said by signalling, where a message has a bound. */
const LONGEST_SAID = 14_000;
const STOPPED = "Stopped before it was there";
/** How long packets are taken that an end sent just before it left. */
const LAST_WORDS_MS = 1_000;

/** Finds both; never rejects, and ends within the exchange's time. */
export class Paths {
	readonly found: Promise<FoundPaths>;
	readonly #order: PathsOrder;
	readonly #exchange: DocumentExchange | null;
	readonly #tracing = new AbortController();
	#forget: () => void = () => {};
	#forgetLeft: () => void = () => {};
	#own: TracedPath | null = null;
	#ownMissing: MissingPath | null = null;
	#peer: PeerDocument | null = null;
	#peerMissing: MissingPath | null = null;
	#lost: MeetOutcome | null = null;
	/** The pair that was traced last. */
	#tracedId: number | null = null;
	#isTraced = false;
	#isExchanged = false;
	#finish: (found: FoundPaths) => void = () => {};

	constructor(order: PathsOrder) {
		this.#order = order;
		this.found = new Promise((resolve) => {
			this.#finish = resolve;
		});
		const { meeting, signal } = order;
		this.#exchange = this.#openExchange();
		this.#isExchanged = this.#exchange === null;
		meeting.attend({
			data: (bytes) => {
				if (isExchangePacket(bytes)) this.#step({ type: "received", bytes: bytes.slice() });
			},
			lost: (outcome) => this.#lose(outcome),
			left: () => {
				this.#forgetLeft = order.world.after(LAST_WORDS_MS, () => this.#peerEnded("silent"));
			},
		});
		if (signal.aborted) this.#interrupt();
		else signal.addEventListener("abort", () => this.#interrupt(), { once: true });
		this.#step({ type: "begin" });
		this.#trace();
	}

	#openExchange(): DocumentExchange | null {
		const { meeting } = this.#order;
		const { peer, secrets, ledger } = meeting;
		if (peer?.ice === "none" || secrets === null)
			this.#missPeer("noIce", "The other end shares no ICE with us, so there is no password to tell traces under");
		if (peer === null || secrets === null || !peer.traces) {
			const isWhither = peer?.tool.startsWith("whither ") === true && !peer.wantsPath;
			if (peer?.wantsPath) this.#missPeer("otherProgram", "The other end is a browser, which cannot trace");
			this.#missPeer(isWhither ? "notTraced" : "otherProgram", peerless(peer?.tool ?? null, isWhither));
			return null;
		}
		const keys = exchangeKeys(nodeCrypto, secrets.own, secrets.peer);
		return new DocumentExchange({ crypto: nodeCrypto, keys, rttNs: ledger.selected?.rttNs ?? null });
	}

	/** On the selected pair; once again where another took its place meanwhile. */
	async #trace(): Promise<void> {
		const { meeting } = this.#order;
		const known = this.#untilKnown();
		for (let round = 0; round < 2 && !this.#tracing.signal.aborted; round++) {
			this.#tracedId = meeting.ledger.selectedId;
			await this.#traceOnce();
			if (!this.#pairChanged) break;
		}
		await known;
		this.#tellOwn();
	}

	get #pairChanged(): boolean {
		return this.#own !== null && this.#tracedId !== this.#order.meeting.ledger.selectedId;
	}

	/** Where a relay is needed, both ends want to know why: whether UDP goes unanswered is known a little later. */
	async #untilKnown(): Promise<void> {
		const { world, meeting } = this.#order;
		const selected = meeting.ledger.selected;
		if (selected?.local.type !== "relay" && selected?.remote.type !== "relay") return;
		const { signal } = this.#tracing;
		let forget = (): void => {};
		const late = new Promise<void>((resolve) => {
			forget = world.after(GATHER_MS, resolve);
			if (signal.aborted) resolve();
			signal.addEventListener("abort", () => resolve(), { once: true });
		});
		await Promise.race([meeting.gathered, late]);
		forget();
	}

	async #traceOnce(): Promise<void> {
		const { world, meeting } = this.#order;
		const flow = meeting.ice.flow();
		if (flow === null) {
			this.#ownMissing ??= { code: "pairLost", message: "The pair was gone before its path could be traced" };
			return;
		}
		const { signal } = this.#tracing;
		this.#own = await world.tracePath(flow, { signal, timeoutMs: TRACE_MS }).catch(
			(thrown: unknown): TracedPath => ({
				...{ by: "flow", result: null },
				error: { code: "internal", message: thrown instanceof Error ? thrown.message : String(thrown) },
			}),
		);
		const { error } = this.#own;
		if (error !== null)
			this.#ownMissing = { code: error.code === "aborted" ? "interrupted" : "traceFailed", message: error.message };
	}

	#tellOwn(): void {
		const own = this.#own;
		if (own !== null && own.result !== null) this.#ownMissing = null;
		else this.#ownMissing ??= { code: "interrupted", message: STOPPED };
		this.#order.tell({ kind: "path", whose: "ours", traced: own, missing: this.#ownMissing });
		const error = own?.error ?? (own === null ? this.#ownMissing : null);
		const document = { view: this.#order.view(), by: own?.by ?? "flow", trace: own?.result ?? null, error };
		const { meeting } = this.#order;
		if (meeting.peer?.wantsPath)
			meeting.sendPath(Buffer.from(packPeerDocument(document, LONGEST_SAID)).toString("base64url"));
		else this.#step({ type: "document", bytes: packPeerDocument(document) });
		this.#isTraced = true;
		this.#conclude();
	}

	#step(input: ExchangeInput): void {
		const { world, meeting } = this.#order;
		if (this.#exchange === null || this.#isExchanged) return;
		for (const output of this.#exchange.step(input, meeting.ice.now())) {
			if (output.type === "send") meeting.ice.send(output.bytes);
			else if (output.type === "event") this.#exchanged(output.event);
		}
		this.#forget();
		const { deadline } = this.#exchange;
		if (deadline === null || this.#isExchanged) return;
		const delayMs = Math.max(0, (deadline.at - meeting.ice.now()) / 1e6);
		this.#forget = world.after(delayMs, () => this.#step({ type: "timer" }));
	}

	#exchanged(event: ExchangeEvent): void {
		if (event.kind === "received") this.#read(event.bytes);
		else if (event.kind === "ended") this.#peerEnded(event.failure);
	}

	#read(bytes: Uint8Array): void {
		this.#peer = readPeerDocument(bytes);
		if (this.#peer === null) this.#missPeer("badDocument", "What the other end sent of its trace cannot be read");
		else if (this.#peer.trace === null)
			this.#missPeer(
				"traceFailed",
				`The other end's trace failed: ${this.#peer.error?.message ?? "it does not say why"}`,
			);
		this.#tellPeer();
	}

	#peerEnded(failure: ExchangeFailure | null): void {
		if (this.#isExchanged) return;
		this.#isExchanged = true;
		this.#forget();
		if (failure !== null && this.#peer === null && this.#peerMissing === null) {
			this.#missPeer(failure, EXCHANGE_WORDS[failure]);
			this.#tellPeer();
		}
		this.#conclude();
	}

	#missPeer(code: MissingPath["code"], message: string): void {
		this.#peerMissing ??= { code, message };
	}

	#tellPeer(): void {
		const peer = this.#peer;
		const traced = peer === null ? null : { by: peer.by, result: peer.trace, error: peer.error };
		this.#order.tell({ kind: "path", whose: "theirs", traced, missing: this.#peerMissing });
	}

	#interrupt(): void {
		if (this.#peer === null) this.#missPeer("interrupted", STOPPED);
		this.#tracing.abort();
		this.#peerEnded(null);
	}

	#lose(outcome: MeetOutcome): void {
		this.#lost ??= outcome;
		const message = "The pair was lost before it was there";
		if (this.#peer === null) this.#missPeer("pairLost", message);
		this.#tracing.abort();
		this.#peerEnded(null);
	}

	/** Once our trace has ended and the exchange has. */
	#conclude(): void {
		if (!this.#isTraced || !this.#isExchanged) return;
		this.#forgetLeft();
		this.#finish({
			...{ own: this.#own, ownMissing: this.#ownMissing, peer: this.#peer, peerMissing: this.#peerMissing },
			...{ lost: this.#lost, pairChanged: this.#pairChanged },
		});
	}
}

function peerless(tool: string | null, isWhither: boolean): string {
	if (isWhither) return "The other end was asked not to trace (--no-trace)";
	return tool === null
		? "The other end is another program, which tells of no trace"
		: `The other end is ${tool}, which tells of no trace`;
}

const EXCHANGE_WORDS: Readonly<Record<ExchangeFailure, string>> = {
	noAnswer: "The other end says nothing of its trace",
	silent: "The other end fell silent before it had told its trace",
	outOfTime: "The other end has not told its trace in 45 seconds",
	badDocument: "What the other end sent of its trace cannot be read",
};
