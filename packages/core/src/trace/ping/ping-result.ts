/** The result of one ping as `whither.ping/1` (docs/schema/ping-1.json) has it, and what a running one tells. */
import type { ChannelKind, Family } from "../channel.ts";
import type { TraceEvent } from "../events.ts";
import type { ProbeResult, TraceResult, TraceWarning } from "../result.ts";

/** The `schema` of every ping result: its format and version. */
export const PING_SCHEMA = "whither.ping/1";

/** Why a ping ended. `count`: all probes asked for are settled. */
export type PingStopReason = "count" | "lossThreshold" | "timeout" | "interrupted" | "error";

/**
 * What became of all probes. `lost` ones were waited for in vain, `notSent` ones were refused by our own system, and
 * `waiting` ones had time left when the ping ended; loss is `lost` of `lost` and `received`, null before there are any.
 * `late` answers came after their probes had been given up, which stay lost.
 */
export interface PingTotals {
	readonly sent: number;
	readonly received: number;
	readonly lost: number;
	readonly notSent: number;
	readonly waiting: number;
	readonly duplicates: number;
	readonly late: number;
	readonly lossPercent: number | null;
}

/** Round trips of all answers in time; `jitterNs` is the mean difference from one answer to the next. */
export interface PingRoundTrips {
	readonly minNs: number;
	readonly avgNs: number;
	readonly maxNs: number;
	readonly stddevNs: number;
	readonly jitterNs: number;
}

/** Somebody who answered, and the first and last probe that was answered so. */
export interface PingAnswerer {
	readonly from: string;
	readonly name: string | null;
	readonly received: number;
	readonly firstSeq: number;
	readonly lastSeq: number;
}

/** One whole ping. Times are nanoseconds; `sentAtNs` counts from `startedAt`. */
export interface PingResult
	extends Pick<
		TraceResult,
		"tool" | "args" | "target" | "method" | "channel" | "family" | "startedAt" | "durationNs" | "handshake"
	> {
	readonly schema: typeof PING_SCHEMA;
	readonly source: { readonly address: string; readonly port: number | null };
	readonly ttl: number;
	readonly intervalNs: number;
	readonly stopReason: PingStopReason;
	readonly warnings: readonly TraceWarning[];
	readonly totals: PingTotals;
	/** Null: nobody answered. */
	readonly rtt: PingRoundTrips | null;
	/** Up to 64 addresses, in the order first heard. */
	readonly answerers: readonly PingAnswerer[];
	readonly options: {
		readonly count: number | null;
		readonly length: number;
		readonly lossThreshold: { readonly percent: number; readonly window: number } | null;
	};
	/** The last of the settled probes, 1000 at most; `seq` counts the ping's probes from 0. */
	readonly probes: readonly ProbeResult[];
}

/** One thing that happened in a ping; `atNs` counts from its start. */
export type PingEvent =
	| {
			readonly type: "start";
			readonly target: PingResult["target"];
			readonly source: PingResult["source"];
			readonly method: string;
			readonly channel: ChannelKind;
			readonly family: Family;
			readonly ttl: number;
			readonly intervalNs: number;
			readonly count: number | null;
			/** IP packet length in bytes. */
			readonly length: number;
	  }
	| Extract<TraceEvent, { type: "handshake" | "warning" }>
	/** A probe was answered, given up or could not be sent; a late answer comes as a second event for the same probe. */
	| { readonly type: "probe"; readonly atNs: number; readonly probe: ProbeResult }
	| {
			readonly type: "end";
			readonly atNs: number;
			readonly stopReason: PingStopReason;
			readonly totals: PingTotals;
			readonly rtt: PingRoundTrips | null;
	  };
