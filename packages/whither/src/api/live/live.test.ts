import type { RoundsEvent, RoundsMessage } from "@whither/core";
import { DEMO } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { simulated } from "../simulated.ts";
import type { World } from "../world.ts";
import { live } from "./live.ts";

const world = simulated(DEMO);
const target = DEMO.trace.to;

async function eventsOf(run: AsyncIterable<RoundsEvent>): Promise<RoundsEvent[]> {
	const events: RoundsEvent[] = [];
	for await (const event of run) events.push(event);
	return events;
}

describe("live", () => {
	it("tells start, every round and its probes, and end; the figures are of all of them", async () => {
		const run = live(target, { world, rounds: 10 });
		const events = await eventsOf(run);
		const result = await run.result;
		expect(events[0]).toMatchObject({ type: "start", rounds: 10, intervalNs: 1e9 });
		expect(events.at(-1)).toMatchObject({ type: "end", stopReason: "count", reached: true });
		expect(result).toMatchObject({ stopReason: "count", rounds: 10, reached: true, tool: { name: "whither" } });
		const { hops } = result.summary;
		expect(hops.map(({ ttl }) => ttl)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
		expect(
			hops.every(({ sent, received, lost, waiting }) => sent === 10 && received + lost === 10 && waiting === 0),
		).toBe(true);
		expect(hops.at(-1)?.isTarget).toBe(true);
		expect(run.summary()).toBe(result.summary);
	});

	it("knows names where they are asked for, also of answers that were told before", async () => {
		const run = live(target, { world, rounds: 2, names: true });
		const events = await eventsOf(run);
		const { summary } = await run.result;
		expect(events.filter(({ type }) => type === "name").length).toBeGreaterThan(5);
		expect(summary.hops[2]?.answerers[0]?.name).toBe("edge.lisbon");
		expect(events.at(-1)?.type).toBe("end");
	});

	it("runs until its signal stops it", async () => {
		const abort = new AbortController();
		const run = live(target, { world, signal: abort.signal, intervalMs: 100 });
		let rounds = 0;
		for await (const event of run) if (event.type === "round" && ++rounds === 50) abort.abort();
		const { stopReason, summary } = await run.result;
		expect(stopReason).toBe("interrupted");
		expect(summary.rounds).toBeGreaterThanOrEqual(40);
	});

	it("begins its figures anew when it is told to", async () => {
		const run = live(target, { world, rounds: 10 });
		for await (const event of run) if (event.type === "round" && event.round === 4) run.reset();
		const { summary } = await run.result;
		expect(summary.rounds).toBe(5);
		expect(summary.hops[0]).toMatchObject({ sent: 5, received: 5 });
	});

	it("can be stopped before it began", async () => {
		const run = live(target, { world });
		run.stop();
		await expect(run.result).rejects.toMatchObject({ code: "aborted" });
	});

	it.each([
		[{ intervalMs: 99 }, "intervalMs"],
		[{ rounds: 0 }, "rounds"],
		[{ maxTtl: 256 }, "maxTtl"],
	])("%j is refused", async (options, option) => {
		await expect(live(target, { world, ...options }).result).rejects.toMatchObject({
			code: "badOption",
			data: { option },
		});
	});

	it("takes the next method where a privilege is missing", async () => {
		const error = { code: "permissionDenied", call: "socket", address: null, errno: 1, errnoName: "EPERM" } as const;
		const choosy: World = {
			...world,
			rounds: (order, on: (message: RoundsMessage) => void) => {
				if (order.options.method !== "tcp") return world.rounds?.(order, on) ?? { stop: () => {} };
				queueMicrotask(() => on({ type: "failed", error }));
				return { stop: () => {} };
			},
		};
		const result = await live(target, { world: choosy, method: ["tcp", "udp"], rounds: 1 }).result;
		expect(result).toMatchObject({ method: "udp", warnings: [{ code: "methodFallback", from: "tcp", to: "udp" }] });
	});
});
