import type { PingEvent, PingMessage } from "@whither/core";
import { DEMO } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { EventLog } from "../event-log.ts";
import { simulated } from "../simulated.ts";
import type { World } from "../world.ts";
import { ping } from "./ping.ts";

const world = simulated(DEMO);
const target = DEMO.trace.to;

async function eventsOf(run: AsyncIterable<PingEvent>): Promise<PingEvent[]> {
	const events: PingEvent[] = [];
	for await (const event of run) events.push(event);
	return events;
}

describe("ping", () => {
	it("tells start, every probe and end, and resolves to the totals", async () => {
		const run = ping(target, { world, ttl: 3, count: 5 });
		const events = await eventsOf(run);
		const result = await run.result;
		expect(events.map(({ type }) => type)).toEqual(["start", ...Array(5).fill("probe"), "end"]);
		expect(result).toMatchObject({ stopReason: "count", ttl: 3, totals: { received: 5 }, tool: { name: "whither" } });
	});

	it("asks the target itself unless told which hop", async () => {
		const { answerers } = await ping(target, { world, method: "icmp", count: 3 }).result;
		expect(answerers).toHaveLength(1);
	});

	it("knows names where they are asked for", async () => {
		const { answerers, probes } = await ping(target, { world, ttl: 3, count: 2, names: true }).result;
		expect(answerers[0]?.name).toBe("edge.lisbon");
		expect(probes.map(({ name }) => name)).toEqual(["edge.lisbon", "edge.lisbon"]);
	});

	it("runs until its signal stops it", async () => {
		const abort = new AbortController();
		const run = ping(target, { world, ttl: 3, signal: abort.signal });
		let probes = 0;
		for await (const event of run) if (event.type === "probe" && ++probes === 20) abort.abort();
		expect(await run.result).toMatchObject({ stopReason: "interrupted", totals: { lost: 0 } });
		expect(probes).toBeGreaterThanOrEqual(20);
	});

	it("can be stopped before it began", async () => {
		const run = ping(target, { world, ttl: 3 });
		run.stop();
		await expect(run.result).rejects.toMatchObject({ code: "aborted" });
	});

	it.each([
		[{ ttl: 0 }, "ttl"],
		[{ count: 1.5 }, "count"],
		[{ lossThresholdPercent: 101 }, "lossThresholdPercent"],
		[{ lossWindow: 5 }, "lossWindow"],
		[{ intervalMs: 1 }, "intervalMs"],
	])("%j is refused", async (options, option) => {
		await expect(ping(target, { world, ...options }).result).rejects.toMatchObject({
			code: "badOption",
			data: { option },
		});
	});

	it("takes the next method where a privilege is missing", async () => {
		const error = { code: "permissionDenied", call: "socket", address: null, errno: 1, errnoName: "EPERM" } as const;
		const choosy: World = {
			...world,
			ping: (order, on: (message: PingMessage) => void) => {
				if (order.options.method !== "tcp") return world.ping?.(order, on) ?? { stop: () => {} };
				queueMicrotask(() => on({ type: "failed", error }));
				return { stop: () => {} };
			},
		};
		const result = await ping(target, { world: choosy, method: ["tcp", "udp"], ttl: 3, count: 1 }).result;
		expect(result).toMatchObject({ method: "udp", warnings: [{ code: "methodFallback", from: "tcp", to: "udp" }] });
	});
});

describe("a log of the latest events", () => {
	it("gives every event to readers that keep up, and the latest to one that comes late", async () => {
		const log = new EventLog<number>(4);
		const first = log[Symbol.asyncIterator]();
		for (let entry = 0; entry < 100; entry++) {
			log.push(entry);
			expect(await first.next()).toEqual({ done: false, value: entry });
			expect(log.kept).toBeLessThan(8);
		}
		log.close();
		expect((await first.next()).done).toBe(true);
		const late: number[] = [];
		for await (const entry of log) late.push(entry);
		expect(late.at(-1)).toBe(99);
		expect(late.length).toBeGreaterThanOrEqual(4);
	});

	it("lets a reader that fell behind go on with what is kept, in order", async () => {
		const log = new EventLog<number>(4);
		for (let entry = 0; entry < 3; entry++) log.push(entry);
		const reader = log[Symbol.asyncIterator]();
		expect((await reader.next()).value).toBe(0);
		for (let entry = 3; entry < 50; entry++) log.push(entry);
		log.close(new Error("over"));
		const rest: number[] = [];
		await expect(
			(async () => {
				for (let step = await reader.next(); !step.done; step = await reader.next()) rest.push(step.value);
			})(),
		).rejects.toThrow("over");
		expect(rest).toEqual(Array.from({ length: rest.length }, (_, index) => 50 - rest.length + index));
	});
});
