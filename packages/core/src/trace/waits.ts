/**
 * How long to wait for an answer: traceroute(8)'s MAX, HERE and NEAR, applied to every probe on its own, so that one
 * silent hop holds up nobody, and a grace once the target has answered.
 */
import { MILLISECOND } from "../machine.ts";
import { type ProbeBook, roundTrip, type Slot } from "./probe-book.ts";

export interface WaitRule {
	readonly maxNs: number;
	/** Factor over the round trip of another answer of the same hop; 0: off. */
	readonly here: number;
	/** Factor over the round trip of an answer of a later hop; 0: off. */
	readonly near: number;
}

/** What the waits are measured by, taken from the answers so far. */
export interface WaitFacts {
	/** Longest round trip seen at a TTL. */
	readonly hereNs: ReadonlyMap<number, number>;
	/** Longest round trip of the nearest later hop that answered. */
	readonly nearNs: ReadonlyMap<number, number>;
	readonly longestNs: number;
	/** Something answered from where the path ends. */
	readonly endAnswered: boolean;
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

export function waitFacts(book: ProbeBook, endAnswered: boolean): WaitFacts {
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
	return { hereNs, nearNs, longestNs, endAnswered };
}

/** How long an unanswered probe of this TTL is waited for after it was sent, in nanoseconds. */
export function waitLimitNs(rule: WaitRule, facts: WaitFacts, ttl: number): number {
	let limit = rule.maxNs;
	const here = facts.hereNs.get(ttl);
	const near = facts.nearNs.get(ttl);
	if (rule.here > 0 && here !== undefined) limit = Math.min(limit, rule.here * (here + SLACK_NS));
	else if (rule.near > 0 && near !== undefined) limit = Math.min(limit, rule.near * (near + SLACK_NS));
	if (rule.near > 0 && facts.endAnswered) {
		limit = Math.min(limit, Math.max(END_FACTOR * facts.longestNs, END_FLOOR_NS));
	}
	return limit;
}

/** When a waiting slot of the last hop may be stood for by an answer from beyond. */
export function overdueNs(rttNs: number): number {
	return OVERDUE_FACTOR * rttNs + SLACK_NS;
}

/** The longest round trip of answers from where the path ends, at this slot's TTL or beyond; null: none yet. */
export function endRoundTripNs(book: ProbeBook, lastTtl: number): number | null {
	let longest: number | null = null;
	const consider = (slot: Slot) => {
		if (slot.answer !== null && slot.answer.meaning.place !== "hop") {
			longest = Math.max(longest ?? 0, roundTrip(slot.answer));
		}
	};
	for (let ttl = lastTtl; ttl <= book.maxTtl; ttl++) book.hop(ttl).forEach(consider);
	return longest;
}
