import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../machine.ts";
import { IceAgent } from "./agent.ts";
import { IceWorld, PORT_RESTRICTED, type SideSettings, SYMMETRIC } from "./ice-world.fixture.ts";

/** RTP with RTCP, and a second stream with RTP alone. */
const CONFIG = { pacingMs: 5, streams: [2, 1] };
const BASES = [
	{ stream: 0, component: 1 },
	{ stream: 0, component: 2 },
	{ stream: 1, component: 1 },
];
const side = (more: SideSettings = {}): SideSettings => ({ config: CONFIG, bases: BASES, ...more });
const DATA = (byte: number) => Uint8Array.of(0x80, byte);

describe("several streams and components", () => {
	test.each(["full", "half", "trickle"] as const)("each get a pair, one foundation first: %s", (signalling) => {
		const world = new IceWorld({ delayMs: 20, stun: false, signalling, a: side(), b: side() });
		world.passUntil("completed", 5);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		const selected = world.a.told("selected").map(({ pair }) => `${pair.stream} ${pair.component} ${pair.base}`);
		expect(selected.toSorted()).toEqual(["0 1 0", "0 2 1", "1 1 2"]);
		// All are of one foundation: the others are frozen until one of them has succeeded (RFC 8445 §6.1.2.6).
		const asked = world.sent.filter(({ side: name, message }) => name === "a" && message?.class === "request");
		const firstOf = (base: number) => asked.find((packet) => packet.base === base)?.at ?? Number.NaN;
		const answeredAt = firstOf(0) + 40 * MILLISECOND;
		expect(firstOf(1)).toBeGreaterThanOrEqual(answeredAt);
		expect(firstOf(2)).toBeGreaterThanOrEqual(answeredAt);
	});

	test.each([
		["direct", PORT_RESTRICTED, PORT_RESTRICTED],
		["by a relay where one component has no other way", SYMMETRIC, PORT_RESTRICTED],
	] as const)("meet behind NATs, %s", (_, natA, natB) => {
		const relayed = (nat: typeof natA): SideSettings => side({ nat, config: { ...CONFIG, deadPeerMs: 0 } });
		const world = new IceWorld({ delayMs: 10, a: relayed(natA), b: relayed(natB) });
		for (const name of ["a", "b"] as const) for (const base of BASES) world.addRelay(name, base);
		world.passUntil("completed", 20);
		world.pass(3000);
		const ways = world.a.agent.pairs.filter(({ selected }) => selected);
		expect(ways).toHaveLength(3);
		const isRelayed = natA === SYMMETRIC;
		expect(ways.every(({ local, remote }) => [local.type, remote.type].includes("relay") === isRelayed)).toBe(true);
	});

	test("carry each their own data", () => {
		const world = new IceWorld({ delayMs: 10, stun: false, a: side(), b: side() });
		world.passUntil("completed", 5);
		for (const [index, { stream, component }] of BASES.entries())
			world.step("a", { type: "send", stream, component, bytes: DATA(index) });
		world.step("a", { type: "send", stream: 1, component: 2, bytes: DATA(9) });
		expect(world.a.ignored.at(-1)).toBe("noPair");
		world.pass(20);
		expect(world.b.data.map(({ bytes }) => bytes[1]).toSorted()).toEqual([0, 1, 2]);
	});

	test("are restarted together, the old pairs of all in use until then", () => {
		const world = new IceWorld({
			delayMs: 10,
			stun: false,
			redescribes: true,
			signallingMs: 300,
			a: side(),
			b: side(),
		});
		world.passUntil("completed", 5);
		world.step("a", { type: "restart" });
		world.pass(100);
		for (const { stream, component } of BASES) world.step("b", { type: "send", stream, component, bytes: DATA(1) });
		world.pass(20);
		expect(world.a.data).toHaveLength(3);
		world.pass(3000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});
});

describe("the end of a stream's candidates", () => {
	const peer = { ufrag: "abcd", pwd: "0123456789012345678901" };
	const endOf = (streams: readonly (number | undefined)[]) => {
		const agent = new IceAgent({ secret: new Uint8Array(32).fill(1), role: "controlling", streams: [1, 1] });
		for (const stream of [0, 1])
			agent.step({ type: "base", base: stream, at: { address: "198.51.100.1", port: 1 + stream, stream } }, 0);
		agent.step({ type: "basesComplete" }, 0);
		agent.step({ type: "peer", peer }, 0);
		for (const stream of streams)
			agent.step(stream === undefined ? { type: "endOfCandidates" } : { type: "endOfCandidates", stream }, 0);
		for (let at = agent.deadline?.at; at !== undefined; at = agent.deadline?.at)
			for (const output of agent.step({ type: "timer" }, at))
				if (output.type === "event" && output.event.kind === "state" && output.event.state === "failed")
					return [output.event.failure, Math.round(at / SECOND)];
		return [];
	};

	test("is its own, unless it is that of all", () => {
		expect(endOf([])).toEqual(["gaveUp", 60]);
		expect(endOf([1])).toEqual(["noRemoteCandidates", 40]);
		expect(endOf([undefined])).toEqual(["noRemoteCandidates", 40]);
	});
});

test("a base of a component that there is not is our own mistake", () => {
	const agent = new IceAgent({ secret: new Uint8Array(32).fill(1), role: "controlling", streams: [2] });
	const at = { address: "198.51.100.1", port: 1 };
	for (const wrong of [{ component: 3 }, { component: 0 }, { stream: 1 }])
		expect(() => agent.step({ type: "base", base: 0, at: { ...at, ...wrong } }, 0)).toThrow(RangeError);
});
