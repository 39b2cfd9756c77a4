/**
 * What a trace owes its target after its end: probes beyond the target may still open connections there, which are to be
 * closed in order although nobody waits for their answers any more.
 */
import { type Instant, MILLISECOND, SECOND } from "../machine.ts";
import type { Reply } from "./channel.ts";
import type { Match } from "./method.ts";
import type { PathEnd } from "./path-end.ts";
import { type ProbeBook, roundTrip, type Slot } from "./probe-book.ts";

/** An answer that takes longer than this much of the target's longest round trip, and a little for its work, is lost. */
const LATE_FACTOR = 1.5;
const LATE_SLACK_NS = 50 * MILLISECOND;
/** Where nothing has answered yet. */
const UNKNOWN_LIMIT_NS = 250 * MILLISECOND;
/** The rest of an answer that comes in several packets is still taken in. */
const REST_NS = 10 * MILLISECOND;
/** No program is kept longer than this. */
const LONGEST_NS = SECOND;

/** The probes of one trace that the target may yet answer with a connection. */
export class Lingering {
	readonly #book: ProbeBook;
	/** Sequences of packets whose connection has been closed, or never was one. */
	readonly #done = new Set<number>();
	/** When the answers to the others are given up, by sequence; null before the end. */
	#owed: Map<number, Instant> | null = null;
	#endedAt: Instant = 0;
	#heardAt: Instant | null = null;

	constructor(book: ProbeBook) {
		this.#book = book;
	}

	/** Must be told of every reply, before the end and after it. */
	note(match: Match, reply: Reply): void {
		if (match.type !== "probe" && match.type !== "again") return;
		if (this.#owed !== null && reply.type !== "icmpError") this.#heardAt = reply.at;
		// A target that asks for another packet first keeps nothing of this one.
		const isDone = match.type === "again" || match.farewell !== undefined || reply.type === "icmpError";
		if (!isDone) return;
		this.#done.add(match.sequence);
		this.#owed?.delete(match.sequence);
	}

	/** The trace has ended. */
	begin(endedAt: Instant, end: PathEnd): void {
		const limitNs = answerLimit([...this.#book.slots()]);
		const owed = new Map<number, Instant>();
		for (const transmission of this.#book.transmissions) {
			if (transmission === null || this.#done.has(transmission.sequence)) continue;
			const { slot, sentAt, sequence } = transmission;
			const mayArrive = slot.state !== "failed" && (!end.known || slot.ttl >= end.lastTtl);
			if (mayArrive && sentAt + limitNs > endedAt) owed.set(sequence, sentAt + limitNs);
		}
		this.#endedAt = endedAt;
		this.#owed = owed;
	}

	/** Until when answers are worth hearing after the end; null: none is owed. */
	get until(): Instant | null {
		if (this.#owed === null) return null;
		const rest = this.#heardAt === null ? [] : [this.#heardAt + REST_NS];
		const latest = Math.max(...this.#owed.values(), ...rest);
		return latest > this.#endedAt ? Math.min(latest, this.#endedAt + LONGEST_NS) : null;
	}
}

/** How long the target's answer to a probe may take, by its answers so far, else by those of hops before it. */
function answerLimit(slots: readonly Slot[]): number {
	const answers = slots.flatMap(({ answer }) => (answer === null ? [] : [answer]));
	const ends = answers.filter(({ meaning }) => meaning.place !== "hop");
	const trips = (ends.length > 0 ? ends : answers).map(roundTrip);
	return trips.length === 0 ? UNKNOWN_LIMIT_NS : LATE_FACTOR * Math.max(...trips) + LATE_SLACK_NS;
}
