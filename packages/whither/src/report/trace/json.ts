/** `whither.trace/1` as JSON text, and the same document for a trace that never began. */
import type { TraceResult } from "@whither/core";
import type { FailureDocument } from "../../api/failure.ts";

/** One document and its newline; `indent` in spaces, 0 for a single line. */
export function formatJson(document: TraceResult | FailureDocument, indent: number): string {
	return `${JSON.stringify(document, null, indent)}\n`;
}
