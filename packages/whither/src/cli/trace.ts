/** `whither trace`: several targets at once, printed in order. */
import { findMethod } from "@whither/core";
import { methodsOf } from "../api/options.ts";
import { openRealWorldHere } from "../api/real-world.ts";
import { startTrace } from "../api/trace.ts";
import { paragraphs, type ReportFormat, traceReport } from "../report/trace-report.ts";
import { EXIT } from "./exit-codes.ts";
import { TRACE_OPTIONS, type TraceFlags } from "./options.ts";
import { isTerminal, paintFor, print } from "./output.ts";
import { parseOptions } from "./parse.ts";
import { type ShownRun, showRun, wantsExplanation } from "./show-run.ts";
import { watchSignals } from "./signals.ts";
import { formatOf, requestOf, splitLength } from "./trace-request.ts";
import { OPTIONS_HELP } from "./values.ts";

/** Run the command; resolves with the exit code. */
export async function traceCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, TRACE_OPTIONS);
	if (flags.options?.[OPTIONS_HELP] === true) return showMethodOptions(flags);
	const format = formatOf(flags);
	const { hosts, length } = splitLength(operands);
	const request = requestOf(flags, length);
	const method = methodsOf(request)[0] ?? null;
	const context = { args: commandLine, openWorld: openRealWorldHere };
	const shown = hosts.map((host): ShownRun => {
		const run = startTrace(host, request, context);
		const { port = null } = request;
		const startedAt = new Date().toISOString();
		return { run, host, method, port, length: length ?? null, args: commandLine, startedAt };
	});
	const signals = watchSignals(() => {
		for (const { run } of shown) run.stop();
	});
	const codes = await showAll(shown, format, flags);
	return signals.exitCode() ?? Math.max(...codes);
}

/** `-O help`: what the method takes; nothing is traced. */
async function showMethodOptions(flags: TraceFlags): Promise<number> {
	const [name] = methodsOf({ method: requestOf(flags, undefined).method });
	const method = findMethod(name ?? "");
	if (method === undefined) throw new Error("no method was asked for");
	const { formatMethodOptions } = await import("./other-commands.ts");
	print(formatMethodOptions(method));
	return EXIT.ok;
}

/** NDJSON lines name their target, so they come as they happen; the other formats keep the order asked for. */
async function showAll(
	shown: readonly ShownRun[],
	format: ReportFormat,
	flags: TraceFlags,
): Promise<readonly number[]> {
	const apart = paragraphs();
	const show = (run: ShownRun, index: number) => {
		const choices = {
			numeric: flags.numeric ?? false,
			extensions: flags.extensions ?? false,
			back: flags.back ?? false,
			info: flags.options?.info === true,
			paint: paintFor(flags.color),
			indent: isTerminal("stdout") ? 2 : 0,
			first: index === 0,
		};
		const plain = traceReport(format, run.host, choices);
		const report = format === "text" ? apart(plain) : plain;
		return showRun(run, { report, explain: wantsExplanation(flags, format), strict: flags.strict ?? false });
	};
	if (format === "ndjson") return Promise.all(shown.map(show));
	const codes: number[] = [];
	for (const [index, run] of shown.entries()) codes.push(await show(run, index));
	return codes;
}
