import type { TraceEvent, TraceMessage } from "@whither/core";
import { DEMO } from "@whither/sim";
import { describe, expect, it, vi } from "vitest";
import { WhitherError } from "../error.ts";
import { simulated } from "../simulated.ts";
import type { World } from "../world.ts";
import { trace } from "./trace.ts";

const world = simulated(DEMO);
const target = DEMO.trace.to;

async function eventsOf(run: AsyncIterable<TraceEvent>): Promise<TraceEvent[]> {
	const events: TraceEvent[] = [];
	for await (const event of run) events.push(event);
	return events;
}

/** The demonstration's messages, handed over by `deliver` whenever the test likes. */
function stagedWorld(changes: Partial<World> = {}): {
	world: World;
	messages: Promise<TraceMessage[]>;
	deliver: () => Promise<void>;
} {
	const collected: TraceMessage[] = [];
	let on: (message: TraceMessage) => void = () => {};
	let ready: (messages: TraceMessage[]) => void = () => {};
	const messages = new Promise<TraceMessage[]>((resolve) => {
		ready = resolve;
	});
	const start: World["start"] = (order, listener) => {
		on = listener;
		return world.start(order, (message) => {
			collected.push(message);
			if (message.type === "result") ready(collected);
		});
	};
	const deliver = async () => {
		for (const message of await messages) on(message);
	};
	return { world: { ...world, start, ...changes }, messages, deliver };
}

describe("a trace", () => {
	it("tells start, every hop in order, and end, and resolves to the same hops", async () => {
		const run = trace(target, { world });
		const events = await eventsOf(run);
		const result = await run.result;
		expect(events[0]).toMatchObject({ type: "start", target: { name: target } });
		expect(events.at(-1)).toMatchObject({ type: "end", stopReason: "reached" });
		expect(events.flatMap((event) => (event.type === "hop" ? [event.hop] : []))).toEqual(result.hops);
		expect(result).toMatchObject({ reached: true, tool: { name: "whither" }, args: [] });
	});

	it("can be read by several loops, each from the beginning, also after the end", async () => {
		const run = trace(target, { world });
		const [first, second] = await Promise.all([eventsOf(run), eventsOf(run)]);
		expect(second).toEqual(first);
		expect(await eventsOf(run)).toEqual(first);
	});

	it("takes IPv6 as well", async () => {
		expect((await trace(target, { world, family: 6 }).result).family).toBe(6);
	});

	it("asks its world alone: who announces an address, and what ECN its connections offer", async () => {
		const asked: object[] = [];
		const origins: World["origins"] = async (server) => {
			asked.push(server);
			return async (address) => `AS of ${address}`;
		};
		const start: World["start"] = (order, on) => {
			asked.push(order.options.methodOptions);
			return world.start(order, on);
		};
		const options = { method: "tcp", methodOptions: { sysctl: true }, asLookup: "whois:w.test" } as const;
		const run = trace(target, { ...options, world: { ...world, origins, start, tcpEcn: () => 3 } });
		const [probe] = (await run.result).hops[0]?.probes ?? [];
		expect(probe?.asn).toBe(`AS of ${probe?.from}`);
		expect(asked).toEqual([{ kind: "whois", host: "w.test", port: 43 }, { "acc-ecn": true }]);
	});

	it("in the simulated world has no origins and offers no ECN", async () => {
		const options = { method: "tcp", methodOptions: { sysctl: true }, asLookup: true } as const;
		const { hops } = await trace(target, { ...options, world }).result;
		const origins = hops.flatMap(({ probes }) => probes.map(({ asn }) => asn));
		expect(new Set(origins)).toEqual(new Set([null]));
	});

	it("has names only when asked for", async () => {
		const without = await trace(target, { world }).result;
		expect(without.hops.flatMap((hop) => hop.probes.map((probe) => probe.name)).every((name) => name === null)).toBe(
			true,
		);
		const run = trace(target, { world, names: true });
		const events = await eventsOf(run);
		const result = await run.result;
		const last = events.findLast((event) => event.type === "hop");
		expect(last?.type === "hop" && last.hop.probes[0]?.name).toBe(target);
		expect(result.hops.at(-1)?.probes[0]?.name).toBe(target);
	});
});

describe("names never hold a trace up", () => {
	it("a resolver that never answers delays each hop by the name wait at most", async () => {
		vi.useFakeTimers();
		try {
			const staged = stagedWorld({ reverse: () => new Promise(() => {}) });
			const run = trace(target, { world: staged.world, names: true, nameWaitMs: 500 });
			let done = false;
			run.result.then(() => {
				done = true;
			});
			await vi.advanceTimersByTimeAsync(0);
			await staged.deliver();
			await vi.advanceTimersByTimeAsync(499);
			expect(done).toBe(false);
			await vi.advanceTimersByTimeAsync(1);
			expect(done).toBe(true);
			const { hops } = await run.result;
			expect(hops.flatMap((hop) => hop.probes.map((probe) => probe.name)).every((name) => name === null)).toBe(true);
		} finally {
			vi.useRealTimers();
		}
	});

	it("what is left of an overall timeout is all the time there is", async () => {
		vi.useFakeTimers();
		try {
			const staged = stagedWorld({ reverse: () => new Promise(() => {}) });
			const run = trace(target, { world: staged.world, names: true, nameWaitMs: 500, timeoutMs: 300 });
			await vi.advanceTimersByTimeAsync(200);
			await staged.deliver();
			await vi.advanceTimersByTimeAsync(101);
			expect((await run.result).reached).toBe(true);
		} finally {
			vi.useRealTimers();
		}
	});

	it("a stopped trace waits for no name", async () => {
		const staged = stagedWorld({ reverse: () => new Promise(() => {}) });
		const run = trace(target, { world: staged.world, names: true, nameWaitMs: 60_000 });
		await staged.messages;
		await staged.deliver();
		run.stop();
		expect((await run.result).reached).toBe(true);
	});

	it("each address is asked for once, and sixteen at a time", async () => {
		const asked: string[] = [];
		const reverse = async (address: string) => {
			asked.push(address);
			return null;
		};
		await trace(target, { world: { ...world, reverse }, names: true }).result;
		expect(new Set(asked).size).toBe(asked.length);
	});
});

describe("stopping", () => {
	it("a signal ends it with what is known", async () => {
		const abort = new AbortController();
		const paced = simulated(DEMO, { pace: "real" });
		const run = trace(target, { world: paced, signal: abort.signal });
		for await (const event of run) if (event.type === "hop") break;
		abort.abort();
		const result = await run.result;
		expect(result.stopReason).toBe("interrupted");
		expect(result.hops.length).toBeGreaterThan(0);
	});

	it("a signal that came before ends it before it begins", async () => {
		const run = trace(target, { world, signal: AbortSignal.abort() });
		await expect(run.result).rejects.toMatchObject({ code: "aborted" });
	});
});

describe("what cannot begin", () => {
	it.each([
		["an unknown name", "nowhere", {}, "nameNotFound"],
		["an unknown method", target, { method: "carrier-pigeon" }, "unknownMethod"],
		["no method", target, { method: [] }, "badOption"],
		["a number out of range", target, { queries: 0 }, "badOption"],
		["a fraction of a hop", target, { maxTtl: 1.5 }, "badOption"],
		["a first hop beyond the last", target, { firstTtl: 5, maxTtl: 4 }, "badOption"],
		["two words for one byte", target, { tos: 1, ecn: 1 }, "badOption"],
		["a wait before now", target, { waitMs: -1 }, "badOption"],
	] as const)("%s is refused, by the promise and by the loop", async (_, name, options, code) => {
		const run = trace(name, { ...options, world });
		await expect(run.result).rejects.toBeInstanceOf(WhitherError);
		await expect(run.result).rejects.toMatchObject({ code });
		await expect(eventsOf(run)).rejects.toMatchObject({ code });
	});

	it("a failure that nobody awaits is no unhandled rejection", async () => {
		const unhandled = vi.fn();
		process.on("unhandledRejection", unhandled);
		trace("nowhere", { world });
		await new Promise((resolve) => setTimeout(resolve, 20));
		process.off("unhandledRejection", unhandled);
		expect(unhandled).not.toHaveBeenCalled();
	});
});

describe("a missing privilege", () => {
	const error = { code: "permissionDenied", call: "socket", address: null, errno: 1, errnoName: "EPERM" } as const;
	const unprivileged: World = {
		...world,
		start: (order, on) => {
			if (order.options.method !== "tcp") return world.start(order, on);
			queueMicrotask(() => on({ type: "failed", error }));
			return { stop: () => {} };
		},
	};

	it("falls back to the next method of the list and says so", async () => {
		const run = trace(target, { world: unprivileged, method: ["tcp", "tcpconnect"] });
		const events = await eventsOf(run);
		const warning = { code: "methodFallback", from: "tcp", to: "tcpconnect", reason: "permissionDenied" };
		expect(events[0]).toEqual({ type: "warning", atNs: 0, warning });
		expect(await run.result).toMatchObject({ method: "tcpconnect", reached: true, warnings: [warning] });
	});

	it("ends a trace by that method alone, with the way out", async () => {
		const run = trace(target, { world: unprivileged, method: "tcp" });
		await expect(run.result).rejects.toMatchObject({
			code: "permissionDenied",
			message: "TCP SYN probes need CAP_NET_RAW; `--method tcpconnect` needs none (socket: EPERM)",
		});
	});
});
