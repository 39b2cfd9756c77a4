import { type PingOptions, TRACE_METHODS } from "@whither/core";
import { describe, expect, it } from "vitest";
import { testCrypto } from "../../wire/src/crypto.fixture.ts";
import { openPing, runPing } from "./run-ping.ts";
import { scenarioChannels } from "./run-trace.ts";
import type { Scenario } from "./scenario.ts";
import { DEMO } from "./scenarios/demo.ts";
import { METHOD_SITUATIONS } from "./scenarios/every-method.ts";
import { findScenario } from "./scenarios/index.ts";
import { ENDS, path } from "./scenarios/path.ts";

const ping = (asked: Partial<PingOptions>): PingOptions => ({
	ttl: 3,
	intervalNs: 1e9,
	count: null,
	lossThreshold: null,
	...asked,
});

function chain(link: number, loss: number): Scenario {
	const about = "Three routers, and one link that loses packets.";
	const { nodes, links } = path({ routers: 3, link: { [link]: { loss } } });
	const expect = { reached: true, stopReason: "reached", hops: [] } as const;
	return { name: "lossy", about, nodes, links, trace: ENDS, lab: true, expect };
}

describe("a ping in virtual time", () => {
	it.each([4, 6] as const)("of a hop behind a link that loses 30 percent ends at the threshold, IPv%i", (family) => {
		const lossThreshold = { percent: 50, window: 10 };
		const { result } = runPing(chain(2, 0.3), { family, ping: ping({ lossThreshold }), seed: 7 });
		expect(result.stopReason).toBe("lossThreshold");
		expect(result.totals.lossPercent).toBeGreaterThan(15);
		expect(result.totals.lossPercent).toBeLessThan(51);
	});

	it("of a hop before that link loses nothing", () => {
		const { result } = runPing(chain(3, 0.9), { family: 4, ping: ping({ ttl: 3, count: 50 }) });
		expect(result).toMatchObject({ stopReason: "count", totals: { sent: 50, received: 50, lossPercent: 0 } });
	});

	it("shows both routers that a balancer sends packets to", () => {
		const { result } = runPing(DEMO, { family: 4, ping: ping({ ttl: 5, count: 10 }) });
		expect(result.answerers.map(({ received }) => received)).toEqual([6, 4]);
	});

	it("has no end of its own", () => {
		const endless = openPing(chain(2, 0), { family: 4, ping: ping({}) });
		for (let probes = 0; probes < 100; ) probes += endless.next().filter(({ type }) => type === "probe").length;
		expect(endless.stop().map(({ type }) => type)).toEqual(["end"]);
		expect(endless.next()).toEqual([]);
		expect(endless.result()).toMatchObject({ stopReason: "interrupted", totals: { received: 100, lost: 0 } });
	});

	it("stopped before it began, it ends with nothing lost", () => {
		const early = openPing(chain(2, 0), { family: 4, ping: ping({}) });
		expect(early.stop().at(-1)).toMatchObject({ type: "end", stopReason: "interrupted", totals: { lost: 0 } });
	});
});

/** More packets than there are numbers for them, so that all begin anew. */
const MANY = 1_100;

describe("numbers that begin anew confuse no method", () => {
	it.each(TRACE_METHODS.map(({ name }) => name))(
		"%s",
		(method) => {
			const scenario = findScenario(METHOD_SITUATIONS[method]?.reached[0] ?? "");
			if (scenario === undefined) throw new Error(`no scenario answers ${method}`);
			const family = scenario.families?.[0] ?? 4;
			const channels = scenarioChannels(scenario);
			for (const [channel, ttl] of [
				[channels.at(0), 30],
				[channels.at(-1), 2],
			] as const) {
				if (channel === undefined) throw new Error(`${method} has no channel`);
				const asked = ping({ ttl, count: MANY, intervalNs: 100e6 });
				const { totals, stopReason } = runPing(scenario, { family, channel, crypto: testCrypto, ping: asked }).result;
				const told = { channel, ttl, stopReason, ...totals };
				expect(told).toMatchObject({ stopReason: "count", received: MANY, duplicates: 0 });
			}
		},
		30_000,
	);
});
