/** One run written out in one format, and the exit code it deserves. */
import { findMethod, type SystemError, type TraceResult } from "@whither/core";
import { asWhitherError, type WhitherError } from "../../api/error.ts";
import { systemErrorSentence } from "../../api/error-words.ts";
import { type FailureDocument, failureDocument } from "../../api/failure.ts";
import type { ResolvedTarget } from "../../api/resolve.ts";
import type { TraceRun } from "../../api/trace/run.ts";
import { TOOL } from "../../api/version.ts";
import type { ReportFormat, TraceReport } from "../../report/trace/trace-report.ts";
import { verdict } from "../../report/trace/verdict.ts";
import { warningSentence } from "../../report/trace/warning-words.ts";
import type { TraceFlags } from "../arguments/options.ts";
import { suggest } from "../arguments/suggest.ts";
import { COMMANDS } from "../commands.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { complain, isTerminal, print, printAside } from "../output.ts";

/** What a document says of a run that cannot begin. */
export interface ShownOrder {
	readonly host: string;
	readonly method: string | null;
	readonly port: number | null;
	/** LENGTH as it was asked for. */
	readonly length: number | null;
	readonly args: readonly string[];
	readonly startedAt: string;
}

/** A run, and that. */
export interface ShownRun extends ShownOrder {
	readonly run: TraceRun;
}

/** What is to be shown, and where. */
export interface Reported<Order extends ShownOrder> {
	readonly order: Order;
	readonly report: TraceReport;
}

/** How a run is shown. */
export interface ShowChoices {
	readonly report: TraceReport;
	/** Say in words on stderr what the trace shows. */
	readonly explain: boolean;
	readonly strict: boolean;
	/** What changed on the way was asked for. */
	readonly changes: boolean;
}

/** Write the run as it happens; resolves with its exit code, never rejects for a trace that failed. */
export async function showRun(shown: ShownRun, choices: ShowChoices): Promise<number> {
	try {
		for await (const event of shown.run) {
			print(choices.report.event(event));
			if (event.type === "warning" && event.warning.code === "methodFallback") complain(warningSentence(event.warning));
		}
		const result = await shown.run.result;
		print(choices.report.end(result));
		sayAside(result, shown, choices);
		return resultCode(result, choices);
	} catch (thrown) {
		const error = asWhitherError(thrown);
		print(choices.report.end(documentOf(shown, shown.run.target, error)));
		const code = sayFailure(error);
		if (error.code === "nameNotFound") sayMeantCommand(shown);
		return code;
	}
}

/** Whether the diagnosis is wanted: asked for, or a person is looking at text. */
export function wantsExplanation(flags: Pick<TraceFlags, "explain">, format: ReportFormat): boolean {
	return flags.explain === true || (format === "text" && isTerminal("stderr"));
}

function sayAside(result: TraceResult, { length }: ShownRun, { explain, changes }: ShowChoices): void {
	const lengthened = lengthSentence(result, length);
	if (lengthened !== null) complain(lengthened);
	if (changes && result.channel === "errorQueue") complain(CHANGES_UNSEEN);
	for (const warning of result.warnings) {
		if (warning.code !== "methodFallback") complain(warningSentence(warning, { changes }));
	}
	for (const sentence of unsentSentences(result)) complain(sentence);
	if (!explain) return;
	const { sentence, notes } = verdict(result);
	printAside(`${[sentence, ...notes.map((note) => note.sentence)].join("\n")}\n`);
}

/** The error queue keeps the quoted headers to itself. */
const CHANGES_UNSEEN =
	"what changed on the way (--changes) is seen through raw sockets only, which need CAP_NET_RAW and a method that can use them";

/** That the probes were longer than asked for; where a method has one length only, a warning has said so. */
function lengthSentence({ method, options }: TraceResult, asked: number | null): string | null {
	if (asked === null || asked >= options.length || findMethod(method)?.fixedLength === true) return null;
	return `the smallest probe of ${method} is ${options.length} bytes`;
}

/** Why probes could not be sent: one sentence a cause, unless a warning has said it already. */
function unsentSentences(result: TraceResult): readonly string[] {
	if (result.warnings.some((warning) => warning.code === "channelFault")) return [];
	const counts = new Map<string, number>();
	for (const { error } of result.hops.flatMap((hop) => hop.probes)) {
		if (error === undefined) continue;
		const sentence = systemErrorSentence(error, { method: result.method });
		counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
	}
	return [...counts].map(([sentence, count]) => `${count} ${count === 1 ? "probe" : "probes"} not sent: ${sentence}`);
}

/** What broke a trace off: the channel's fault, or the last probe that could not be sent. */
function breakingError(result: TraceResult): SystemError | null {
	if (result.stopReason !== "error") return null;
	const fault = result.warnings.find((warning) => warning.code === "channelFault")?.error;
	const unopened = result.warnings.find((warning) => warning.code === "sessionFailed")?.failure;
	if (unopened?.why === "failed") return unopened.error;
	const probes = result.hops.flatMap((hop) => hop.probes);
	return fault ?? probes.findLast((probe) => probe.error !== undefined)?.error ?? null;
}

function resultCode(result: TraceResult, { strict }: ShowChoices): number {
	if (result.stopReason === "error") {
		return breakingError(result)?.code === "permissionDenied" ? EXIT.privilege : EXIT.system;
	}
	// Out of time (-Q) before there was one.
	if (result.warnings.some(({ code }) => code === "sessionFailed")) return EXIT.system;
	return strict && !result.reached ? EXIT.negative : EXIT.ok;
}

/** Write the documents of runs that one error keeps from beginning; returns the exit code. */
export function showUnbegun(unbegun: readonly Reported<ShownOrder>[], error: WhitherError): number {
	for (const { order, report } of unbegun) print(report.end(documentOf(order, null, error)));
	return sayFailure(error);
}

function sayFailure(error: WhitherError): number {
	if (error.code !== "aborted") complain(error.message);
	if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
	return exitCodeOf(error);
}

/** A command with a slip in it is taken for a host: what was meant, where that is the first word. */
function sayMeantCommand({ host, args }: ShownOrder): void {
	if (args[0] !== host) return;
	const meant = suggest(
		host,
		COMMANDS.map(({ name }) => name),
	);
	if (meant !== null) complain(`did you mean the command \`whither ${meant}\`?`);
}

function documentOf(shown: ShownOrder, target: ResolvedTarget | null, error: WhitherError): FailureDocument {
	const { host, method, port, args, startedAt } = shown;
	const order = { tool: TOOL, name: host, method, port, args, startedAt };
	return failureDocument({ ...order, address: target?.address ?? null, family: target?.family ?? null }, error);
}
