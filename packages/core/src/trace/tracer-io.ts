/** What goes into a tracer and what comes out. */
import type { ChannelInput, ProbeSend } from "./channel.ts";
import type { TraceEvent } from "./events.ts";
import type { IgnoreReason, ProbeContext, TraceMethod } from "./method.ts";
import type { TraceOptions } from "./options.ts";

/** What a tracer is told: orders, that time has passed, and what its channel says. */
export type TracerInput =
	| { readonly type: "start" }
	| { readonly type: "tick" }
	/** Send what is due (`nextSendAt`) and settle nothing: answers that may have come are not yet taken in. */
	| { readonly type: "due" }
	| { readonly type: "stop" }
	| ChannelInput;

/** What a tracer wants done, what it tells, and what it did nothing with. */
export type TracerOutput =
	| { readonly type: "send"; readonly probes: readonly ProbeSend[] }
	| { readonly type: "event"; readonly event: TraceEvent }
	| {
			readonly type: "ignored";
			readonly reason: IgnoreReason | "finished" | "notStarted" | "duplicate" | "shortQuote";
	  };

/** What one tracer is made from. */
export interface TracerConfig {
	readonly method: TraceMethod;
	readonly options: TraceOptions;
	readonly context: ProbeContext;
}
