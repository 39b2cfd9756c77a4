import fc from "fast-check";
import { expect, test } from "vitest";
import type { IceAgentInput } from "./ice-io.ts";
import { ADDRESS_RESTRICTED, IceWorld, PORT_RESTRICTED, SYMMETRIC } from "./ice-world.fixture.ts";

/** What may happen to two agents, in any order. */
type Happening = readonly [
	"pass" | "addBase" | "addRelay" | "baseGone" | "restart" | "describe" | "cut" | "mend" | "input",
	number,
];

const SIDE = { relay: true, bases: [{}, { address: "10.7.7.7" }] };
const NATS = [PORT_RESTRICTED, SYMMETRIC, ADDRESS_RESTRICTED];
const DATA = Uint8Array.of(0x80, 1);
const AT = { address: "198.51.100.2", port: 40_000 };

/** Inputs that a driver might give at the wrong time. */
const ODD: readonly IceAgentInput[] = [
	{ type: "endOfCandidates" },
	{ type: "basesComplete" },
	{ type: "basesPending" },
	{ type: "baseGone", base: 77 },
	{ type: "mapped", base: 77, server: AT, mapped: AT },
	{ type: "mapped", base: 0, server: AT, mapped: AT },
	{ type: "resolved", name: "x.local", address: null },
	{ type: "unreachable", base: 0, to: AT, code: "EHOSTUNREACH" },
	{ type: "received", base: 77, from: AT, bytes: DATA },
	{ type: "send", stream: 3, component: 9, bytes: DATA },
	{ type: "send", bytes: DATA },
	{ type: "peer", peer: { ufrag: "abcd", pwd: "0123456789012345678901" } },
	{ type: "withoutIce", to: AT },
	{ type: "withoutIce", to: { ...AT, port: 40_001 }, named: AT },
	{ type: "withoutIce", component: 9, to: AT },
	{ type: "timer" },
];

function happen(world: IceWorld, [what, number]: Happening): void {
	const name = number % 2 === 0 ? "a" : "b";
	if (what === "pass") world.pass([1, 10, 100, 1000, 7000, 31_000][number % 6] ?? 1);
	else if (what === "addBase") world.addBase(name, { cost: number % 3 });
	else if (what === "addRelay") world.addRelay(name);
	else if (what === "baseGone") world.step(name, { type: "baseGone", base: number % 5 });
	else if (what === "restart") world.step(name, { type: "restart" });
	else if (what === "describe") world.describe(name);
	else if (what === "cut") world.drops = ({ side, base }) => number % 3 !== 0 || (side === name && base === number % 4);
	else if (what === "mend") world.drops = () => false;
	else world.step(name, ODD[number % ODD.length] ?? { type: "timer" });
}

const happenings = fc.array(
	fc.tuple(
		fc.constantFrom<Happening[0]>(
			...["pass", "pass", "pass", "addBase", "addRelay", "baseGone", "restart", "describe", "cut", "mend", "input"].map(
				(each) => each as Happening[0],
			),
		),
		fc.nat({ max: 1000 }),
	),
	{ minLength: 1, maxLength: 25 },
);

test("whatever happens, no agent throws, asks to be called in vain, or keeps anything once it is closed", () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 100 }), fc.nat({ max: 8 }), happenings, (seed, kinds, list) => {
			const [natA, natB] = [NATS[kinds % 3], NATS[Math.floor(kinds / 3)]];
			const world = new IceWorld({
				...{ seed, delayMs: 5, loss: (kinds % 2) * 0.1 },
				a: { ...SIDE, ...(natA && { nat: natA }) },
				b: { ...SIDE, ...(natB && { nat: natB }) },
			});
			for (const happening of list) happen(world, happening);
			for (const name of ["a", "b"] as const) world.step(name, { type: "close" });
			const sent = world.sent.length;
			world.pass(60_000);
			expect(world.sent.length).toBe(sent);
			for (const { agent } of [world.a, world.b]) expect([agent.pending, agent.deadline]).toEqual([0, null]);
		}),
		{ numRuns: 60 },
	);
});
