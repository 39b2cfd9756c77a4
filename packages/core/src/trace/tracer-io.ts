/** What goes into a tracer and what comes out. */
import type { ChannelInput, ProbeSend } from "./channel.ts";
import type { TraceEvent } from "./events.ts";
import type { IgnoreReason, ProbeContext, TraceMethod } from "./method.ts";
import type { TraceOptions } from "./options.ts";

export type TracerInput =
	| { readonly type: "start" }
	| { readonly type: "tick" }
	/** Send what is due (`nextSendAt`) and settle nothing: answers that may have come are not yet taken in. */
	| { readonly type: "due" }
	| { readonly type: "stop" }
	| ChannelInput;

export type TracerOutput =
	| { readonly type: "send"; readonly probes: readonly ProbeSend[] }
	| { readonly type: "event"; readonly event: TraceEvent }
	| {
			readonly type: "ignored";
			readonly reason: IgnoreReason | "finished" | "notStarted" | "duplicate" | "shortQuote";
	  };

export interface TracerConfig {
	readonly method: TraceMethod;
	readonly options: TraceOptions;
	readonly context: ProbeContext;
}
