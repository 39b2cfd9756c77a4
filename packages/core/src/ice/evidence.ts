import { type Instant, MILLISECOND } from "../machine.ts";
import { compareWays, NOTICEABLE_NS, type Pair } from "./pair.ts";

/** What is known of a component when one of its pairs works. */
export interface Evidence {
	/** All pairs of the component. */
	readonly pairs: readonly Pair[];
	/** When the first of them has succeeded. */
	readonly firstValidAt: Instant;
	readonly graceNs: number;
	/** Candidates may still come, ours or the peer's. */
	readonly moreMayCome: boolean;
	/** A choice that turns out wrong can be mended by another nomination. */
	readonly isMendable: boolean;
	/** A triggered check of the pair waits for its turn. */
	readonly isTriggered: (pair: Pair) => boolean;
	/** A check that `hurry` has queued waits for its turn. */
	readonly isHurried: (pair: Pair) => boolean;
	/** A turn of Ta for each way with fewer relays that has still to be tried; the grace is so much longer already. */
	readonly turnsNs: number;
}

/** A way without relay gets so much longer than the one with it took, for what machines on the way do at first. */
const DIRECT_EXTRA_NS = 20 * MILLISECOND;
const EXTRA_NS = 2 * MILLISECOND;

/**
 * Until when the best pair that works waits for better ones that still might: no longer than the grace in all, and less for
 * those whose answers would have come by now, were they any better.
 */
export function waitsUntil(chosen: Pair, evidence: Evidence): Instant {
	const { pairs, firstValidAt, graceNs, moreMayCome } = evidence;
	const graceEnd = firstValidAt + graceNs;
	// What a check came from before signalling has named it may be a relay of the peer's.
	const mayBeRelayed = chosen.relays > 0 || chosen.remote.type === "prflx";
	let until = moreMayCome && mayBeRelayed ? graceEnd : firstValidAt;
	for (const pair of pairs) until = Math.max(until, contends(pair, chosen, evidence, graceEnd));
	return Math.min(until, graceEnd);
}

function contends(pair: Pair, chosen: Pair, evidence: Evidence, graceEnd: Instant): Instant {
	const { firstValidAt } = evidence;
	const isOpen = pair.valid === null && pair.isOpen;
	if (!isOpen || pair === chosen || compareWays(pair, chosen) >= 0) return Number.NEGATIVE_INFINITY;
	if (isAsGood(chosen, pair) || isSameDetour(chosen, pair)) return Number.NEGATIVE_INFINITY;
	const isMoreDirect = pair.relays < chosen.relays;
	// What has not been asked yet, or was asked too early and is asked again, has all the time that there is.
	const wasInTime = evidence.isHurried(pair) && (!isMoreDirect || pair.checkedAt >= firstValidAt);
	if (pair.state !== "inProgress" && !wasInTime) return graceEnd;
	if (evidence.isTriggered(pair)) return graceEnd;
	const rttNs = chosen.rttNs ?? 0;
	if (isMoreDirect && !evidence.isMendable) return graceEnd;
	if (!isMoreDirect) return pair.checkedAt + 1.5 * rttNs + EXTRA_NS;
	// A filter may let nothing in before the peer has asked too: it comes to as many ways one by one, in turn with those by relays.
	return pair.checkedAt + 2 * rttNs + DIRECT_EXTRA_NS + 2 * evidence.turnsNs;
}

/** Whether another address of the peer's, from the same socket of ours, could be no better than the near one that works. */
function isAsGood({ local, remote, rttNs, relays, isTcp, family }: Pair, pair: Pair): boolean {
	const isNear = remote.type === "host" && rttNs !== null && rttNs <= NOTICEABLE_NS;
	const isAlike = pair.relays === relays && pair.isTcp === isTcp && pair.family === family;
	return isNear && isAlike && pair.local.base === local.base;
}

/** Whether both go through as many relays, and no better leg of ours makes the difference. */
function isSameDetour(chosen: Pair, pair: Pair): boolean {
	if (chosen.relays === 0 || pair.relays !== chosen.relays) return false;
	const [one, other] = [chosen.local, pair.local];
	return one.type !== "relay" || other.type !== "relay" || one.base === other.base;
}
