/**
 * How long to wait for an answer: traceroute(8)'s MAX, HERE and NEAR, applied to every probe on its own, so that one
 * silent hop holds up nobody, and a grace once the target has answered.
 */
import { type Instant, MILLISECOND } from "../machine.ts";
import type { PathEnd } from "./path-end.ts";
import { type ProbeBook, roundTrip, type Slot } from "./probe-book.ts";

export interface WaitRule {
	readonly maxNs: number;
	/** Factor over the round trip of another answer of the same hop; 0: off. */
	readonly here: number;
	/** Factor over the round trip of an answer of a later hop; 0: off. */
	readonly near: number;
}

/** Added to a round trip before a factor is applied, so that microsecond paths do not give routers microseconds. */
const SLACK_NS = 1 * MILLISECOND;

/**
 * Once the path's end has answered, the whole path is known to answer within that time, and a hop silent for 2.5
 * times as long will stay silent. The floor leaves slow routers of short paths their time.
 */
const END_FACTOR = 2.5;
const END_FLOOR_NS = 100 * MILLISECOND;

/** A target's own probe is overdue (and another answer of the target may stand for it) after this much of its round trip. */
const OVERDUE_FACTOR = 1.25;

/** The waits of one trace, measured by the answers in its books. */
export class Waits {
	readonly #book: ProbeBook;
	readonly #rule: WaitRule;
	readonly #end: PathEnd;
	#facts: WaitFacts | null = null;
	/** Something answered from where the path ends, even if it is not known for which TTL. */
	#endAnswered = false;

	constructor(book: ProbeBook, rule: WaitRule, end: PathEnd) {
		this.#book = book;
		this.#rule = rule;
		this.#end = end;
	}

	/** Must be told of every new answer and every corrected send time. */
	changed(): void {
		this.#facts = null;
	}

	/** The path's end answered, for whichever TTL. */
	endAnswered(): void {
		this.#endAnswered = true;
		this.#facts = null;
	}

	/** When a sent and unanswered probe is given up. */
	expiresAt(slot: Slot): Instant {
		return sentAt(slot) + this.#limitNs(slot.ttl);
	}

	/** When a waiting probe of the path's last TTL may be stood for by an answer from beyond. */
	slotOverdueAt(slot: Slot): Instant {
		return sentAt(slot) + OVERDUE_FACTOR * this.#endRoundTripNs() + SLACK_NS;
	}

	/** When the next probe of the last hop is overdue while an answer from beyond could stand for it; else null. */
	overdueAt(): Instant | null {
		if (!this.#end.known) return null;
		const waiting = this.#book.hop(this.#end.lastTtl).filter((slot) => slot.state === "waiting");
		if (waiting.length === 0 || this.#book.samplesBeyond(this.#end.lastTtl).length === 0) return null;
		return Math.min(...waiting.map((slot) => this.slotOverdueAt(slot)));
	}

	#limitNs(ttl: number): number {
		this.#facts ??= waitFacts(this.#book);
		const { maxNs, here, near } = this.#rule;
		const hereNs = this.#facts.hereNs.get(ttl);
		const nearNs = this.#facts.nearNs.get(ttl);
		let limit = maxNs;
		if (here > 0 && hereNs !== undefined) limit = Math.min(limit, here * (hereNs + SLACK_NS));
		else if (near > 0 && nearNs !== undefined) limit = Math.min(limit, near * (nearNs + SLACK_NS));
		if (near > 0 && (this.#endAnswered || this.#end.known)) {
			limit = Math.min(limit, Math.max(END_FACTOR * this.#facts.longestNs, END_FLOOR_NS));
		}
		return limit;
	}

	/** The longest round trip of answers from where the path ends, from its last TTL on. */
	#endRoundTripNs(): number {
		let longest = 0;
		for (let ttl = this.#end.lastTtl; ttl <= this.#book.maxTtl; ttl++) {
			for (const { answer } of this.#book.hop(ttl)) {
				if (answer !== null && answer.meaning.place !== "hop") longest = Math.max(longest, roundTrip(answer));
			}
		}
		return longest;
	}
}

/** Round trips in nanoseconds that the waits are measured by. */
interface WaitFacts {
	/** Longest seen at a TTL. */
	readonly hereNs: ReadonlyMap<number, number>;
	/** Longest of the nearest later hop that answered. */
	readonly nearNs: ReadonlyMap<number, number>;
	readonly longestNs: number;
}

function waitFacts(book: ProbeBook): WaitFacts {
	const hereNs = new Map<number, number>();
	let longestNs = 0;
	for (const slot of book.slots()) {
		if (slot.answer === null) continue;
		const rtt = roundTrip(slot.answer);
		hereNs.set(slot.ttl, Math.max(rtt, hereNs.get(slot.ttl) ?? 0));
		longestNs = Math.max(longestNs, rtt);
	}
	const nearNs = new Map<number, number>();
	let nearest: number | undefined;
	for (let ttl = book.maxTtl; ttl >= book.firstTtl; ttl--) {
		if (nearest !== undefined) nearNs.set(ttl, nearest);
		nearest = hereNs.get(ttl) ?? nearest;
	}
	return { hereNs, nearNs, longestNs };
}

function sentAt(slot: Slot): Instant {
	return slot.transmission?.sentAt ?? 0;
}
