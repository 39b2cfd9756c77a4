/** Runs the real continuous trace over a scenario in virtual time. */
import {
	DEFAULT_TRACE_OPTIONS,
	type Family,
	Rounds,
	type RoundsEvent,
	type RoundsOptions,
	type RoundsResult,
	roundsPorts,
	roundsResult,
} from "@whither/core";
import type { CryptoPort } from "@whither/wire";
import { eventsOf, openRun, type SimulatedRun } from "./run-machine.ts";
import { openScenario, type RunTraceOptions } from "./run-trace.ts";
import type { Scenario, ScenarioChannel } from "./scenario.ts";

/** How to run a continuous trace of a scenario's target. */
export interface RunRoundsOptions {
	readonly family: Family;
	readonly rounds: RoundsOptions;
	readonly channel?: ScenarioChannel;
	readonly seed?: number;
	readonly options?: Scenario["trace"]["options"];
	readonly crypto?: CryptoPort;
	/** NATs, firewalls and faults by node name. */
	readonly hooks?: RunTraceOptions["hooks"];
}

/** A continuous trace in virtual time, as far as it has been run. */
export interface SimulatedRounds extends SimulatedRun<RoundsEvent> {
	readonly result: () => RoundsResult;
}

const TOOL = { name: "whither-sim", version: "0" };
/** Virtual time has no date. */
const STARTED_AT = "1970-01-01T00:00:00.000Z";

/** Begins a continuous trace; it runs only as far as it is asked for events, so that it may have no end. */
export function openRounds(scenario: Scenario, run: RunRoundsOptions): SimulatedRounds {
	const asked = { ...DEFAULT_TRACE_OPTIONS, ...scenario.trace.options, ...run.options };
	const options = { ...run.options, queries: roundsPorts(run.rounds, asked) };
	const { hooks = {}, ...orders } = run;
	const { internet, channel, ...parts } = openScenario(scenario, { ...orders, hooks, options, records: false });
	const rounds = new Rounds({ ...parts, rounds: run.rounds });
	return {
		...openRun(rounds, { internet, channel }),
		result: () => roundsResult(rounds, { tool: TOOL, args: [], startedAt: STARTED_AT }),
	};
}

/** Runs a continuous trace to its end; it must have one. */
export function runRounds(
	scenario: Scenario,
	run: RunRoundsOptions,
): { readonly result: RoundsResult; readonly events: readonly RoundsEvent[] } {
	const rounds = openRounds(scenario, run);
	const events = eventsOf(rounds);
	return { result: rounds.result(), events };
}
