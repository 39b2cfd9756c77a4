/** Files that checks name: what was saved, baselines, and the file of checks itself. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createContext, Script } from "node:vm";
import type { TraceResult } from "@whither/core";
import { WhitherError } from "../../api/error.ts";
import type { RegexTester } from "../../report/check/judge-crossing.ts";
import { type Judged, readJudgedText } from "../../report/check/saved-run.ts";
import { writeFailureSentence } from "../file-errors.ts";
import { readInput } from "../show/read-input.ts";

/** Bytes of a file of checks, and of a saved measurement. */
const LONGEST_CHECKS = 4 << 20;
const LONGEST_SAVED = 256 << 20;

/** The text of the file of checks; throws `usage`. */
export function readChecksText(path: string): string {
	return readInput(path, LONGEST_CHECKS);
}

/** Where a file is that the file `from` names. */
export function pathIn(from: string): (path: string) => string {
	return (path) => resolve(dirname(from), path);
}

/** What was saved in any format that `whither show` reads; `from`: the file that names it. Throws `usage`. */
export function readSaved(path: string, from: string): Judged {
	const judged = readJudgedText(readInput(pathIn(from)(path), LONGEST_SAVED));
	if (typeof judged !== "string") return judged;
	throw new WhitherError("usage", `${path} cannot be judged: ${judged}`);
}

/** The baseline, or in a sentence why there is none. */
export function readBaseline(path: string, from: string): TraceResult | string {
	try {
		return readSaved(path, from).trace ?? `there is no trace in ${path} to compare with`;
	} catch (thrown) {
		return `there is no baseline: ${(thrown as Error).message}; \`whither check --baseline-write\` makes it anew`;
	}
}

/** Whole or not at all. */
export function writeBaseline(path: string, from: string, trace: TraceResult): void {
	writeReport(pathIn(from)(path), `${JSON.stringify(trace, null, 2)}\n`, `the baseline ${path}`);
}

/** Whole or not at all; throws `systemCall`. */
export function writeReport(path: string, text: string, what: string): void {
	const part = `${path}.part`;
	try {
		writeFileSync(part, text);
		renameSync(part, path);
	} catch (thrown) {
		rmSync(part, { force: true });
		throw new WhitherError("systemCall", writeFailureSentence(what, thrown as NodeJS.ErrnoException), { path });
	}
}

/** Names are strangers' words, and a pattern may go through them for years: it is given so long of the processor's time. */
const REGEX_MS = 100;
/** On a machine with much else to do that may be many times as long; then it is begun anew so often. */
const MOST_TRIES = 20;
const LONGEST_NAME = 255;

/** Tests a pattern, but for so long only. */
export const testRegex: RegexTester = (pattern, text) => {
	const context = createContext({ pattern, text: text.slice(0, LONGEST_NAME) });
	const script = new Script('new RegExp(pattern, "i").test(text)');
	const before = process.cpuUsage();
	for (let tries = 0; tries < MOST_TRIES && spentMs(before) < REGEX_MS; tries++) {
		try {
			return script.runInContext(context, { timeout: REGEX_MS }) === true;
		} catch (thrown) {
			if ((thrown as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") return null;
		}
	}
	return null;
};

function spentMs(before: NodeJS.CpuUsage): number {
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1e3;
}
