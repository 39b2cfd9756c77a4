/** Plays a call of the first draft, and says what did not come out as the draft's table has it. */
import { differences, expectedLines, reportLines } from "./call-report.ts";
import type { CallScenario } from "./call-scenario.ts";
import { isLate, lawsOfChecks, lawsOfChoice, lawsOfCycles, lawsOfSpeech } from "./laws.ts";
import { type CallOptions, type PlayedCall, playToTheEnd } from "./played-call.ts";

/** What came of a call. */
export interface CallOutcome {
	readonly played: PlayedCall;
	/** Where it is not what the table says; loss may be the reason. */
	readonly different: readonly string[];
	/** What must not be, whatever was lost; empty: nothing. */
	readonly wrong: readonly string[];
}

/** Plays one. */
export function runCall(scenario: CallScenario, options: CallOptions): CallOutcome {
	const isLossless = (options.loss ?? 0) === 0;
	const played = playToTheEnd(scenario, options);
	const { call } = played;
	const different = differences(expectedLines(scenario), reportLines(call.report(), call.names()));
	const always = [...lawsOfSpeech(played, isLossless), ...lawsOfChoice(call), ...lawsOfCycles(call)];
	if (different.length === 0) return { played, different, wrong: always };
	if (isLossless) return { played, different, wrong: [...always, ...different] };
	// What was lost is seen in the packets alone; a call with the same seed is the same call.
	const seen = options.records === true ? played : playToTheEnd(scenario, { ...options, records: true });
	const unexplained = isLate(call) ? [] : different;
	return { played, different, wrong: [...always, ...lawsOfChecks(seen), ...unexplained] };
}
