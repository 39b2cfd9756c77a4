/** What a continuous trace tells: the events of a trace, round after round. */
import type { TraceEvent } from "../events.ts";
import type { PingStopReason } from "../ping/ping-result.ts";
import type { Place, TraceResult, TraceWarning } from "../result.ts";

/** Why a continuous trace ended. `count`: all rounds asked for are over. */
export type RoundsStopReason = Exclude<PingStopReason, "lossThreshold">;

/**
 * One thing that happened in a continuous trace; `atNs` counts from its start. `probe` events are those of a trace: `seq` counts all probes
 * of the run from 0. A late answer comes as a second event for the same `seq`, and so do further answers: an event whose `duplicates` is
 * set tells of these alone.
 */
export type RoundsEvent =
	| (Extract<TraceEvent, { type: "start" }> & {
			/** From one round to the next. */
			readonly intervalNs: number;
			/** Rounds asked for; null: until it is stopped. */
			readonly rounds: number | null;
	  })
	| Extract<TraceEvent, { type: "handshake" | "warning" }>
	| (Extract<TraceEvent, { type: "probe" }> & {
			/** Counted from 0. */
			readonly round: number;
	  })
	/**
	 * Probes of the round have left: one to each TTL from `firstTtl` to `lastTtl`, which is where the path ends as far as is known. Told once
	 * more with a larger `lastTtl` where answers show that the path goes on. Comes before the answers. `asked`: only these TTLs, of a path
	 * whose routers quote too little to name the probe: hops that nobody is known to answer for are asked one after the other.
	 */
	| {
			readonly type: "round";
			readonly atNs: number;
			readonly round: number;
			readonly firstTtl: number;
			readonly lastTtl: number;
			readonly asked?: readonly number[];
	  }
	/** The name of an answerer, or the origins of its route, became known; null: not that. Where names or origins were asked for. */
	| {
			readonly type: "name";
			readonly atNs: number;
			readonly address: string;
			readonly name: string | null;
			readonly asn: string | null;
			/** As of a `ProbeResult`; absent: not asked for, or not known. */
			readonly asName?: string;
			readonly place?: Place;
			readonly exchange?: string;
	  }
	| { readonly type: "end"; readonly atNs: number; readonly stopReason: RoundsStopReason; readonly reached: boolean };

/** A continuous trace that is over, without its figures, which `PathStatistics` makes of its events. Times are nanoseconds. */
export interface RoundsResult
	extends Pick<
		TraceResult,
		"tool" | "args" | "target" | "method" | "channel" | "family" | "startedAt" | "durationNs" | "reached" | "handshake"
	> {
	readonly source: { readonly address: string; readonly port: number | null };
	readonly stopReason: RoundsStopReason;
	readonly intervalNs: number;
	/** Rounds that were sent. */
	readonly rounds: number;
	readonly warnings: readonly TraceWarning[];
	readonly options: {
		readonly firstTtl: number;
		readonly maxTtl: number;
		readonly length: number;
		/** Asked for; null: until it is stopped. */
		readonly rounds: number | null;
	};
}
