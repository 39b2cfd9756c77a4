/** What a continuous trace tells: the events of a trace, round after round. */
import type { TraceEvent } from "../events.ts";
import type { PingStopReason } from "../ping/ping-result.ts";

/** Why a continuous trace ended. `count`: all rounds asked for are over. */
export type RoundsStopReason = Exclude<PingStopReason, "lossThreshold">;

/**
 * One thing that happened in a continuous trace; `atNs` counts from its start. `probe` events are those of a trace: `seq` counts all probes
 * of the run from 0, and a late answer comes as a second event for the same `seq`.
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
	/** Every probe of the round has been sent: one to each TTL from the first to `lastTtl`, which is where the path ends as far as is known. */
	| { readonly type: "round"; readonly atNs: number; readonly round: number; readonly lastTtl: number }
	| { readonly type: "end"; readonly atNs: number; readonly stopReason: RoundsStopReason; readonly reached: boolean };
