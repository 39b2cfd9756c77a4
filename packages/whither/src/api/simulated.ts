/** The internet in memory as a world: the same tracer, no network, no privilege; for demos, examples and tests. */
import type {
	Family,
	PingOrder,
	RoundsOrder,
	RunningTrace,
	TraceEvent,
	TraceMessage,
	TraceOrder,
	TraceResult,
} from "@whither/core";
import { nodeCrypto } from "@whither/net";
import {
	nodeAddress,
	nodeNames,
	openPing,
	openRounds,
	publicAddressOf,
	runTrace,
	type Scenario,
	type SimulatedPing,
	type SimulatedRounds,
	type SimulatedRun,
} from "@whither/sim";
import { WhitherError } from "./error.ts";
import type { World } from "./world.ts";

/** How a simulated world behaves. */
export interface SimulatedOptions {
	/** Seed of every random draw; default the scenario's. */
	readonly seed?: number;
	/** `virtual`: everything at once. `real`: events come as far apart as they would on a network. Default virtual. */
	readonly pace?: "virtual" | "real";
	/** With `real`: that many times slower than life, for people to watch. Default 1. */
	readonly slowedBy?: number;
}

/** A world in which the scenario's node names are host names; traces start at its tracing host. */
export function simulated(scenario: Scenario, options: SimulatedOptions = {}): World {
	const names = namesOf(scenario);
	return {
		resolve: async (name, family) => {
			const wanted = family ?? scenario.families?.[0] ?? 4;
			const address = Object.hasOwn(scenario.nodes, name) ? addressOf(scenario, name, wanted) : null;
			if (address !== null) return { name, address, family: wanted, zone: null };
			const known = Object.keys(scenario.nodes).join(", ");
			throw new WhitherError("nameNotFound", `${name} is no node of this scenario; there are ${known}`, { name });
		},
		reverse: async (address) => names.get(address) ?? null,
		origins: async () => async () => null,
		tcpEcn: () => 0,
		start: (order, on) => {
			const slowedBy = options.pace === "real" ? (options.slowedBy ?? 1) : 0;
			return play(simulate(scenario, order, options), slowedBy, on);
		},
		ping: (order, on) => {
			const slowedBy = options.pace === "real" ? (options.slowedBy ?? 1) : 0;
			return playOn(simulatePing(scenario, order, options), { slowedBy, order, on });
		},
		rounds: (order, on) => {
			const slowedBy = options.pace === "real" ? (options.slowedBy ?? 1) : 0;
			return playOn(simulateRounds(scenario, order, options), { slowedBy, order, on });
		},
	};
}

/** In a call hosts know each other by the addresses that their NATs give them. */
function addressOf(scenario: Scenario, name: string, family: Family): string {
	const isCalled = scenario.call !== undefined && name === scenario.trace.to;
	return isCalled ? publicAddressOf(scenario, name, family) : nodeAddress(scenario, name, family);
}

function namesOf(scenario: Scenario): ReadonlyMap<string, string> {
	const { to } = scenario.trace;
	return new Map([
		...nodeNames(scenario),
		...([4, 6] as const).map((family) => [addressOf(scenario, to, family), to] as const),
	]);
}

interface Played {
	readonly events: readonly TraceEvent[];
	readonly result: TraceResult;
}

function simulate(scenario: Scenario, order: TraceOrder, options: SimulatedOptions): Played {
	const { family, target: _, targetName, channels, ...rest } = order.options;
	const { from, channels: borrowed } = scenario.trace;
	const media = scenario.call === undefined || borrowed === undefined ? {} : { channels: borrowed };
	const spec = { ...scenario, trace: { from, to: targetName, options: rest, ...media } };
	const { events, result } = runTrace(spec, {
		family,
		crypto: nodeCrypto,
		...(options.seed === undefined ? {} : { seed: options.seed }),
		...(channels?.[0] === undefined ? {} : { channel: channels[0] }),
	});
	return { events, result: { ...result, tool: order.tool, args: order.args } };
}

function simulatePing(scenario: Scenario, order: PingOrder, options: SimulatedOptions): SimulatedPing {
	const { spec, run } = watching(scenario, order, options);
	return openPing(spec, { ...run, ping: order.ping });
}

function simulateRounds(scenario: Scenario, order: RoundsOrder, options: SimulatedOptions): SimulatedRounds {
	const { spec, run } = watching(scenario, order, options);
	return openRounds(spec, { ...run, rounds: order.rounds });
}

/** What an endless run is made from. */
function watching(scenario: Scenario, order: TraceOrder, { seed }: SimulatedOptions) {
	const { family, target: _, targetName, channels, ...rest } = order.options;
	return {
		spec: { ...scenario, trace: { from: scenario.trace.from, to: targetName, options: rest } },
		run: {
			family,
			crypto: nodeCrypto,
			...(seed === undefined ? {} : { seed }),
			...(channels?.[0] === undefined ? {} : { channel: channels[0] }),
		},
	};
}

/** A run that may have no end, and what it says. */
interface Watched<Event, Result> extends SimulatedRun<Event> {
	readonly result: () => Result;
}

interface Audience<Event, Result> {
	readonly slowedBy: number;
	readonly order: Pick<TraceOrder, "tool" | "args">;
	readonly on: (
		message:
			| { readonly type: "event"; readonly event: Event }
			| { readonly type: "result"; readonly result: Result & Pick<TraceOrder, "tool" | "args"> },
	) => void;
}

/** The same for a run that may have no end: it is simulated only as far as it has been handed out. */
function playOn<Event extends { readonly type: string; readonly atNs?: number }, Result>(
	run: Watched<Event, Result>,
	{ slowedBy, order, on }: Audience<Event, Result>,
): RunningTrace {
	const startedAt = Date.now();
	let timer: ReturnType<typeof setTimeout> | null = setTimeout(advance, 0);
	let held: readonly Event[] = [];
	return { stop: () => (timer === null ? undefined : tell([...held, ...run.stop()])) };

	function advance(): void {
		const events = run.next();
		held = events;
		const wait = slowedBy > 0 ? ((events[0]?.atNs ?? 0) / 1e6) * slowedBy : 0;
		timer = setTimeout(() => tell(events), Math.max(0, wait - (Date.now() - startedAt)));
	}

	function tell(events: readonly Event[]): void {
		if (timer !== null) clearTimeout(timer);
		timer = null;
		held = [];
		for (const event of events) on({ type: "event", event });
		if (events.at(-1)?.type !== "end") {
			advance();
			return;
		}
		on({ type: "result", result: { ...run.result(), tool: order.tool, args: order.args } });
	}
}

/** Hand the events out at their own times, stretched by a factor (0: at once); `stop` cuts the story short. */
function play(played: Played, slowedBy: number, on: (message: TraceMessage) => void): RunningTrace {
	let timer: ReturnType<typeof setTimeout> | null = null;
	let next = 0;
	const startedAt = Date.now();
	const advance = (): void => {
		for (; next < played.events.length; next++) {
			const event = played.events[next];
			if (event === undefined) break;
			const wait = slowedBy > 0 && "atNs" in event ? (event.atNs / 1e6) * slowedBy - (Date.now() - startedAt) : 0;
			if (wait > 0) {
				timer = setTimeout(advance, wait);
				return;
			}
			on({ type: "event", event });
		}
		on({ type: "result", result: played.result });
	};
	timer = setTimeout(advance, 0);
	return { stop: () => stopPlaying() };

	function stopPlaying(): void {
		if (timer === null || next >= played.events.length) return;
		clearTimeout(timer);
		const toldHops = played.events.slice(0, next).flatMap((event) => (event.type === "hop" ? [event.hop] : []));
		next = played.events.length;
		const atNs = Math.round(((Date.now() - startedAt) * 1e6) / Math.max(slowedBy, 1));
		on({ type: "event", event: { type: "end", atNs, stopReason: "interrupted", reached: false } });
		const cut = { durationNs: atNs, stopReason: "interrupted", reached: false, hops: toldHops } as const;
		on({ type: "result", result: { ...played.result, ...cut } });
	}
}
