/** `whither check`: assertions on paths, for CI. */
import { WhitherError } from "../../api/error.ts";
import { openRealWorldHere } from "../../api/real-world.ts";
import { TOOL } from "../../api/version.ts";
import { type Check, type CheckFileProblem, readCheckFile } from "../../report/check/check-file.ts";
import { CHECK_SCHEMA, type CheckReport } from "../../report/check/check-result.ts";
import { formatCheckJson, formatCheckLines, formatCheckSummary } from "../../report/check/check-text.ts";
import { formatGithub } from "../../report/check/github.ts";
import { formatJunit } from "../../report/check/junit.ts";
import { parseOptions } from "../arguments/parse.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { complain, isTerminal, paintFor, print, printAside } from "../output.ts";
import { watchSignals } from "../signals.ts";
import { readChecksText, writeReport } from "./check-files.ts";
import { CHECK_OPTIONS, type CheckFlags } from "./check-options.ts";
import { type CheckOutcome, runChecks } from "./check-run.ts";

const JOBS = 8;
const TIMEOUT_MS = 60_000;

/** Run the command; resolves with the exit code. */
export async function checkCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, CHECK_OPTIONS);
	const file = operands[0] ?? "";
	const head = { ...unmadeReport(commandLine), file };
	const checks = readChecks(file);
	if ("sentence" in checks) return refuse(checks, head, flags);
	const aborting = new AbortController();
	const signals = watchSignals(() => aborting.abort());
	const paint = paintFor(flags.color);
	const beganAt = process.hrtime.bigint();
	const outcomes = await runChecks(checks, {
		...{ file, jobs: flags.jobs ?? JOBS, timeoutMs: flags.timeout ?? TIMEOUT_MS, args: commandLine },
		...{ writeBaselines: flags["baseline-write"] === true, openWorld: openRealWorldHere, signal: aborting.signal },
		onCheck: ({ result }) => {
			if (flags.json !== true) print(formatCheckLines(result, file, paint));
		},
	});
	const report = reportOf(outcomes, head, Number(process.hrtime.bigint() - beganAt));
	const written = show(report, flags);
	return signals.exitCode() ?? Math.max(written, codeOf(outcomes));
}

function readChecks(file: string): readonly Check[] | CheckFileProblem | { readonly sentence: string } {
	try {
		return readCheckFile(readChecksText(file));
	} catch (thrown) {
		if (!(thrown instanceof WhitherError)) throw thrown;
		return { sentence: thrown.message };
	}
}

/** What stands in a report before anything was measured. */
function unmadeReport(args: readonly string[]): Omit<CheckReport, "file"> {
	const startedAt = new Date().toISOString();
	const nothing = { durationNs: 0, held: false, stopReason: "error", checks: [], error: null } as const;
	return { schema: CHECK_SCHEMA, tool: TOOL, args, startedAt, ...nothing };
}

/** The document of a command line that cannot be obeyed. */
export function formatCheckFailure(args: readonly string[], error: WhitherError): string {
	const { code, message } = error;
	return formatCheckJson({ ...unmadeReport(args), file: "", error: { code, message } }, 0);
}

/** A file that is none. */
function refuse(
	problem: CheckFileProblem | { readonly sentence: string },
	head: CheckReport,
	flags: CheckFlags,
): number {
	const place = "line" in problem ? { line: problem.line, column: problem.column } : {};
	const error = { code: "usage", message: problem.sentence, ...place };
	show({ ...head, error }, flags);
	complain(
		"line" in problem ? `${head.file}:${problem.line}:${problem.column}: ${problem.sentence}` : problem.sentence,
	);
	return EXIT.usage;
}

function reportOf(outcomes: readonly CheckOutcome[], head: CheckReport, durationNs: number): CheckReport {
	const checks = outcomes.map(({ result }) => result);
	const stopReason = checks.some(({ outcome }) => outcome === "interrupted") ? "interrupted" : "complete";
	return { ...head, durationNs, held: checks.every(({ outcome }) => outcome === "held"), stopReason, checks };
}

/** All that was asked for but the lines of text, which stand already; the exit code of a report that cannot be written. */
function show(report: CheckReport, { json, junit, github }: CheckFlags): number {
	const isJson = json === true;
	if (isJson) print(formatCheckJson(report, isTerminal("stdout") ? 2 : 0));
	else if (report.error === null) print(formatCheckSummary(report));
	// GitHub reads both streams.
	if (github ?? process.env.GITHUB_ACTIONS === "true") (isJson ? printAside : print)(formatGithub(report));
	if (junit === undefined || report.error !== null) return EXIT.ok;
	try {
		writeReport(junit, formatJunit(report), `the report ${junit}`);
		return EXIT.ok;
	} catch (thrown) {
		complain((thrown as Error).message);
		return EXIT.system;
	}
}

/** What could not be measured weighs more than what did not hold. */
function codeOf(outcomes: readonly CheckOutcome[]): number {
	return Math.max(
		EXIT.ok,
		...outcomes.map(({ result, error }) => {
			if (error !== null) return exitCodeOf(error);
			if (result.outcome === "failed") return EXIT.negative;
			return result.outcome === "error" ? EXIT.usage : EXIT.ok;
		}),
	);
}
