/** What the statistics of a path say: figures of each hop, and what they mean. Times are nanoseconds. */
import type { ExtensionJson, Place } from "../result.ts";

/** Round trips of answers in time. */
export interface RttSummary {
	readonly lastNs: number;
	readonly avgNs: number;
	readonly bestNs: number;
	readonly worstNs: number;
	readonly stddevNs: number;
	/** Geometric mean. */
	readonly gmeanNs: number;
	/** Difference of the last two. */
	readonly jitterNs: number;
	readonly jitterAvgNs: number;
	readonly jitterWorstNs: number;
	/** RFC 3550 section 6.4.1. */
	readonly jitterInterarrivalNs: number;
	/** Of the latest samples (`recent`). */
	readonly p50Ns: number;
	readonly p95Ns: number;
	readonly p99Ns: number;
}

/** One of those who answered for a hop. */
export interface AnswererSummary {
	readonly address: string;
	readonly name: string | null;
	/** As `ProbeResult.asn`; null: unknown or not asked for. */
	readonly asn: string | null;
	/** As `ProbeResult.asName` and `ProbeResult.place`; absent: unknown or not asked for. */
	readonly asName?: string;
	readonly place?: Place;
	readonly exchange?: string;
	readonly received: number;
	readonly rtt: RttSummary;
	/** The latest of what it said. */
	readonly extensions: readonly ExtensionJson[];
	/** Rounds (of a one-shot trace: probes) in which it answered first and last. */
	readonly firstRound: number;
	readonly lastRound: number;
}

/**
 * What missing answers of a hop mean. `none`: none is missing. `loss`: packets are lost here or before, for every later hop that answers misses about
 * as many. `rateLimit`: later hops miss fewer, so it is this router that says less than it could. `silent`: nobody has ever answered here.
 * `unclear`: too few probes to tell, or nobody answers behind it to compare with. The whole rule: `loss-meaning.ts`.
 */
export type LossMeaning = "none" | "loss" | "rateLimit" | "silent" | "unclear";

/** Everything known of one TTL. */
export interface HopSummary {
	readonly ttl: number;
	/** Whether the target itself answers here. */
	readonly isTarget: boolean;
	readonly sent: number;
	readonly received: number;
	readonly lost: number;
	/** Sent, and neither answered nor given up yet. */
	readonly waiting: number;
	readonly notSent: number;
	readonly late: number;
	readonly duplicates: number;
	/** `lost` of `lost` and `received`; null: neither. */
	readonly lossRatio: number | null;
	readonly lossMeaning: LossMeaning;
	/** Null: nobody answered in time. */
	readonly rtt: RttSummary | null;
	/** The one that answers now first, then by their share. */
	readonly answerers: readonly AnswererSummary[];
	/** The latest samples, oldest first, at most `SAMPLES_KEPT`: round trip, or null where the probe was lost. */
	readonly recent: readonly (number | null)[];
	/** What had been translated when this hop quoted our packets, as `HopResult.nat`; null: nothing known. */
	readonly nat: "source" | "destination" | "checksum" | null;
	/** The DSCP (6 bits) that our packets came here with, as quoted; null: not known. */
	readonly dscp: number | null;
	readonly mtu: number | null;
	/** Another answerer than in the round before: so many times, and in which round the last time (null: never). Load balancing between known ones is no change. */
	readonly changes: number;
	readonly lastChangeRound: number | null;
}

/** A moment at which the path became another. */
export interface PathChange {
	readonly round: number;
	readonly atNs: number;
	readonly ttl: number;
	readonly from: string | null;
	readonly to: string | null;
}

/** The path of one round, as far as it was answered: from TTL 1 on; null: no answer, or not asked. */
export interface FlowSummary {
	readonly addresses: readonly (string | null)[];
	readonly rounds: number;
	readonly lastRound: number;
}

/** The whole of it. */
export interface PathSummary {
	readonly rounds: number;
	/** Of the latest event. */
	readonly atNs: number;
	readonly reached: boolean;
	/** In order of TTL, up to the path's end. */
	readonly hops: readonly HopSummary[];
	/** The latest, at most `CHANGES_KEPT`. */
	readonly changes: readonly PathChange[];
	/** Different paths that were seen, those of most rounds first, at most `FLOWS_KEPT`. */
	readonly flows: readonly FlowSummary[];
}

/** Samples of a hop that are kept. */
export const SAMPLES_KEPT = 600;
/** Changes that are kept. */
export const CHANGES_KEPT = 64;
/** Different paths that are kept. */
export const FLOWS_KEPT = 64;
