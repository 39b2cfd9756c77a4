/** The document of a trace that could not begin: the same keys as `TraceResult`, null where nothing is known. */
import { TRACE_SCHEMA, type TraceResult } from "@whither/core";
import type { WhitherError } from "./error.ts";

/** `whither.trace/1` for a trace without a result; `error` says why. */
export interface FailureDocument
	extends Omit<TraceResult, "target" | "source" | "method" | "channel" | "family" | "stopReason" | "options"> {
	readonly target: { readonly name: string; readonly address: string | null; readonly port: number | null };
	readonly source: { readonly address: string | null; readonly port: number | null; readonly publicAddress: null };
	readonly method: string | null;
	readonly channel: null;
	readonly family: 4 | 6 | null;
	readonly stopReason: "error" | "interrupted";
	readonly options: null;
	readonly error: Readonly<Record<string, unknown>> & { readonly code: string; readonly message: string };
}

/** What is known of a trace that could not begin. */
export interface FailedOrder {
	readonly tool: { readonly name: string; readonly version: string };
	readonly args: readonly string[];
	readonly name: string;
	readonly address: string | null;
	readonly port: number | null;
	readonly method: string | null;
	readonly family: 4 | 6 | null;
	readonly startedAt: string;
}

const NO_COUNTERS = { sent: 0, received: 0, foreign: 0, duplicates: 0, late: 0, dropped: 0 } as const;

/** What `--json` prints when there is no result to print. */
export function failureDocument(order: FailedOrder, error: WhitherError): FailureDocument {
	return {
		schema: TRACE_SCHEMA,
		tool: order.tool,
		args: order.args,
		target: { name: order.name, address: order.address, port: order.port },
		source: { address: null, port: null, publicAddress: null },
		method: order.method,
		channel: null,
		family: order.family,
		startedAt: order.startedAt,
		durationNs: 0,
		reached: false,
		stopReason: error.code === "aborted" ? "interrupted" : "error",
		pathMtu: null,
		warnings: [],
		counters: NO_COUNTERS,
		options: null,
		hops: [],
		error: { ...error.data, code: error.code, message: error.message },
	};
}
