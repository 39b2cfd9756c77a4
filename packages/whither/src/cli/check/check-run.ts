/** Runs the checks of a file: several traces at once, the verdicts in the order of the file. */
import type { TraceResult } from "@whither/core";
import { asWhitherError, type WhitherError } from "../../api/error.ts";
import { startTrace } from "../../api/trace/trace.ts";
import type { World } from "../../api/world.ts";
import { type Check, requestOf } from "../../report/check/check-file.ts";
import type { AssertionResult, CheckResult } from "../../report/check/check-result.ts";
import { judge } from "../../report/check/judge.ts";
import { type Judged, judgedTrace } from "../../report/check/saved-run.ts";
import { pathIn, readBaseline, readSaved, testRegex, writeBaseline } from "./check-files.ts";

/** How checks are run. */
export interface CheckRunOptions {
	/** The file of checks, which others are named from. */
	readonly file: string;
	readonly jobs: number;
	readonly timeoutMs: number;
	readonly writeBaselines: boolean;
	readonly args: readonly string[];
	readonly openWorld: () => Promise<World>;
	readonly signal: AbortSignal;
	/** Called for each in the order of the file. */
	readonly onCheck: (result: CheckOutcome) => void;
}

/** A result, and the error that decides about the exit code; null: none. */
export interface CheckOutcome {
	readonly result: CheckResult;
	readonly error: WhitherError | null;
}

/** Resolves with all; never rejects for a check that cannot be made. */
export async function runChecks(checks: readonly Check[], options: CheckRunOptions): Promise<readonly CheckOutcome[]> {
	const outcomes: (CheckOutcome | undefined)[] = checks.map(() => undefined);
	const left = checks.entries();
	let told = 0;
	const lane = async () => {
		for (const [place, check] of left) {
			outcomes[place] = await runCheck(check, options);
			for (let next = outcomes[told]; next !== undefined; next = outcomes[++told]) options.onCheck(next);
		}
	};
	await Promise.all(Array.from({ length: options.jobs }, lane));
	return outcomes.filter((outcome) => outcome !== undefined);
}

async function runCheck(check: Check, options: CheckRunOptions): Promise<CheckOutcome> {
	const beganAt = process.hrtime.bigint();
	const about = { name: check.name, target: check.target, file: check.file, place: check.place };
	const nothing = { method: check.method, address: null, assertions: [], error: null };
	const durationNs = () => Number(process.hrtime.bigint() - beganAt);
	const interrupted = (): CheckOutcome => ({
		result: { ...about, ...nothing, durationNs: durationNs(), outcome: "interrupted" },
		error: null,
	});
	if (options.signal.aborted) return interrupted();
	try {
		const judged = await measure(check, options);
		// What was stopped in the middle says nothing.
		if (judged.trace?.stopReason === "interrupted" && check.target !== null) return interrupted();
		const assertions = judge(check, judged, {
			testRegex,
			namesKnown: check.target !== null && requestOf(check, pathIn(options.file)).names === true,
			baseline: baselineOf(check, judged.trace, options),
		});
		const { method = null, target } = judged.trace ?? {};
		const facts = { method, address: target?.address ?? null, durationNs: durationNs() };
		return { result: { ...about, ...facts, outcome: worst(assertions), assertions, error: null }, error: null };
	} catch (thrown) {
		const error = asWhitherError(thrown);
		if (error.code === "aborted") return interrupted();
		const why = { code: error.code, message: `${error.message.replace(/\.$/, "")}.` };
		return { result: { ...about, ...nothing, durationNs: durationNs(), outcome: "error", error: why }, error };
	}
}

async function measure(check: Check, { file, timeoutMs, args, openWorld, signal }: CheckRunOptions): Promise<Judged> {
	if (check.target === null) return readSaved(check.file ?? "", file);
	const run = startTrace(check.target, { timeoutMs, ...requestOf(check, pathIn(file)), signal }, { args, openWorld });
	try {
		return judgedTrace(await run.result);
	} finally {
		await run.closed;
	}
}

function baselineOf(check: Check, trace: TraceResult | null, { file, writeBaselines }: CheckRunOptions) {
	const { equalsBaseline } = check.expect;
	if (equalsBaseline === undefined) return null;
	if (writeBaselines && trace !== null) writeBaseline(equalsBaseline.file, file, trace);
	return readBaseline(equalsBaseline.file, file);
}

function worst(assertions: readonly AssertionResult[]): CheckResult["outcome"] {
	if (assertions.some(({ outcome }) => outcome === "unknown")) return "error";
	return assertions.every(({ outcome }) => outcome === "held") ? "held" : "failed";
}
