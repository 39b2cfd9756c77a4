/** Runs the real ping over a scenario in virtual time. */
import { type Family, Ping, type PingEvent, type PingOptions, type PingResult, pingResult } from "@whither/core";
import type { CryptoPort } from "@whither/wire";
import { eventsOf, openRun, type SimulatedRun } from "./run-machine.ts";
import { openScenario } from "./run-trace.ts";
import type { Scenario, ScenarioChannel } from "./scenario.ts";

/** How to run a ping of a scenario's target. */
export interface RunPingOptions {
	readonly family: Family;
	readonly ping: PingOptions;
	readonly channel?: ScenarioChannel;
	readonly seed?: number;
	readonly options?: Scenario["trace"]["options"];
	readonly crypto?: CryptoPort;
}

/** A ping in virtual time, as far as it has been run. */
export interface SimulatedPing extends SimulatedRun<PingEvent> {
	readonly result: () => PingResult;
}

const TOOL = { name: "whither-sim", version: "0" };
/** Virtual time has no date. */
const STARTED_AT = "1970-01-01T00:00:00.000Z";

/** Begins a ping; it runs only as far as it is asked for events, so that it may have no end. */
export function openPing(scenario: Scenario, run: RunPingOptions): SimulatedPing {
	const { ttl } = run.ping;
	const options = { ...run.options, firstTtl: ttl, maxTtl: ttl };
	const { internet, channel, ...parts } = openScenario(scenario, { ...run, options });
	const ping = new Ping({ ...parts, ping: run.ping });
	return {
		...openRun(ping, { internet, channel }),
		result: () => pingResult(ping, { tool: TOOL, args: [], startedAt: STARTED_AT }),
	};
}

/** Runs a ping to its end; it must have one. */
export function runPing(
	scenario: Scenario,
	run: RunPingOptions,
): { readonly result: PingResult; readonly events: readonly PingEvent[] } {
	const ping = openPing(scenario, run);
	const events = eventsOf(ping);
	return { result: ping.result(), events };
}
