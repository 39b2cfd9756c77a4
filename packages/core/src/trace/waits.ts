/**
 * How long to wait for an answer: traceroute(8)'s MAX, HERE and NEAR, applied to every probe on its own, so that one
 * silent hop holds up nobody, and a grace once the target has answered.
 */
import { type Instant, MILLISECOND } from "../machine.ts";
import type { PathEnd } from "./path-end.ts";
import { type Answer, type ProbeBook, roundTrip, type Slot } from "./probe-book.ts";

/** -w as it was asked for. */
export interface WaitRule {
	readonly maxNs: number;
	/** Factor over the round trip of another answer of the same hop; 0: off. */
	readonly here: number;
	/** Factor over the round trip of an answer of a later hop; 0: off, and the grace after the end's answer with it. */
	readonly near: number;
	/** How often a probe is sent again before it is given up; its waits are shared out among its packets. */
	readonly retransmissions: number;
}

/** Added to a round trip before a factor is applied, so that microsecond paths do not give routers microseconds. */
const SLACK_NS = 1 * MILLISECOND;

/**
 * Once the path's end has answered, the whole path is known to answer within that time, and a hop silent for 2.5
 * times as long will stay silent. The floor leaves slow routers of short paths their time.
 */
const END_FACTOR = 2.5;
const END_FLOOR_NS = 100 * MILLISECOND;

/** No packet's share of a wait is made shorter than this: routers of near hops may be slow now and then. */
const SHARE_FLOOR_NS = 50 * MILLISECOND;

/** A target's own probe is overdue (and another answer of the target may stand for it) after this much of its round trip. */
const OVERDUE_FACTOR = 1.25;

/** The waits of one trace, measured by the answers in its books. */
export class Waits {
	readonly #book: ProbeBook;
	readonly #rule: WaitRule;
	readonly #end: PathEnd;
	/** Longest round trip in nanoseconds seen at a TTL, and at any. */
	readonly #hereNs = new Map<number, number>();
	#longestNs = 0;
	/** Something answered from where the path ends, even if it is not known for which TTL. */
	#endAnswered = false;

	constructor(book: ProbeBook, rule: WaitRule, end: PathEnd) {
		this.#book = book;
		this.#rule = rule;
		this.#end = end;
	}

	/** Must be told of every new answer. */
	answered(answer: Answer): void {
		const { ttl } = answer.transmission.slot;
		const rtt = roundTrip(answer);
		this.#hereNs.set(ttl, Math.max(rtt, this.#hereNs.get(ttl) ?? 0));
		this.#longestNs = Math.max(this.#longestNs, rtt);
	}

	/** The path's end answered, for whichever TTL, and took no longer than this; 0: nothing is known of that. */
	endAnswered(atMostNs = 0): void {
		if (!this.#endAnswered) this.#longestNs = Math.max(this.#longestNs, atMostNs);
		this.#endAnswered = true;
	}

	/** When a sent and unanswered probe is given up, or sent again. */
	expiresAt(slot: Slot): Instant {
		const limit = this.#limitNs(slot.ttl);
		const share = Math.max(limit / (1 + this.#rule.retransmissions), Math.min(limit, SHARE_FLOOR_NS));
		return sentAt(slot) + share;
	}

	/** When an unanswered probe of the path's last TTL may be stood for by an answer from beyond. */
	slotOverdueAt(slot: Slot): Instant {
		return sentAt(slot) + OVERDUE_FACTOR * this.#endRoundTripNs() + SLACK_NS;
	}

	/** When the next probe of the last hop is overdue while an answer from beyond could stand for it; else null. */
	overdueAt(): Instant | null {
		if (!this.#end.known) return null;
		const unanswered = this.#book.hop(this.#end.lastTtl).filter(canBeStoodFor);
		if (unanswered.length === 0 || this.#book.samplesBeyond(this.#end.lastTtl).length === 0) return null;
		return Math.min(...unanswered.map((slot) => this.slotOverdueAt(slot)));
	}

	/** How long a companion is waited for: as for a hop of which nothing is known, but of a silent target that of its hop. */
	companionLimitNs(ttl: number): number {
		const { maxNs, near } = this.#rule;
		if (near === 0) return maxNs;
		if (!(this.#endAnswered || this.#end.known)) return Math.min(maxNs, Math.max(this.#limitNs(ttl), END_FLOOR_NS));
		return Math.min(maxNs, Math.max(END_FACTOR * this.#longestNs, END_FLOOR_NS));
	}

	#limitNs(ttl: number): number {
		const { maxNs, here, near } = this.#rule;
		const hereNs = this.#hereNsOf(ttl);
		let limit = maxNs;
		if (here > 0 && hereNs !== undefined) limit = Math.min(limit, here * (hereNs + SLACK_NS));
		if (near === 0) return limit;
		const nearNs = hereNs === undefined ? this.#nearNs(ttl) : undefined;
		if (nearNs !== undefined) limit = Math.min(limit, near * (nearNs + SLACK_NS));
		if (this.#endAnswered || this.#end.known) {
			limit = Math.min(limit, Math.max(END_FACTOR * this.#longestNs, END_FLOOR_NS));
		}
		return limit;
	}

	/** Longest round trip of the hop; the path's last hop is everything that answered from there on. */
	#hereNsOf(ttl: number): number | undefined {
		const own = this.#hereNs.get(ttl);
		const isLast = own !== undefined && this.#end.known && ttl === this.#end.lastTtl;
		return isLast ? Math.max(own, this.#endRoundTripNs()) : own;
	}

	/** Longest round trip of the nearest later hop that answered. */
	#nearNs(ttl: number): number | undefined {
		for (let later = ttl + 1; later <= this.#book.maxTtl; later++) {
			const rtt = this.#hereNs.get(later);
			if (rtt !== undefined) return rtt;
		}
		return undefined;
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

/**
 * Sent, unanswered, and nobody else's answer counted for it yet. A probe with a length of its own is waited for to the
 * end: answers to shorter ones say nothing about it, and a router's word about it may be slower than they are.
 */
export function canBeStoodFor({ state, length, stand }: Slot): boolean {
	return (state === "waiting" && length === null) || (state === "expired" && stand === null);
}

function sentAt(slot: Slot): Instant {
	return slot.transmission?.sentAt ?? 0;
}
