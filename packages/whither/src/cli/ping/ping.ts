/** `whither --ping TTL`: one hop of one target, over and over. */
import type { PingResult } from "@whither/core";
import { asWhitherError, type WhitherError } from "../../api/error.ts";
import { systemErrorSentence } from "../../api/error-words.ts";
import type { FailedOrder } from "../../api/failure.ts";
import { methodsOf } from "../../api/options.ts";
import { pingFailureDocument } from "../../api/ping/failure.ts";
import { checkPing } from "../../api/ping/options.ts";
import { startPing } from "../../api/ping/ping.ts";
import type { PingRun } from "../../api/ping/run.ts";
import { openRealWorldHere } from "../../api/real-world.ts";
import { TOOL } from "../../api/version.ts";
import { PLAIN } from "../../report/paint.ts";
import { type PingReport, pingReport } from "../../report/ping/ping-report.ts";
import { warningSentence } from "../../report/trace/warning-words.ts";
import type { TraceFlags } from "../arguments/options.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { complain, isTerminal, paintFor, print, printAside } from "../output.ts";
import { watchSignals } from "../signals.ts";
import { type PingOrderWords, readPing } from "./ping-request.ts";

/** A command line with --ping, taken apart. */
export interface PingWords {
	readonly flags: TraceFlags;
	readonly operands: readonly string[];
	/** The whole command line. */
	readonly args: readonly string[];
}

/** Run the command; resolves with the exit code. */
export async function pingCommand({ flags, operands, args }: PingWords): Promise<number> {
	const order = readPing(flags, operands);
	const [method = null] = methodsOf(order.request);
	checkPing(order.request);
	const { numeric = false, extensions = false, strict = false } = flags;
	const indent = isTerminal("stdout") ? 2 : 0;
	const report = pingReport(order.format, order.host, { numeric, extensions, paint: paintFor(flags.color), indent });
	const startedAt = new Date().toISOString();
	const run = startPing(order.host, order.request, { args, openWorld: openRealWorldHere });
	const signals = watchSignals(() => run.stop());
	const shown = await show(run, { report, strict, order, method, args, startedAt });
	const code = signals.exitCode() ?? shown;
	await run.closed;
	return code;
}

/** The document of a ping whose command line cannot be obeyed. */
export function formatPingFailure(order: FailedOrder, error: WhitherError, format: "json" | "ndjson"): string {
	const choices = { numeric: false, extensions: false, paint: PLAIN, indent: 0 };
	return pingReport(format, order.name, choices).end(pingFailureDocument(order, error));
}

interface ShownPing {
	readonly report: PingReport;
	readonly strict: boolean;
	readonly order: PingOrderWords;
	readonly method: string | null;
	readonly args: readonly string[];
	readonly startedAt: string;
}

/** Write the ping as it happens; resolves with its exit code, never rejects for a ping that failed. */
async function show(run: PingRun, shown: ShownPing): Promise<number> {
	const { report, strict } = shown;
	try {
		for await (const event of run) {
			print(report.event(event));
			if (event.type === "warning") complain(warningSentence(event.warning));
		}
		const result = await run.result;
		print(report.end(result));
		sayWhy(result);
		return resultCode(result, strict);
	} catch (thrown) {
		return showFailure(run, shown, thrown);
	}
}

function sayWhy({ stopReason, options, probes, method }: PingResult): void {
	if (stopReason === "lossThreshold" && options.lossThreshold !== null) {
		const { percent, window } = options.lossThreshold;
		complain(`stopped: ${percent} % or more of the last ${window} probes were lost`);
	}
	const error = probes.findLast((probe) => probe.error !== undefined)?.error;
	if (error !== undefined && stopReason !== "error") complain(`not sent: ${systemErrorSentence(error, { method })}`);
}

function resultCode({ stopReason, totals, warnings }: PingResult, strict: boolean): number {
	if (stopReason === "error") {
		const fault = warnings.find((warning) => warning.code === "channelFault");
		return fault?.error.code === "permissionDenied" ? EXIT.privilege : EXIT.system;
	}
	if (warnings.some(({ code }) => code === "sessionFailed")) return EXIT.system;
	if (stopReason === "lossThreshold") return EXIT.negative;
	return strict && totals.received === 0 ? EXIT.negative : EXIT.ok;
}

function showFailure(run: PingRun, shown: ShownPing, thrown: unknown): number {
	const { report, order, method, args, startedAt } = shown;
	const error = asWhitherError(thrown);
	const { address = null, family = null } = run.target ?? {};
	const { port = null } = order.request;
	const failed = { tool: TOOL, args, name: order.host, address, port, method, family, startedAt };
	print(report.end(pingFailureDocument(failed, error)));
	if (error.code !== "aborted") complain(error.message);
	if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
	return exitCodeOf(error);
}
