/** NDJSON: one event a line as it happens; the last line, `end`, carries the whole result. */
import type { TraceEvent, TraceResult } from "@whither/core";
import type { FailureDocument } from "../../api/failure.ts";

/** The line of one event; "" for `end`, which `formatNdjsonEnd` writes once the result is there, and for whole packets (--pcap). `target` names the trace. */
export function formatNdjsonEvent(event: TraceEvent, target: string): string {
	if (event.type === "end" || event.type === "packet") return "";
	const { type, ...rest } = event;
	return type === "start" ? line({ type, ...rest }) : line({ type, host: target, ...rest });
}

/** The last line: why the trace ended, and its whole document under `result`. */
export function formatNdjsonEnd(document: TraceResult | FailureDocument): string {
	return line({
		type: "end",
		host: document.target.name,
		atNs: document.durationNs,
		stopReason: document.stopReason,
		reached: document.reached,
		result: document,
	});
}

function line(value: unknown): string {
	return `${JSON.stringify(value)}\n`;
}
