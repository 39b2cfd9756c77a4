import { describe, expect, it } from "vitest";
import { bestWay, bestWayIn, type Way } from "./best-way.ts";
import { type Box, DEPENDENCES, formatBox, OPEN, PLAIN_NAT } from "./box.ts";
import { drawSession, formatSession, type SessionSpec, type Site } from "./session-spec.ts";
import { checkSession, runSession } from "./sessions.ts";
import { shrinkSession } from "./shrink.ts";

const site = (box: Box, carrier: Box | null = null): Site => ({
	home: { 4: box, 6: box },
	carrier: carrier === null ? null : { 4: carrier, 6: carrier },
	elsewhere: { 4: PLAIN_NAT, 6: PLAIN_NAT },
});

const PLAIN: SessionSpec = {
	seed: 1,
	families: [4],
	place: "apart",
	a: site(PLAIN_NAT),
	b: site(PLAIN_NAT),
	delayMs: 5,
	loss: 0,
	reorder: 0,
	duplicate: 0,
	pacingMs: [5, 5],
	signallingMs: 20,
	relay: true,
	server: "alive",
	roles: "right",
	moves: [],
	end: "closes",
};

type Nat = Extract<Box, { readonly kind: "nat" }>;
const nat = (changes: Partial<Nat>): Box => ({ ...(PLAIN_NAT as Nat), ...changes });
const SYMMETRIC = nat({ mapping: "addressAndPortDependent", ports: "random" });

/** Every mapping with every filtering, a firewall of each filtering, and none. */
const BOXES: readonly Box[] = [
	OPEN,
	...DEPENDENCES.map((filtering): Box => ({ kind: "firewall", filtering, lifetimeMs: 120_000 })),
	...DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => nat({ mapping, filtering, ports: "random" }))),
];
/** Of two boxes each is once with the other, over IPv4 or IPv6. */
const PAIRS = BOXES.map((a, row) => ({
	name: formatBox(a),
	pairs: BOXES.slice(row).map((b, column) => ({ a, b, number: row * 21 + column })),
}));

describe("two who meet agree, by the best way that their routers allow", () => {
	it.each(PAIRS)("whatever these are: $name", ({ pairs }) => {
		for (const { a, b, number } of pairs) {
			const spec = { ...PLAIN, a: site(a), b: site(b), families: [number % 2 === 0 ? 4 : 6], seed: number } as const;
			expect([formatSession(spec), ...checkSession(spec)]).toEqual([formatSession(spec)]);
		}
	});

	it.each<readonly [string, Partial<SessionSpec>, Way]>([
		[
			"behind one carrier that turns packets back",
			{ place: "oneCarrier", a: site(PLAIN_NAT, nat({ hairpin: "externalSource" })) },
			"direct",
		],
		["behind one carrier that does not", { place: "oneCarrier", a: site(PLAIN_NAT, PLAIN_NAT) }, "relay"],
		["in one home", { place: "oneHome", a: site(SYMMETRIC) }, "direct"],
		["in one home where nobody sees his neighbour", { place: "oneHomeIsolated" }, "relay"],
		[
			"likewise, and the router turns packets back",
			{ place: "oneHomeIsolated", a: site(nat({ hairpin: "externalSource" })) },
			"direct",
		],
		[
			"with IPv6 open and IPv4 symmetric",
			{
				families: [4, 6],
				a: { ...site(SYMMETRIC), home: { 4: SYMMETRIC, 6: OPEN } },
				b: { ...site(SYMMETRIC), home: { 4: SYMMETRIC, 6: PLAIN_NAT } },
			},
			"direct",
		],
		["with a server that is dead and one who is reached without", { server: "dead", b: site(OPEN) }, "direct"],
		["with a server that is dead behind NATs", { server: "dead" }, "none"],
		["with a relay that is lost midway", { server: "lost", a: site(SYMMETRIC), b: site(SYMMETRIC) }, "relay"],
		["when both move at once", { moves: ["both"], families: [4, 6] }, "direct"],
		["when both believe to control", { roles: "bothControlling", end: "vanishes" }, "direct"],
		["where one has no UDP", { a: site({ kind: "blocked" }) }, "none"],
	])("%s", (_, changes, way) => {
		const spec = { ...PLAIN, ...changes };
		expect(bestWay(spec)).toBe(way);
		expect(checkSession(spec)).toEqual([]);
	});

	it.each([1, 11, 21, 31, 41, 51])("through ten sessions of any kind from %d on", (from) => {
		for (let number = from; number < from + 10; number++)
			expect([number, ...checkSession(drawSession(number))]).toEqual([number]);
	});
});

describe("a session", () => {
	it("is the same whenever it is run", () => {
		const [one, other] = [runSession(drawSession(7), { records: true }), runSession(drawSession(7), { records: true })];
		expect(one.meeting.world.packets.length).toBeGreaterThan(100);
		expect(other.meeting.world.packets).toEqual(one.meeting.world.packets);
	});

	it("that fails becomes as plain as it can while it fails", () => {
		const drawn = drawSession(11);
		const fails = (spec: SessionSpec) => spec.families.includes(6) && spec.b.home[6].kind === "nat";
		const failing = { ...drawn, families: [4, 6] as const, b: site(SYMMETRIC, SYMMETRIC) };
		const { families, loss, b } = shrinkSession(failing, fails);
		expect({ families, loss, b }).toEqual({
			families: [6],
			loss: 0,
			b: { ...site(OPEN), home: { 4: OPEN, 6: PLAIN_NAT } },
		});
	});
});

describe("what there is at best", () => {
	it("needs one who is foreseen, unless a filter lets strangers in", () => {
		const way = (a: Box, b: Box) => bestWayIn({ ...PLAIN, a: site(a), b: site(b) }, 4);
		expect(way(PLAIN_NAT, PLAIN_NAT)).toBe("direct");
		expect(way(PLAIN_NAT, SYMMETRIC)).toBe("relay");
		expect(way(nat({ filtering: "addressDependent" }), SYMMETRIC)).toBe("direct");
		expect(way(SYMMETRIC, SYMMETRIC)).toBe("relay");
		expect(
			way(
				nat({ mapping: "addressDependent", filtering: "endpointIndependent" }),
				nat({ mapping: "addressDependent", filtering: "addressDependent" }),
			),
		).toBe("direct");
	});
});
