/** Runs the real ping over a scenario in virtual time. */
import {
	type Family,
	type Instant,
	Ping,
	type PingEvent,
	type PingOptions,
	type PingResult,
	pingResult,
	type TracerInput,
} from "@whither/core";
import type { CryptoPort } from "@whither/wire";
import { nextInstant, openScenario } from "./run-trace.ts";
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
export interface SimulatedPing {
	/** Lets time pass until there are events; they come with the last. None: it has ended. */
	readonly next: () => readonly PingEvent[];
	/** Ends it now; the events that this makes. */
	readonly stop: () => readonly PingEvent[];
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
	let now: Instant = 0;
	const step = (input: TracerInput): readonly PingEvent[] => {
		const events: PingEvent[] = [];
		for (const output of ping.step(input, now)) {
			if (output.type === "send") channel.send(output.probes, now);
			else if (output.type === "event") events.push(output.event);
		}
		if (ping.finished) channel.close(now);
		return events;
	};
	const advance = (): readonly PingEvent[] => {
		const inputs = channel.read();
		if (inputs.length > 0) return inputs.flatMap(step);
		const at = ping.deadline?.at ?? Number.POSITIVE_INFINITY;
		const wake = nextInstant(ping.deadline?.at ?? null, internet.nextAt);
		if (wake === null) throw new Error(`the ping waits for nothing at ${now} ns`);
		now = Math.max(now, wake);
		internet.advance(now);
		return at <= now ? step({ type: "tick" }) : [];
	};
	let started = false;
	const next = (): readonly PingEvent[] => {
		if (!started) {
			started = true;
			return step({ type: "start" });
		}
		while (!ping.finished) {
			const events = advance();
			if (events.length > 0) return events;
		}
		return [];
	};
	return {
		next,
		stop: () => [...(started ? [] : next()), ...(ping.finished ? [] : step({ type: "stop" }))],
		result: () => pingResult(ping, { tool: TOOL, args: [], startedAt: STARTED_AT }),
	};
}

/** Runs a ping to its end; it must have one. */
export function runPing(
	scenario: Scenario,
	run: RunPingOptions,
): { readonly result: PingResult; readonly events: readonly PingEvent[] } {
	const ping = openPing(scenario, run);
	const events: PingEvent[] = [];
	for (let some = ping.next(); some.length > 0; some = ping.next()) events.push(...some);
	return { result: ping.result(), events };
}
