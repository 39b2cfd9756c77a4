import {
	PathStatistics,
	type PathSummary,
	type RoundsEvent,
	type RoundsOptions,
	summaryOf,
	TRACE_METHODS,
} from "@whither/core";
import { describe, expect, it } from "vitest";
import { testCrypto } from "../../wire/src/crypto.fixture.ts";
import { openRounds, type RunRoundsOptions, runRounds } from "./run-rounds.ts";
import { runTrace, scenarioChannels } from "./run-trace.ts";
import type { Scenario } from "./scenario.ts";
import { DEMO } from "./scenarios/demo.ts";
import { METHOD_SITUATIONS } from "./scenarios/every-method.ts";
import { findScenario } from "./scenarios/index.ts";
import { ENDS, type PathSpec, path } from "./scenarios/path.ts";

const FAMILIES = [4, 6] as const;

const every = (rounds: number, intervalMs = 1_000): RoundsOptions => ({ rounds, intervalNs: intervalMs * 1e6 });

function chain(spec: PathSpec): Scenario {
	const expect = { reached: true, stopReason: "reached", hops: [] } as const;
	return { name: "chain", about: "A chain of routers.", ...path(spec), trace: ENDS, lab: true, expect };
}

function summed(events: readonly RoundsEvent[]): PathSummary {
	const statistics = new PathStatistics();
	for (const event of events) statistics.take(event);
	return statistics.summary();
}

function watch(scenario: Scenario, run: Partial<RunRoundsOptions> & Pick<RunRoundsOptions, "rounds">): PathSummary {
	return summed(runRounds(scenario, { family: 4, ...run }).events);
}

const meanings = ({ hops }: PathSummary) => hops.map(({ lossMeaning }) => lossMeaning);

describe("a continuous trace in virtual time", () => {
	it.each(FAMILIES)("asks each hop once a round and nothing beyond the target, IPv%i", (family) => {
		const { events, result } = runRounds(chain({ routers: 6 }), { family, rounds: every(20) });
		expect(result).toMatchObject({ stopReason: "count", rounds: 20, reached: true });
		const lasts = events.flatMap((event) => (event.type === "round" && event.round > 0 ? [event.lastTtl] : []));
		expect(new Set(lasts)).toEqual(new Set([7]));
		const { hops, flows } = summed(events);
		expect(hops.map(({ ttl, sent, received, isTarget }) => [ttl, sent, received, isTarget])).toEqual(
			Array.from({ length: 7 }, (_, at) => [at + 1, 20, 20, at === 6]),
		);
		expect(flows.map(({ rounds, addresses }) => [rounds, addresses.length])).toEqual([[20, 7]]);
	});

	it("finds a target behind more hops than the first round asks", () => {
		const { hops, reached } = watch(chain({ routers: 20 }), { rounds: every(3) });
		expect([hops.length, reached]).toEqual([21, true]);
		expect(hops.at(-1)).toMatchObject({ sent: 3, received: 3, isTarget: true });
	});

	it("stops behind so many silent hops, and shows the first of them", () => {
		const dark = Object.fromEntries(Array.from({ length: 26 }, (_, at) => [`r${at + 4}`, { silent: true }]));
		const world = chain({ routers: 29, router: dark, target: { udp: "silent" } });
		const { events } = runRounds(world, { family: 4, rounds: every(6), options: { maxSilentHops: 5, maxTtl: 60 } });
		const far = Math.max(...events.map((event) => (event.type === "round" ? event.lastTtl : 0)));
		expect(far).toBe(8);
		expect(meanings(summed(events))).toEqual(["none", "none", "none", "silent"]);
	});

	it("has no end of its own", () => {
		const endless = openRounds(chain({ routers: 2 }), { family: 4, rounds: { rounds: null, intervalNs: 1e8 } });
		const events: RoundsEvent[] = [];
		while (events.filter(({ type }) => type === "round").length < 100) events.push(...endless.next());
		events.push(...endless.stop());
		expect(events.at(-1)).toMatchObject({ type: "end", stopReason: "interrupted", reached: true });
		expect(endless.next()).toEqual([]);
	});

	it("tells answers that come late as second events, and calls them late", () => {
		const world = chain({ routers: 3, router: { r2: { icmpDelayMs: 900, icmpJitterMs: 1 } } });
		const { hops } = watch(world, { rounds: every(10, 500), options: { waitMaxNs: 400e6 } });
		expect(hops[1]).toMatchObject({ sent: 10, received: 0, lost: 10, lossMeaning: "rateLimit" });
		expect(hops[1]?.late).toBeGreaterThan(7);
		expect(hops[2]).toMatchObject({ received: 10, late: 0 });
	});
});

/** What remembers packets by their numbers, which begin anew within so many rounds (in a connection sooner); pings try the others so. */
const FORGETFUL = { quic: 215 } as const;
const FEW = 30;

describe("every method can be watched", () => {
	it.each(TRACE_METHODS.map(({ name }) => name))(
		"%s",
		(method) => {
			const scenario = findScenario(METHOD_SITUATIONS[method]?.reached[0] ?? "");
			if (scenario === undefined) throw new Error(`no scenario answers ${method}`);
			const family = scenario.families?.[0] ?? 4;
			for (const channel of scenarioChannels(scenario)) {
				const count = (FORGETFUL as Readonly<Record<string, number>>)[method] ?? FEW;
				const rounds = every(count, 100);
				const options = { maxTtl: 12 };
				const run = runRounds(scenario, { family, channel, crypto: testCrypto, rounds, options });
				const { hops, reached } = summed(run.events);
				const told = hops.map(({ ttl, sent, received, lost, late, duplicates, isTarget }) => {
					return { channel, ttl, sent, received, lost, late, duplicates, isTarget };
				});
				const all = { channel, sent: count, received: count, lost: 0, late: 0, duplicates: 0 };
				expect(told).toEqual(told.map(({ ttl }) => ({ ...all, ttl, isTarget: ttl === hops.length })));
				expect([reached, run.result.stopReason]).toEqual([true, "count"]);
			}
		},
		30_000,
	);
});

describe("what missing answers mean", () => {
	const many = every(120);

	it.each(FAMILIES)("nothing is missing, IPv%i", (family) => {
		expect(new Set(meanings(watch(chain({ routers: 5 }), { family, rounds: many })))).toEqual(new Set(["none"]));
	});

	it("a router that limits its errors loses nothing for others", () => {
		const world = chain({ routers: 5, router: { r2: { icmpLimit: { perSecond: 0.4, burst: 1 } } } });
		const { hops } = watch(world, { rounds: many });
		expect(hops.map(({ lossMeaning }) => lossMeaning)).toEqual(["none", "rateLimit", "none", "none", "none", "none"]);
		expect(hops[1]?.lossRatio).toBeGreaterThan(0.4);
	});

	it.each([1, 2, 3])("loss on a link is loss of every hop behind it, seed %i", (seed) => {
		const world = chain({ routers: 6, link: { 3: { loss: 0.08 } } });
		const told = meanings(watch(world, { rounds: every(250), seed }));
		expect(told).toEqual(["none", "none", "none", "loss", "loss", "loss", "loss"]);
	});

	it("a limited router and a lossy link behind it are told apart", () => {
		const world = chain({
			routers: 6,
			router: { r2: { icmpLimit: { perSecond: 0.5, burst: 1 } } },
			link: { 4: { loss: 0.1 } },
		});
		const told = meanings(watch(world, { rounds: many }));
		expect(told).toEqual(["none", "rateLimit", "none", "none", "loss", "loss", "loss"]);
	});

	it("loss on the last link is the target's alone", () => {
		const told = meanings(watch(chain({ routers: 4, link: { 4: { loss: 0.2 } } }), { rounds: many }));
		expect(told).toEqual(["none", "none", "none", "none", "loss"]);
	});

	it("a target that limits its errors has a rhythm, and is not lossy", () => {
		const world = chain({ routers: 3, target: { icmpLimit: { perSecond: 1, burst: 1 } } });
		const { hops } = watch(world, { rounds: every(200, 200) });
		expect(hops.at(-1)).toMatchObject({ isTarget: true, lossMeaning: "rateLimit" });
	});

	it("a silent hop is silent, and nothing is said of the others", () => {
		const told = meanings(watch(chain({ routers: 4, router: { r2: { silent: true } } }), { rounds: every(10) }));
		expect(told).toEqual(["none", "silent", "none", "none", "none"]);
	});

	it("two lost probes of ten prove nothing", () => {
		const { hops } = watch(chain({ routers: 3, router: { r2: { icmpLimit: { perSecond: 0.8, burst: 1 } } } }), {
			rounds: every(6),
		});
		expect(hops[1]?.lost).toBeGreaterThan(0);
		expect(hops[1]?.lossMeaning).toBe("unclear");
	});
});

describe("the figures of a path", () => {
	it("know a NAT, and behind which hop", () => {
		const scenario = findScenario("udp from behind 1:1 NAT that leaves quotes alone") as Scenario;
		const { hops } = watch(scenario, { rounds: every(3), channel: "raw" });
		expect(hops.map(({ nat }) => nat)).toEqual([null, "source", "source", "source"]);
	});

	it("know the DSCP that packets came with, and where it was bleached", () => {
		const scenario = findScenario("DSCP bleached behind the second hop") as Scenario;
		const { hops } = watch(scenario, { rounds: every(3), channel: "raw" });
		expect(hops[0]?.dscp).toBeGreaterThan(0);
		expect(hops.at(-1)?.dscp).toBe(0);
	});

	it("take two ways of a balancer for no change of the path", () => {
		const { hops, changes, flows } = watch(DEMO, { rounds: every(100) });
		expect(hops[4]?.answerers.length).toBe(2);
		expect([changes, flows.length]).toEqual([[], 2]);
		expect(hops[4]?.answerers.map(({ received }) => received).reduce((a, b) => a + b)).toBe(100);
	});

	it("of one trace are those of its result, whether from events or from the whole", () => {
		const { events, result } = runTrace(DEMO, { family: 4 });
		const statistics = new PathStatistics();
		for (const event of events) statistics.take(event);
		const { atNs, ...streamed } = statistics.summary();
		const { atNs: _, ...whole } = summaryOf(result);
		expect(streamed).toEqual(whole);
		expect(atNs).toBeGreaterThan(0);
		expect(whole.hops.map(({ ttl, sent }) => [ttl, sent])).toEqual(result.hops.map(({ ttl }) => [ttl, 3]));
	});
});
