/** Offers and answers of a simulated call, as SIP would carry them: nothing is lost, and one exchange is open at a time. */
import { type FirstDraftStream, type Instant, MILLISECOND } from "@whither/core";
import { type CallSide, otherSide } from "./call-scenario.ts";

/** What stands in an offer or answer. */
export type CallDescription = readonly (FirstDraftStream | null)[];

/** One that was sent. */
export interface CallSignal {
	readonly at: Instant;
	readonly from: CallSide;
	readonly kind: "offer" | "answer";
	/** 1 for the first offer and its answer. */
	readonly exchange: number;
	readonly description: CallDescription;
}

/** Whoever makes and takes them. */
export interface SignallingEnd {
	/** What is to be told now, and with this has been. */
	tell(at: Instant): CallDescription;
	hear(description: CallDescription, at: Instant): void;
}

/** How long things take, in milliseconds. */
export interface SignallingTimes {
	/** One way. */
	readonly delayMs: number;
	/** How long the telephone rings: the first offer is answered so late. */
	readonly ringMs: number;
}

/** How soon a program answers a later offer. */
const LATER_ANSWER_MS = 20;

/** The exchanges of one call. */
export class CallSignalling {
	readonly signals: CallSignal[] = [];
	readonly #ends: Readonly<Record<CallSide, SignallingEnd>>;
	readonly #times: SignallingTimes;
	readonly #schedule: (at: Instant, action: () => void) => void;
	/** Who has looked for all his addresses. */
	readonly #ready = new Set<CallSide>();
	/** Who has more to tell, once nothing is open. */
	readonly #waiting = new Set<CallSide>();
	/** Who owes an answer, and from when on. */
	#owes: { readonly side: CallSide; readonly from: Instant } | null = null;
	#isOpen = false;
	#exchanges = 0;

	constructor(
		ends: Readonly<Record<CallSide, SignallingEnd>>,
		times: SignallingTimes,
		schedule: (at: Instant, action: () => void) => void,
	) {
		this.#ends = ends;
		this.#times = times;
		this.#schedule = schedule;
	}

	/** An offer or an answer is under way or owed. */
	get isOpen(): boolean {
		return this.#isOpen;
	}

	/** An end knows all that it has to tell at first. */
	ready(side: CallSide, at: Instant): void {
		this.#ready.add(side);
		if (this.#exchanges === 0 && side === "a") this.#offer(side, at);
		else this.#answerIfDue(at);
	}

	/** An end would tell more; it waits while an exchange is open, as 491 has it in SIP. */
	wants(side: CallSide, at: Instant): void {
		if (this.#isOpen) this.#waiting.add(side);
		else this.#offer(side, at);
	}

	#offer(side: CallSide, at: Instant): void {
		this.#isOpen = true;
		this.#exchanges++;
		this.#send(side, "offer", at, (arrived) => {
			const isFirst = this.#exchanges === 1;
			const from = arrived + (isFirst ? this.#times.ringMs : LATER_ANSWER_MS) * MILLISECOND;
			this.#owes = { side: otherSide(side), from };
			this.#schedule(from, () => this.#answerIfDue(from));
		});
	}

	#answerIfDue(at: Instant): void {
		const owes = this.#owes;
		if (owes === null || at < owes.from || !this.#ready.has(owes.side)) return;
		this.#owes = null;
		this.#send(owes.side, "answer", at, (arrived) => {
			this.#isOpen = false;
			const [next] = this.#waiting;
			if (next !== undefined) this.#offer(next, arrived);
		});
	}

	#send(from: CallSide, kind: CallSignal["kind"], at: Instant, arrived: (at: Instant) => void): void {
		this.#waiting.delete(from);
		const description = this.#ends[from].tell(at);
		this.signals.push({ at, from, kind, exchange: this.#exchanges, description });
		const arrivesAt = at + this.#times.delayMs * MILLISECOND;
		this.#schedule(arrivesAt, () => {
			this.#ends[otherSide(from)].hear(description, arrivesAt);
			arrived(arrivesAt);
		});
	}
}
