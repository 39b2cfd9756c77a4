/** `whither trace`: several targets at once, printed in order. */
import { findMethod, TRACE_METHODS, type TraceMethod } from "@whither/core";
import { methodsOf, tosByte } from "../../api/options.ts";
import { openRealWorldHere } from "../../api/real-world.ts";
import { startTrace } from "../../api/trace/trace.ts";
import {
	isStreamed,
	paragraphs,
	type ReportChoices,
	type ReportFormat,
	traceReport,
} from "../../report/trace/trace-report.ts";
import { TRACE_OPTIONS, type TraceFlags } from "../arguments/options.ts";
import { parseOptions } from "../arguments/parse.ts";
import { OPTIONS_HELP } from "../arguments/values.ts";
import { EXIT } from "../exit-codes.ts";
import { complain, isTerminal, paintFor, print } from "../output.ts";
import {
	type Reported,
	type ShownOrder,
	type ShownRun,
	showRun,
	showUnbegun,
	wantsExplanation,
} from "../show/show-run.ts";
import { watchSignals } from "../signals.ts";
import type { PcapFile } from "./pcap-file.ts";
import { formatOf, requestOf, splitLength } from "./trace-request.ts";

/** Run the command; resolves with the exit code. */
export async function traceCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, TRACE_OPTIONS);
	if (flags.options?.[OPTIONS_HELP] === true) return showMethodOptions(flags);
	if (flags.ping !== undefined) {
		const { pingCommand } = await import("../other-commands.ts");
		return pingCommand({ flags, operands, args: commandLine });
	}
	const format = formatOf(flags);
	const { hosts, length } = splitLength(operands);
	const request = requestOf(flags, length);
	const method = methodsOf(request)[0] ?? null;
	const pcap = flags.pcap === undefined ? null : await openPcap(flags.pcap, hosts);
	const { port = null } = request;
	const orders = hosts.map((host): ShownOrder => {
		const startedAt = new Date().toISOString();
		return { host, method, port, length: length ?? null, args: commandLine, startedAt };
	});
	if (pcap !== null && pcap.failure !== null) return showUnbegun(withReports(orders, format, flags), pcap.failure);
	const context = { args: commandLine, openWorld: openRealWorldHere };
	const shown = orders.map((order): ShownRun => ({ ...order, run: startTrace(order.host, request, context) }));
	const signals = watchSignals(() => {
		for (const { run } of shown) run.stop();
	});
	const captured = pcap === null ? [] : shown.map(({ run }, index) => pcap.follow(run, index));
	const codes = [...(await showAll(shown, format, flags))];
	if (!isStreamed(format)) await printTogether(shown, format, flags);
	await Promise.all(captured);
	if (pcap !== null && !pcap.close()) codes.push(EXIT.system);
	const code = signals.exitCode() ?? Math.max(...codes);
	await Promise.all(shown.map(({ run }) => run.closed));
	return code;
}

/** The capture file; what goes wrong with it is said on stderr. */
async function openPcap(path: string, hosts: readonly string[]): Promise<PcapFile> {
	const { openPcapFile } = await import("../other-commands.ts");
	return openPcapFile(path, hosts, complain);
}

/** `-O help`: what the method takes, or without a method what each takes that takes any; nothing is traced. */
async function showMethodOptions(flags: TraceFlags): Promise<number> {
	const { method: asked } = requestOf(flags, undefined);
	const { formatMethodOptions } = await import("../other-commands.ts");
	const [name] = methodsOf({ method: asked });
	const methods = asked === undefined ? TRACE_METHODS.filter(hasOptions) : [findMethod(name ?? "")];
	print(methods.map((method) => (method === undefined ? "" : formatMethodOptions(method))).join("\n"));
	return EXIT.ok;
}

function hasOptions({ options = [] }: TraceMethod): boolean {
	return options.length > 0;
}

/** NDJSON lines name their target, so they come as they happen; the other formats keep the order asked for. */
async function showAll(
	shown: readonly ShownRun[],
	format: ReportFormat,
	flags: TraceFlags,
): Promise<readonly number[]> {
	const reported = withReports(shown, format, flags);
	const { strict = false, changes = false } = flags;
	const explain = wantsExplanation(flags, format);
	const show = ({ order, report }: Reported<ShownRun>) => showRun(order, { report, explain, strict, changes });
	if (format === "ndjson") return Promise.all(reported.map(show));
	const codes: number[] = [];
	for (const one of reported) codes.push(await show(one));
	return codes;
}

/** A format that is no stream: of all traces that have come to something. */
async function printTogether(shown: readonly ShownRun[], format: ReportFormat, flags: TraceFlags): Promise<void> {
	const settled = await Promise.allSettled(shown.map(({ run }) => run.result));
	const results = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
	const { resultsText } = await import("../other-commands.ts");
	print(await resultsText(format, results, { numeric: flags.numeric ?? false, indent: isTerminal("stdout") ? 2 : 0 }));
}

/** Each with a report of its own; in text they are set apart. */
function withReports<Order extends ShownOrder>(
	orders: readonly Order[],
	format: ReportFormat,
	flags: TraceFlags,
): readonly Reported<Order>[] {
	const apart = paragraphs();
	const choices = reportChoices(flags);
	return orders.map((order, index) => {
		const plain = traceReport(format, order.host, { ...choices, first: index === 0 });
		return { order, report: format === "text" ? apart(plain) : plain };
	});
}

function reportChoices(flags: TraceFlags): Omit<ReportChoices, "first"> {
	const { numeric = false, extensions = false, back = false, changes = false, summary = false } = flags;
	return {
		numeric,
		extensions,
		back,
		changes,
		summary,
		info: flags.options?.info === true,
		mss: flags.options?.mss !== undefined,
		tos: tosByte(flags),
		pathMtu: flags.mtu ?? false,
		paint: paintFor(flags.color),
		indent: isTerminal("stdout") ? 2 : 0,
	};
}
