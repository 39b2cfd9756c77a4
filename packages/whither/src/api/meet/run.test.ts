import { DEMO } from "@whither/sim";
import { beforeAll, describe, expect, it } from "vitest";
import { simulated } from "../simulated.ts";
import { trace } from "../trace/trace.ts";
import type { TracedPath } from "./events.ts";
import { type FakeIce, type FakeLink, FakeTime, fakeRendezvous, fakeWorld } from "./meet-world.fixture.ts";
import type { MeetRequestOptions, OpenSignalling } from "./options.ts";
import type { MeetResult } from "./result.ts";
import { MeetRun } from "./run.ts";
import type { DescriptionMessage } from "./signalling/message.ts";
import { signallingPair } from "./signalling/pair.ts";
import type { SignallingListener } from "./signalling/signalling.ts";
import type { MeetWorld } from "./world.ts";

const TOOL = { name: "whither", version: "0.1.0" };
let traced: TracedPath;

beforeAll(async () => {
	const world = simulated(DEMO);
	const result = await trace(DEMO.trace.to, { world, queries: 1 }).result;
	traced = { by: "flow", result, error: null };
});

function start(world: MeetWorld, options: MeetRequestOptions): MeetRun {
	return new MeetRun({ options, tool: TOOL, args: [], openWorld: () => world });
}

/** Two ends, each with its own options, that hear of each other. */
function two(
	link: Partial<FakeLink> = {},
	options: { readonly a?: MeetRequestOptions; readonly b?: MeetRequestOptions; readonly bTraced?: TracedPath } = {},
) {
	const time = new FakeTime();
	const whole: FakeLink = { time, ends: [], ...link };
	const [first, second] = signallingPair((deliver) => time.after(5, deliver));
	const a = start(fakeWorld("a", whole, {}, traced), { signalling: first, ...options.a });
	const b = start(fakeWorld("bb", whole, {}, options.bTraced ?? traced), { signalling: second, ...options.b });
	return { time, link: whole, a, b };
}

async function both({ a, b, time }: ReturnType<typeof two>) {
	const [ofA, ofB] = await Promise.all([a.result, b.result]);
	await Promise.all([a.closed, b.closed]);
	return { a: ofA, b: ofB, endedMs: time.now / 1e6, furthestMs: time.furthestMs };
}

/** Signalling that only hears what the test says. */
function alone(): { readonly begin: OpenSignalling; listener: SignallingListener | null; readonly said: string[] } {
	const said: string[] = [];
	const held = {
		begin: (listener: SignallingListener) => {
			held.listener = listener;
			return {
				role: "controlling" as const,
				send: ({ type }: { readonly type: string }) => void said.push(type),
				close: () => Promise.resolve(),
			};
		},
		listener: null as SignallingListener | null,
		said,
	};
	return held;
}

const DESCRIPTION: DescriptionMessage = {
	...{ type: "description", tool: "another 1.0", ufrag: "othr", pwd: "y".repeat(22), options: [] },
	...{ pacingMs: null, lite: false },
};

describe("two ends come together", () => {
	it("each with the way from both ends, and the two documents agree", async () => {
		const { a, b, furthestMs, endedMs } = await both(two());
		for (const one of [a, b]) {
			expect(one).toMatchObject({ connected: true, state: "completed", stopReason: "complete", pathMissing: null });
			expect(one.why).toBe(
				`Direct, inside one network: ${one.selected?.local.address} to ${one.selected?.remote.address}.`,
			);
			expect(one.path).toEqual(traced.result);
			expect(one.reversePath).toEqual(JSON.parse(JSON.stringify(traced.result)));
			expect(one.timings.gatheredMs).not.toBeNull();
			expect(one.timings.nominatedMs).toBeGreaterThan(0);
		}
		expect([a.role, b.role]).toEqual(["controlling", "controlled"]);
		expect(a.selected?.local).toMatchObject({ address: b.selected?.remote.address, port: b.selected?.remote.port });
		expect(b.selected?.local).toMatchObject({ address: a.selected?.remote.address, port: a.selected?.remote.port });
		// What is under way, and no timer of anybody's.
		expect(furthestMs).toBeLessThan(10);
		expect(endedMs).toBeLessThan(2_000);
	});

	it("and tell of it as it happens", async () => {
		const ends = two();
		const kinds: string[] = [];
		for await (const event of ends.a) kinds.push(event.kind);
		expect(kinds.filter((kind) => kind !== "pair" && kind !== "state")).toEqual([
			...["candidate", "gathered", "met", "peer", "remoteCandidate", "selected", "outcome"],
			...["path", "path"],
		]);
	});

	it("over a path that loses packets", async () => {
		let count = 0;
		const { a, b } = await both(two({ carries: () => count++ % 3 !== 0 }));
		expect([a.reversePath, b.reversePath].every((one) => one !== null)).toBe(true);
	});

	it("where one traces beside the pair, both are warned", async () => {
		const { a, b } = await both(two({}, { bTraced: { ...traced, by: "beside" } }));
		expect(a.warnings).toEqual([{ code: "tracedBeside", whose: "theirs", method: "udp" }]);
		expect(b.warnings).toEqual([{ code: "tracedBeside", whose: "ours", method: "udp" }]);
	});

	it("where one cannot trace, both say why", async () => {
		const error = { code: "noRoute", message: "There is no route" };
		const { a, b } = await both(two({}, { bTraced: { by: "flow", result: null, error } }));
		expect(a.reversePathMissing).toEqual({
			code: "traceFailed",
			message: "The other end's trace failed: There is no route",
		});
		expect(b.pathMissing).toEqual({ code: "traceFailed", message: "There is no route" });
		expect([a.connected, b.connected, a.path !== null, b.reversePath !== null]).toEqual([true, true, true, true]);
	});

	it("where one does not trace, the other does and is waited for", async () => {
		const { a, b } = await both(two({}, { b: { trace: false } }));
		expect(a.path).not.toBeNull();
		expect(a.reversePathMissing?.code).toBe("notTraced");
		expect([b.pathMissing?.code, b.reversePathMissing?.code]).toEqual(["notAsked", "notAsked"]);
	});

	it("where none traces, it is over at once", async () => {
		const { a, endedMs } = await both(two({}, { a: { trace: false }, b: { trace: false } }));
		expect(a.connected).toBe(true);
		expect(endedMs).toBeLessThan(100);
	});

	it("what is ordered of ICE is what was asked", async () => {
		const ends = two({}, { a: { policy: "relay", family: 4 } });
		await both(ends);
		expect((ends.link.ends[0] as FakeIce).order).toMatchObject({ policy: "relay", families: [4], pacingMs: 5 });
	});
});

describe("whatever keeps two ends apart ends in a result, in its time", () => {
	async function aloneFor(
		options: MeetRequestOptions,
		act: (held: ReturnType<typeof alone>, time: FakeTime, link: FakeLink) => void,
	) {
		const held = alone();
		const time = new FakeTime();
		const link: FakeLink = { time, ends: [], passes: false };
		const run = start(fakeWorld("a", link, {}, traced), { signalling: held.begin, ...options });
		// Its world opens in a turn of its own.
		await new Promise((resolve) => setImmediate(resolve));
		act(held, time, link);
		const result = await run.result;
		await run.closed;
		return { result, ms: time.now / 1e6, said: held.said, link };
	}

	const cases: readonly [
		string,
		MeetRequestOptions,
		Parameters<typeof aloneFor>[1],
		Partial<MeetResult["outcome"]>,
		number,
	][] = [
		["nobody comes", { waitMs: 2_000 }, () => {}, { code: "nobodyCame" }, 2_000],
		[
			"the room's time is over",
			{},
			({ listener }) => listener?.closed({ code: "expired", room: "7", met: false }),
			{ code: "nobodyCame" },
			0,
		],
		[
			"the code is wrong",
			{},
			({ listener }) => listener?.closed({ code: "wrongPassword", room: "7" }),
			{ code: "signalling", signalling: { code: "wrongPassword", room: "7" } },
			0,
		],
		[
			"the server goes",
			{},
			({ listener }, time) =>
				void time.after(100, () => listener?.closed({ code: "serverEnded", url: "http://meet.example" })),
			{ code: "signalling" },
			100,
		],
		[
			"it comes and says nothing",
			{ waitMs: 1_000 },
			({ listener }) => listener?.met(),
			{ code: "noDescription" },
			1_000,
		],
		[
			"it says goodbye",
			{},
			({ listener }) => {
				listener?.met();
				listener?.message(DESCRIPTION);
				listener?.message({ type: "bye", why: "no time" });
			},
			{ code: "peerLeft", about: "no time" },
			0,
		],
		[
			"it gives up, and so could we: all pairs have been tried, and are tried again",
			{},
			({ listener }, _, { ends: [end] }) => {
				listener?.met();
				listener?.message(DESCRIPTION);
				const lines = ["1 1 UDP 2130706431 192.0.2.9 5000 typ host"];
				listener?.message({ type: "candidates", ufrag: DESCRIPTION.ufrag, lines });
				if (end !== undefined) end.failure = "timeout";
				listener?.message({ type: "bye", why: "no way" });
			},
			{ code: "noWay", failure: "allPairsFailed", about: "no way" },
			0,
		],
		[
			"it goes without a word",
			{},
			({ listener }) => {
				listener?.met();
				listener?.message(DESCRIPTION);
				listener?.closed({ code: "peerLost", room: "7" });
			},
			{ code: "peerLeft" },
			10_000,
		],
	];

	it.each(cases)("%s", async (_, options, act, outcome, ms) => {
		const { result, ms: ended, link } = await aloneFor(options, act);
		expect(result).toMatchObject({ connected: false, outcome, stopReason: "complete", selected: null });
		expect(result.pathMissing?.code).toBe("notConnected");
		expect(result.why).toMatch(/^[A-Z].*\.$/);
		expect(ended).toBeGreaterThanOrEqual(ms);
		expect(ended).toBeLessThan(ms + 50);
		expect(link.ends.every(({ isClosed }) => isClosed)).toBe(true);
	});

	it("says who it is, where it is, that this is all, and goodbye", async () => {
		const { said } = await aloneFor({ waitMs: 100 }, () => {});
		expect(said).toEqual(["description", "candidates", "endOfCandidates", "bye"]);
	});

	it("no check is answered", async () => {
		const { a, b, endedMs } = await both(two({ passes: false }));
		for (const one of [a, b]) expect(one).toMatchObject({ connected: false, state: "failed" });
		expect([a.outcome.code, b.outcome.code]).toEqual(["noWay", "noWay"]);
		expect(endedMs).toBeLessThan(41_000);
	});

	it("the other end is another program", async () => {
		const held = alone();
		const time = new FakeTime();
		const run = start(fakeWorld("a", { time, ends: [] }, {}, traced), { signalling: held.begin });
		await new Promise((resolve) => setImmediate(resolve));
		held.listener?.met();
		held.listener?.message(DESCRIPTION);
		const lines = ["candidate:1 1 UDP 2130706431 192.168.0.2 5000 typ host", "candidate:nonsense"];
		held.listener?.message({ type: "candidates", ufrag: "othr", lines });
		held.listener?.message({
			type: "candidates",
			ufrag: "before",
			lines: ["candidate:1 1 UDP 1 192.168.0.3 1 typ host"],
		});
		const result = await run.result;
		expect(result).toMatchObject({ connected: true, peerTool: "another 1.0" });
		expect(result.candidates.remote).toHaveLength(1);
		expect(result.path).not.toBeNull();
		expect(result.reversePathMissing).toEqual({
			code: "otherProgram",
			message: "The other end is another 1.0, which tells of no trace",
		});
	});

	it("the other end dies while the way is traced", async () => {
		const ends = two({ carries: (from) => from === "a" });
		const result = await ends.a.result;
		expect(result.connected).toBe(true);
		expect(result.path).not.toBeNull();
		expect(result.reversePathMissing?.code).toBe("noAnswer");
		expect(ends.time.now / 1e6).toBeLessThan(9_000);
		await both(ends);
	});

	it("the pair dies while the way is traced", async () => {
		const ends = two({ carries: () => false });
		for await (const event of ends.a) if (event.kind === "outcome") ends.link.ends[0]?.fail("noBase");
		const result = await ends.a.result;
		expect(result).toMatchObject({ connected: false, outcome: { code: "lost", failure: "noBase" } });
		expect(result.reversePathMissing?.code).toBe("pairLost");
		await both(ends);
	});
});

describe("stopped", () => {
	it.each(["met", "outcome"])("after %s, it has what is known", async (kind) => {
		const ends = two();
		for await (const event of ends.a) if (event.kind === kind) ends.a.stop();
		const { a, b } = await both(ends);
		expect(a).toMatchObject({ stopReason: "interrupted", outcome: { code: "interrupted" } });
		expect(a.connected).toBe(kind === "outcome");
		expect(b.stopReason).toBe("complete");
	});

	it("before anything", async () => {
		const run = start(fakeWorld("a", { time: new FakeTime(), ends: [] }), { server: "http://meet.example" });
		run.stop();
		expect(await run.result).toMatchObject({
			connected: false,
			stopReason: "interrupted",
			why: "Stopped before there was a way.",
		});
	});
});

describe("a rendezvous server", () => {
	it("that is not there is a result", async () => {
		const world = fakeWorld("a", { time: new FakeTime(), ends: [] });
		const result = await start(world, { server: "http://meet.example" }).result;
		expect(result.why).toBe("The rendezvous server at http://meet.example cannot be reached (ECONNREFUSED).");
		expect(result).toMatchObject({ connected: false, state: "new", role: null, stopReason: "complete" });
	});

	it("lends its servers, which are asked", async () => {
		const time = new FakeTime();
		const link: FakeLink = { time, ends: [] };
		const [first, second] = signallingPair((deliver) => time.after(5, deliver));
		const resolve: MeetWorld["resolve"] = async (name, family) => {
			if (name !== "meet.example" || family === 6) throw new Error("no");
			return { name, address: "192.0.2.1", family: 4, zone: null };
		};
		const offered = {
			stun: [
				{ host: "meet.example", port: 3478 },
				{ host: "nowhere.example", port: 3478 },
			],
			turn: [
				{
					...{ host: "meet.example", username: "u", password: "p", expiresAt: "2026-01-01T00:00:00Z" },
					legs: [
						{ transport: "udp", port: 3478 },
						{ transport: "tls", port: 443 },
					] as const,
				},
			],
		};
		const lending = { resolve, rendezvous: fakeRendezvous(first, "controlling", offered) };
		const a = start(fakeWorld("a", link, lending, traced), { server: "https://meet.example/", trace: false });
		const b = start(fakeWorld("bb", link, {}, traced), { signalling: second, trace: false });
		const result = await a.result;
		await b.result;
		expect(result.servers).toEqual({
			rendezvous: "https://meet.example/",
			stun: [{ address: "192.0.2.1", port: 3478 }],
			turn: [
				{ address: "192.0.2.1", port: 3478, transport: "udp" },
				{ address: "192.0.2.1", port: 443, transport: "tls" },
			],
		});
		expect(result.warnings).toEqual([{ code: "serverUnusable", server: "nowhere.example", reason: "nameNotFound" }]);
		expect(link.ends.find(({ name }) => name === "a")?.order.relays?.[0]).toMatchObject({
			credentials: { username: "u", password: "p" },
			legs: [{ transport: "udp" }, { transport: "tls", serverName: "meet.example" }],
		});
	});

	it("beside which servers were named that have no address is an error", async () => {
		const world = fakeWorld("a", { time: new FakeTime(), ends: [] });
		const run = start(world, { signalling: alone().begin, stun: ["nowhere.example:3478"] });
		await expect(run.result).rejects.toMatchObject({ code: "nameNotFound" });
	});

	it("is not asked for a room while a server that was named has no address", async () => {
		let asked = 0;
		const rendezvous = () => {
			asked++;
			return fakeRendezvous(alone().begin, "controlling")(null);
		};
		const world = fakeWorld("a", { time: new FakeTime(), ends: [] }, { rendezvous });
		const events: string[] = [];
		const run = start(world, { server: "http://meet.example", stun: ["nowhere.example:3478"] });
		const followed = (async () => {
			for await (const event of run) events.push(event.kind);
		})();
		await expect(run.result).rejects.toMatchObject({ code: "nameNotFound" });
		await expect(followed).rejects.toMatchObject({ code: "nameNotFound" });
		expect({ asked, events }).toEqual({ asked: 0, events: [] });
	});

	it.each([
		["nothing to meet by", {}],
		["a token of no server", { token: "t", signalling: alone().begin }],
		["two ways to meet", { code: "7-a-b", signalling: alone().begin }],
		["a code to join with and one to make", { server: "http://meet.example", code: "7-a-b", choose: "8-c-d" }],
		["a user of no server", { server: "http://meet.example", username: "u", password: "p" }],
		["a wait that is none", { server: "http://meet.example", waitMs: 0 }],
		["a STUN server that is none", { server: "http://meet.example", stun: ["a b"] }],
	])("%s is refused", async (_, options) => {
		const world = fakeWorld("a", { time: new FakeTime(), ends: [] });
		await expect(start(world, options).result).rejects.toMatchObject({ code: "badOption" });
	});
});
