/** What a prober is asked and what it says, as plain data that crosses a worker boundary. */
import type { SystemError } from "./channel.ts";
import type { TraceEvent } from "./events.ts";
import type { TraceOptions } from "./options.ts";
import type { PingOptions } from "./ping/ping-options.ts";
import type { PingEvent, PingResult } from "./ping/ping-result.ts";
import type { TraceResult } from "./result.ts";
import type { RoundsEvent, RoundsResult } from "./rounds/round-events.ts";
import type { RoundsOptions } from "./rounds/rounds-options.ts";

/** One trace to run. */
export interface TraceOrder {
	readonly options: TraceOptions;
	readonly tool: { readonly name: string; readonly version: string };
	/** The command line, for the result. */
	readonly args: readonly string[];
}

/** One ping to run: the orders of a trace whose only TTL is the ping's, and what is to be done over and over. */
export interface PingOrder extends TraceOrder {
	readonly ping: PingOptions;
}

/** One continuous trace to run. */
export interface RoundsOrder extends TraceOrder {
	readonly rounds: RoundsOptions;
}

/** Why a trace could not be run at all: a system call, a method that does not exist, or a defect of our own. */
export type TraceFailure =
	| SystemError
	| { readonly code: "unknownMethod"; readonly method: string }
	| { readonly code: "internal"; readonly where: "worker" | "trace"; readonly about: string };

/** What a running trace says. After `result` or `failed` it says nothing more. */
export type TraceMessage =
	| { readonly type: "event"; readonly event: TraceEvent }
	| { readonly type: "result"; readonly result: TraceResult }
	| { readonly type: "failed"; readonly error: TraceFailure };

/** What a running ping says, in the same way. */
export type PingMessage =
	| { readonly type: "event"; readonly event: PingEvent }
	| { readonly type: "result"; readonly result: PingResult }
	| { readonly type: "failed"; readonly error: TraceFailure };

/** What a running continuous trace says, in the same way. */
export type RoundsMessage =
	| { readonly type: "event"; readonly event: RoundsEvent }
	| { readonly type: "result"; readonly result: RoundsResult }
	| { readonly type: "failed"; readonly error: TraceFailure };

/** A trace, a ping or a continuous trace under way. */
export interface RunningTrace {
	/**
	 * Ends it: the result follows with what is known, `stopReason` "interrupted". Where only connections are still being
	 * closed, ends that.
	 */
	stop(): void;
	/**
	 * Resolves once nothing of it is open any more: connections that it opened may be closed after its result, which
	 * takes a second at most. Absent: nothing ever is.
	 */
	readonly closed?: Promise<void>;
}
