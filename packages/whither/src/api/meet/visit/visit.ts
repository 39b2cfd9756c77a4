/** A browser visits this machine: ICE with it, the way to it, and nothing above; from its offer until it goes. */
import type { IceOrder } from "@whither/net/ice";
import { WhitherError } from "../../error.ts";
import { TOOL } from "../../version.ts";
import { meetDocument, NO_PATHS, NO_SERVERS } from "../document.ts";
import type { MeetEvent } from "../events.ts";
import { Meeting } from "../meeting.ts";
import { pathWarnings } from "../path/path-warnings.ts";
import { type FoundPaths, Paths } from "../path/paths.ts";
import type { MeetOutcome, MeetResult, MeetWarning } from "../result.ts";
import type { MeetMessage } from "../signalling/message.ts";
import { answerOf, messagesOf } from "../signalling/sdp.ts";
import { ownView } from "../words/evidence.ts";
import { meetSentence } from "../words/meet-sentence.ts";
import type { MeetFacts } from "../words/obstacle.ts";
import type { MeetWorld } from "../world.ts";
import { type OfferSignalling, offerSignalling } from "./offer-signalling.ts";

/** How a visit is begun. */
export interface VisitOrder {
	/** SDP of the browser's offer: a data channel. */
	readonly offer: string;
	/** What the visitor is called. */
	readonly tool: string;
	readonly world: Pick<MeetWorld, "openIce" | "tracePath" | "after" | "backend">;
	/** Which addresses of ours are told, and which of the visitor's are tried; servers, if we need any. */
	readonly ice?: Pick<IceOrder, "allowInterface" | "allowRemote" | "loopback" | "stunServers" | "relays">;
	readonly tell: (event: MeetEvent) => void;
	/** How long a visitor may stay, 600 000 when absent. */
	readonly lifetimeMs?: number;
}

/** A visit under way. */
export interface Visit {
	/** SDP for the browser, with all candidates of ours; resolves within two seconds. */
	readonly answer: Promise<string>;
	/** Lines of `a=candidate`, trickled; none: that was all. False: there are more than one visitor has. */
	candidates(lines: readonly string[]): boolean;
	/** Once the visitor has gone, or could not be reached: how it was. Never rejects. */
	readonly result: Promise<MeetResult>;
	/** Sends the visitor away; resolves once all is closed, within five seconds. */
	close(): Promise<void>;
}

const LIFETIME_MS = 600_000;
const ANSWER_MS = 2_000;
/** Checks go to each candidate that a visitor tells of, so they are few; browsers have a dozen. */
const MOST_CANDIDATES = 24;
const MOST_PAIRS = 48;
/** How long a visitor whose offer has come is waited for. */
const WAIT_MS = 45_000;
/** What a visitor says that closes its page: browsers end their consent by that, or by silence. */
const PACING_MS = 20;

/** Begins one; throws `WhitherError` with code `badOption` where the offer is none. */
export function openVisit(order: VisitOrder): Visit {
	const messages = messagesOf(order.offer, order.tool);
	if (messages === null)
		throw new WhitherError("badOption", "That is no offer of a data channel (SDP of RTCPeerConnection)", {
			option: "sdp",
		});
	return new OpenVisit(order, bounded(messages));
}

class OpenVisit implements Visit {
	readonly answer: Promise<string>;
	readonly result: Promise<MeetResult>;
	readonly #order: VisitOrder;
	readonly #signalling: OfferSignalling;
	readonly #meeting: Meeting;
	readonly #began = { startedAt: new Date().toISOString(), ms: performance.now() };
	readonly #warnings: MeetWarning[] = [];
	readonly #stopping = new AbortController();
	readonly #ufrag: string;
	#left: number;
	#closed: Promise<void> | null = null;
	#traces = false;

	constructor(order: VisitOrder, messages: readonly MeetMessage[]) {
		this.#order = order;
		this.#signalling = offerSignalling(messages);
		const [first] = messages;
		this.#ufrag = first?.type === "description" ? first.ufrag : "";
		this.#left = MOST_CANDIDATES - messages.reduce((sum, one) => sum + linesOf(one).length, 0);
		this.#meeting = new Meeting({
			...{ world: order.world, begin: this.#signalling.begin, waitMs: WAIT_MS, traces: false },
			ice: { ...order.ice, pacingMs: PACING_MS, maximumPairs: MOST_PAIRS, giveUpMs: WAIT_MS },
			tell: (event) => this.#tell(event),
		});
		this.answer = this.#describe();
		this.result = this.#run();
	}

	candidates(lines: readonly string[]): boolean {
		if (lines.length > this.#left) return false;
		this.#left -= lines.length;
		const ufrag = this.#ufrag;
		this.#signalling.hear([
			lines.length === 0 ? { type: "endOfCandidates", ufrag } : { type: "candidates", ufrag, lines },
		]);
		return true;
	}

	async close(): Promise<void> {
		this.#stopping.abort();
		this.#meeting.stop();
		await this.result;
		await this.#closed;
	}

	async #describe(): Promise<string> {
		const { after } = this.#order.world;
		let forget = (): void => {};
		const late = new Promise<void>((resolve) => {
			forget = after(ANSWER_MS, resolve);
		});
		await Promise.race([this.#signalling.complete, late]);
		forget();
		const { said } = this.#signalling;
		const answer = said === null ? null : answerOf(said, this.#order.offer);
		if (answer === null) throw new Error("an offer that was read has no answer");
		return answer;
	}

	async #run(): Promise<MeetResult> {
		const meeting = this.#meeting;
		let outcome = await meeting.settled;
		this.#tell({ kind: "outcome", outcome, why: meetSentence(this.#facts(outcome)) });
		let paths = NO_PATHS;
		if (outcome.code === "connected") {
			paths = await this.#trace();
			const traced = meeting.ledger.selectedId;
			outcome = paths.lost ?? (await this.#stay()) ?? { ...outcome, code: "interrupted" };
			if (!paths.pairChanged && meeting.ledger.selectedId !== traced) this.#warn({ code: "pairChanged" });
		}
		const facts = this.#facts(outcome);
		const result = meetDocument({
			...this.#common(),
			facts,
			paths,
			meeting,
			traces: this.#traces,
			why: meetSentence(facts),
		});
		this.#closed = meeting.close(result.why);
		return result;
	}

	/** Nobody but whose check came by the pair, and answered ours, is traced. */
	async #trace(): Promise<FoundPaths> {
		this.#traces = true;
		const { world } = this.#order;
		const found = await new Paths({
			...{ world, meeting: this.#meeting, signal: this.#stopping.signal },
			view: () => ownView(this.#facts({ code: "connected", failure: null, signalling: null, about: null })),
			tell: (event) => this.#tell(event),
		}).found;
		for (const warning of pathWarnings(found)) this.#warn(warning);
		return found;
	}

	#warn(warning: MeetWarning): void {
		this.#tell({ kind: "warning", warning });
	}

	/** Consent is kept and answered until the visitor goes, is sent away (null), or has been here for long enough (null). */
	#stay(): Promise<MeetOutcome | null> {
		const { signal } = this.#stopping;
		const { world, lifetimeMs = LIFETIME_MS } = this.#order;
		return new Promise((resolve) => {
			const end = (outcome: MeetOutcome | null) => {
				forget();
				resolve(outcome);
			};
			const forget = world.after(lifetimeMs, () => end(null));
			if (signal.aborted) end(null);
			signal.addEventListener("abort", () => end(null), { once: true });
			this.#meeting.attend({ data: () => {}, lost: end, left: () => {} });
		});
	}

	#facts(outcome: MeetOutcome): MeetFacts {
		const { ledger, ice } = this.#meeting;
		return {
			...{ outcome, peerView: null, selected: ledger.selected, candidates: ledger.candidates, timings: ledger.timings },
			...{ candidateErrors: ledger.errors, servers: NO_SERVERS, media: null, tcpReached: ledger.tcpRelays },
			pairs: ice.pairs.map((pair) => ledger.pairOf(pair)),
			...{ policy: "all", waitMs: WAIT_MS },
		};
	}

	#common() {
		return {
			...{ tool: TOOL, args: [], servers: NO_SERVERS, warnings: [...this.#warnings] },
			backend: this.#order.world.backend,
			startedAt: this.#began.startedAt,
			durationNs: Math.round((performance.now() - this.#began.ms) * 1e6),
		};
	}

	#tell(event: MeetEvent): void {
		if (event.kind === "warning") this.#warnings.push(event.warning);
		this.#order.tell(event);
	}
}

function linesOf(message: MeetMessage): readonly string[] {
	return message.type === "candidates" ? message.lines : [];
}

function bounded(messages: readonly MeetMessage[]): readonly MeetMessage[] {
	return messages.map((message) =>
		message.type === "candidates" ? { ...message, lines: message.lines.slice(0, MOST_CANDIDATES) } : message,
	);
}
