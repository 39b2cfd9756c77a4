/** What a ping hears: the probe that each reply answers, and what that settles. */
import type { Instant } from "../../machine.ts";
import type { Reply } from "../channel.ts";
import type { IgnoreReason, Match } from "../method.ts";
import { type Answer, roundTrip, type Slot, type Transmission } from "../probe-book.ts";
import { FAREWELL_TTL } from "../sending.ts";
import { MOST_FOLLOW_UPS } from "../settling.ts";
import type { TracerOutput } from "../tracer-io.ts";
import type { PingBook } from "./ping-book.ts";
import type { PingAnswer } from "./ping-totals.ts";

/** What is heard by, and who is told. */
export interface PingHearingParts {
	readonly book: PingBook;
	readonly tally: {
		readonly counts: { duplicates: number; late: number };
		readonly answered: (answer: PingAnswer) => void;
	};
	/** Whose an answer is that does not name its probe; default: the one that is waited for longest. */
	readonly unnamed?: (reply: Reply, match: FlowMatch) => Transmission | null;
	readonly output: (output: Exclude<TracerOutput, { type: "event" }>) => void;
	/** There is news of a probe. */
	readonly tell: (slot: Slot, now: Instant) => void;
	/** A probe that has an answer got another one; default: nobody is told. */
	readonly tellAgain?: (slot: Slot, now: Instant) => void;
	/** Another packet of a probe is to leave. */
	readonly transmit: (slot: Slot, now: Instant) => void;
}

/** An answer that does not name its probe. */
export type FlowMatch = Extract<Match, { type: "flow" }>;
type ProbeMatch = Extract<Match, { type: "probe" }>;

/** What was heard, and when we are. */
interface Heard {
	readonly reply: Reply;
	readonly now: Instant;
}

/** The receiving side of one ping. */
export class PingHearing {
	readonly #parts: PingHearingParts;

	constructor(parts: PingHearingParts) {
		this.#parts = parts;
	}

	/** Takes a reply in that the method has told whose it is. */
	take(match: Exclude<Match, { type: "broken" }>, heard: Heard): void {
		if (match.type === "foreign") {
			this.#ignore(match.reason);
			return;
		}
		const transmission =
			match.type === "flow" ? this.#unnamed(heard.reply, match) : this.#parts.book.find(match.sequence);
		if (transmission === null) this.#ignore(match.type === "flow" ? "shortQuote" : "unknownSequence");
		else if (match.type === "again") this.#followUp(transmission, match, heard);
		else if (match.type === "probe") this.#takeAnswer(transmission, match, heard);
		else this.#answer({ transmission, ...answerOf(match, heard), inferred: true }, heard.now);
	}

	#unnamed(reply: Reply, match: FlowMatch): Transmission | null {
		const { unnamed } = this.#parts;
		return unnamed === undefined ? this.#oldestBefore(reply.at) : unnamed(reply, match);
	}

	/** Where a router quotes too little, its answer is for the first probe still waiting that it can be for. */
	#oldestBefore(at: Instant): Transmission | null {
		for (const { transmission } of this.#parts.book.waiting) {
			if (transmission !== null && transmission.sentAt <= at) return transmission;
		}
		return null;
	}

	/** An answer with what comes of it beside: a farewell, and further probes that it answers. */
	#takeAnswer(transmission: Transmission, match: ProbeMatch, heard: Heard): void {
		const { book, output } = this.#parts;
		const { farewell: packet } = match;
		if (packet !== undefined)
			output({ type: "send", probes: [{ sequence: book.number(), ttl: FAREWELL_TTL, packet }] });
		if (match.part === true && transmission.slot.answer !== null) return;
		this.#answer({ transmission, ...answerOf(match, heard) }, heard.now);
		// After it: a receiver that has bytes twice names them in two blocks (RFC 2883), which is no second answer.
		for (const sequence of match.also ?? []) this.#answerAlso(sequence, match, heard);
	}

	#answer(answer: Answer, now: Instant): void {
		const { book, tally, tell } = this.#parts;
		const { slot } = answer.transmission;
		if (slot.answer !== null) {
			slot.duplicates++;
			tally.counts.duplicates++;
			this.#parts.tellAgain?.(slot, now);
			this.#ignore("duplicate");
		} else if (slot.state === "expired") {
			slot.answer = { ...answer, late: true };
			tally.counts.late++;
			tell(slot, now);
		} else if (slot.state === "waiting") {
			slot.answer = answer;
			tally.answered({ seq: slot.query, from: answer.reply.from, rttNs: Math.round(roundTrip(answer)) });
			book.settle(slot, "answered");
			tell(slot, now);
		} else this.#ignore("unknownSequence");
	}

	/** A packet that answers several probes at once. */
	#answerAlso(sequence: number, match: ProbeMatch, heard: Heard): void {
		const transmission = this.#parts.book.find(sequence);
		if (transmission?.slot.state !== "waiting") return;
		this.#answer({ transmission, ...answerOf(match, heard) }, heard.now);
	}

	/** The target asks for another packet of this probe first. */
	#followUp({ slot, sentAt }: Transmission, match: Extract<Match, { type: "again" }>, { reply, now }: Heard): void {
		const details = slot.again?.details ?? [];
		if (slot.state !== "waiting" || details.length >= MOST_FOLLOW_UPS) {
			this.#ignore("duplicate");
			return;
		}
		const rttNs = Math.max(0, reply.at - sentAt);
		slot.again = { state: match.state, details: [...details, { ...match.detail, rttNs }] };
		this.#parts.transmit(slot, now);
	}

	#ignore(reason: IgnoreReason | "duplicate" | "shortQuote"): void {
		this.#parts.output({ type: "ignored", reason });
	}
}

function answerOf({ meaning }: Pick<ProbeMatch, "meaning">, { reply }: Heard): Omit<Answer, "transmission"> {
	return { reply, meaning, late: false, inferred: false };
}
