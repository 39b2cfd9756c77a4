/**
 * What missing answers of a hop mean. Loss on the way also hits every packet that goes farther, so:
 *
 * - `rateLimit`: packets to later hops are lost clearly less often than answers of this hop are missing (`isClearlyMore`), so they
 *   got through here, and it is this router that does not answer all it gets. Compared with all later hops that answer taken
 *   together, and with each of them. Less than a quarter's difference counts for nothing.
 * - `loss`: later hops together miss as many, or no later hop fares better and there were enough probes that one would have shown; or
 *   it is the target.
 * - `unclear`: too few probes to tell, or nobody answers behind it to compare with.
 * - A last answerer has nobody behind it. Where its answers are ICMP errors, which systems send only so many of, and come in
 *   regular distances (`areRegular`), it is `rateLimit` as well: chance has no rhythm.
 */
import type { LossMeaning } from "./summary.ts";

/** What is counted of a hop. */
export interface HopLoss {
	readonly lost: number;
	readonly received: number;
	readonly late: number;
	readonly isTarget: boolean;
	/** Its latest answers are ICMP errors. */
	readonly answersWithErrors: boolean;
	/** Answered or lost, oldest first. */
	readonly samples: () => readonly (number | null)[];
}

/** One-sided; the chance of so much is 1 in 740, which is little for all hops of a path together. */
const DEVIATIONS = 3;
/** Ratios that differ by less are as good as the same. */
const TOLERANCE = 0.75;
/** Distances between answers that a rhythm must show in. */
const LEAST_GAPS = 8;
/** Of the spread that chance would give. */
const REGULAR_SPREAD = 0.35;
/** Lost probes of a hop and of those behind it from which on they are compared as they are. */
const LEAST_SHARED = 3;
/** Lost probes of a target whose answers somebody may limit, before they are called loss. */
const LEAST_LOST = 5;

/** The meaning for each hop, in order of TTL. */
export function lossMeanings(hops: readonly HopLoss[]): readonly LossMeaning[] {
	const later = { lost: 0, received: 0, hops: [] as HopLoss[] };
	const meanings: LossMeaning[] = [];
	for (const hop of hops.toReversed()) {
		meanings.push(meaningOf(hop, later));
		if (hop.received === 0) continue;
		later.lost += hop.lost;
		later.received += hop.received;
		later.hops.push(hop);
	}
	return meanings.reverse();
}

type Counts = Pick<HopLoss, "lost" | "received">;

function meaningOf(hop: HopLoss, later: Counts & { readonly hops: readonly HopLoss[] }): LossMeaning {
	if (hop.lost === 0) return "none";
	if (hop.received === 0 && hop.late === 0) return "silent";
	if (later.hops.length === 0) return lastMeaning(hop);
	if (isClearlyMore(hop, later) || later.hops.some((one) => isClearlyMore(hop, one))) return "rateLimit";
	if (isAsMany(later, hop)) return "loss";
	const wouldShow = isClearlyMore(hop, { lost: 0, received: later.lost + later.received });
	const faresBetter = later.hops.some((one) => ratioOf(one) < TOLERANCE * ratioOf(hop));
	return wouldShow && !faresBetter ? "loss" : "unclear";
}

function lastMeaning(hop: HopLoss): LossMeaning {
	if (hop.answersWithErrors && areRegular(hop.samples())) return "rateLimit";
	if (!hop.isTarget) return "unclear";
	return hop.answersWithErrors && hop.lost < LEAST_LOST ? "unclear" : "loss";
}

/** Whether later hops miss about as many, and enough of them that it is no coincidence. */
function isAsMany(later: Counts, hop: Counts): boolean {
	if (hop.lost < LEAST_SHARED || later.lost < LEAST_SHARED) return false;
	return ratioOf(later) >= TOLERANCE * ratioOf(hop);
}

function ratioOf({ lost, received }: Counts): number {
	return lost + received === 0 ? 0 : lost / (lost + received);
}

/**
 * Whether more of one are lost than of another, by more than chance: were both the same, its part of all that are lost would be
 * binomial. With correction for continuity.
 */
export function isClearlyMore(one: Counts, other: Counts): boolean {
	const [oneSent, otherSent] = [one.lost + one.received, other.lost + other.received];
	if (oneSent === 0 || otherSent === 0) return false;
	if (ratioOf(other) >= TOLERANCE * ratioOf(one)) return false;
	const share = oneSent / (oneSent + otherSent);
	const lost = one.lost + other.lost;
	const deviation = Math.sqrt(lost * share * (1 - share));
	return one.lost - 0.5 - lost * share >= DEVIATIONS * deviation;
}

/** Whether answers come in distances that vary far less than those between events of chance, which are geometric. */
export function areRegular(samples: readonly (number | null)[]): boolean {
	let [gaps, sum, squares, gap] = [0, 0, 0, 0];
	let isBegun = false;
	for (const sample of samples) {
		gap++;
		if (sample === null) continue;
		// What came before the first answer is no distance between two.
		if (isBegun) {
			gaps++;
			sum += gap;
			squares += gap * gap;
		}
		isBegun = true;
		gap = 0;
	}
	if (gaps < LEAST_GAPS) return false;
	const mean = sum / gaps;
	const byChance = mean * mean - mean;
	return byChance > 0 && squares / gaps - mean * mean < REGULAR_SPREAD * byChance;
}
