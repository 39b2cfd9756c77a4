/** What was asked for and is left out, for the method cannot do it. */
import type { TraceWarning } from "./result.ts";
import type { TracerConfig } from "./tracer-io.ts";

/** Linux keeps the ECN bits of TCP sockets to itself; the length of a SYN is that of its options. */
export function omissions({ method, options, context }: TracerConfig): readonly TraceWarning[] {
	const warnings: TraceWarning[] = [];
	if (context.transport === "tcpConnect" && (options.tos & 3) !== 0) {
		warnings.push({ code: "notApplied", option: "ecn", method: method.name });
	}
	if (method.fixedLength === true && options.length !== null && options.length !== context.length) {
		warnings.push({ code: "notApplied", option: "length", method: method.name });
	}
	return warnings;
}
