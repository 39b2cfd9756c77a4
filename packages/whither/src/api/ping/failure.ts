/** The document of a ping that could not begin: the same keys as `PingResult`, null where nothing is known. */
import { PING_SCHEMA, type PingResult } from "@whither/core";
import type { WhitherError } from "../error.ts";
import type { FailedOrder, FailureDocument } from "../failure.ts";

/** `whither.ping/1` for a ping without a result; `error` says why. */
export interface PingFailureDocument
	extends Omit<
			PingResult,
			"target" | "source" | "method" | "channel" | "family" | "ttl" | "intervalNs" | "stopReason" | "options" | "rtt"
		>,
		Pick<FailureDocument, "target" | "method" | "channel" | "family" | "stopReason" | "options" | "error"> {
	readonly source: { readonly address: null; readonly port: null };
	readonly ttl: null;
	readonly intervalNs: null;
	readonly rtt: null;
}

const NO_TOTALS = {
	sent: 0,
	received: 0,
	lost: 0,
	notSent: 0,
	waiting: 0,
	duplicates: 0,
	late: 0,
	lossPercent: null,
} as const;

/** What `--json` prints when there is no result to print. */
export function pingFailureDocument(order: FailedOrder, error: WhitherError): PingFailureDocument {
	return {
		schema: PING_SCHEMA,
		tool: order.tool,
		args: order.args,
		target: { name: order.name, address: order.address, port: order.port },
		source: { address: null, port: null },
		method: order.method,
		channel: null,
		family: order.family,
		ttl: null,
		intervalNs: null,
		startedAt: order.startedAt,
		durationNs: 0,
		stopReason: error.code === "aborted" ? "interrupted" : "error",
		warnings: [],
		totals: NO_TOTALS,
		rtt: null,
		answerers: [],
		options: null,
		probes: [],
		error: { ...error.data, code: error.code, message: error.message },
	};
}
