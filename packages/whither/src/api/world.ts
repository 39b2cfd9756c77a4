/** Where a trace runs: this machine's network, or an internet in memory. The rest of the library cannot tell which. */
import type { Family, SystemError, TraceEvent, TraceOptions, TraceResult } from "@whither/core";
import type { ResolvedTarget } from "./resolve.ts";

/** One trace as a prober takes it. */
export interface WorldOrder {
	readonly options: TraceOptions;
	readonly tool: { readonly name: string; readonly version: string };
	readonly args: readonly string[];
}

export type WorldMessage =
	| { readonly type: "event"; readonly event: TraceEvent }
	| { readonly type: "result"; readonly result: TraceResult }
	| {
			readonly type: "failed";
			readonly error: SystemError | { readonly code: "unknownMethod"; readonly method: string };
	  };

export interface World {
	/** Name to address; rejects with a `WhitherError`. */
	readonly resolve: (name: string, family: Family | null) => Promise<ResolvedTarget>;
	/** Address to name, or null; never rejects. */
	readonly reverse: (address: string) => Promise<string | null>;
	/** Run one trace; the last message is `result` or `failed`. `stop` ends it early with what is known. */
	readonly start: (order: WorldOrder, on: (message: WorldMessage) => void) => { readonly stop: () => void };
}
