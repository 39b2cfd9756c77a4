/** Section 9.1 of the draft: two people at home, each behind a NAT, and the servers of their provider. */
import type { NaptSpec } from "../../nat-spec.ts";
import type { NodeSpec } from "../../scenario.ts";
import { type CallScenario, host } from "../call-scenario.ts";

type Kind = Pick<NaptSpec, "mapping" | "filtering" | "ports">;

/** Keeps ports, so that a kernel can be it. */
const FULL_CONE: Kind = { mapping: "endpointIndependent", filtering: "endpointIndependent" };
/** The only kind that a kernel has with such a mapping takes any port. */
const SYMMETRIC: Kind = {
	mapping: "addressAndPortDependent",
	filtering: "addressAndPortDependent",
	ports: "random",
};

function router(address: string, kind: Kind): NodeSpec {
	return { kind: "router", nat: { kind: "napt", outside: "internet", address, ...kind } };
}

function homes(kind: Kind): Omit<CallScenario, "name" | "about" | "section" | "figures" | "expect"> {
	return {
		nodes: {
			a: host("10.0.1.1"),
			natA: router("192.0.2.1", kind),
			internet: { kind: "router" },
			server: host("192.0.2.10"),
			natB: router("192.0.2.2", kind),
			b: host("192.168.3.1"),
		},
		links: [
			{ between: ["a", "natA"] },
			{ between: ["natA", "internet"] },
			{ between: ["server", "internet"] },
			{ between: ["natB", "internet"] },
			{ between: ["b", "natB"] },
		],
		lab: true,
		server: {
			...{ node: "server", stunPort: 3478, relayPort: 5556 },
			...{ relayedAt: ["192.0.2.10"], relayPorts: [49_152, 49_167] },
		},
		a: { node: "a", port: 1010 },
		b: { node: "b", port: 23_766 },
		ladder: [
			["a", "A"],
			["natA", "NAT A"],
			["server", "server"],
			["natB", "NAT B"],
			["b", "B"],
		],
	};
}

/** What both tell in either case; what B knows of its address at the relay's server is in its answer already. */
const TOLD_BY_A = [
	{ at: "a.local", q: 1 },
	{ at: "a.stun", q: 0.8 },
	{ at: "a.relay", q: 0.4 },
] as const;
const TOLD_BY_B = [
	{ at: "b.local", q: 1 },
	{ at: "b.stun", q: 0.8 },
	{ at: "b.relay", q: 0.4 },
	{ at: "relayServer", q: 0.4, from: "a.relay" },
] as const;

/** Section 9.1.1. */
export const FULL_CONES: CallScenario = {
	...homes(FULL_CONE),
	name: "two homes behind full cone NATs",
	about: "Each reaches the other at the address that STUN told, and the relays are given back.",
	section: "9.1.1",
	figures: "4 and after",
	expect: {
		cycles: 1,
		a: {
			tells: TOLD_BY_A,
			checks: [
				{ of: "b.local", succeeds: false },
				{ of: "b.stun", succeeds: true, mapped: "a.stun" },
				{ of: "b.relay", succeeds: true, mapped: "relayServer", learns: 0.4 },
				{ of: "relayServer", succeeds: true, mapped: "a.relay" },
			],
			sendsTo: "b.stun",
			keepsRelay: false,
		},
		b: {
			tells: TOLD_BY_B,
			checks: [
				{ of: "a.local", succeeds: false },
				{ of: "a.stun", succeeds: true, mapped: "b.stun" },
				{ of: "a.relay", succeeds: true, mapped: "relayServer", learns: 0.4 },
			],
			sendsTo: "a.stun",
			keepsRelay: false,
		},
	},
};

/** Section 9.1.2. */
export const SYMMETRIC_NATS: CallScenario = {
	...homes(SYMMETRIC),
	name: "two homes behind symmetric NATs",
	about: "Nobody is reached where STUN saw him. One relay carries both directions, and the other is given back.",
	section: "9.1.2",
	figures: "10 and after",
	expect: {
		cycles: 1,
		a: {
			tells: TOLD_BY_A,
			checks: [
				{ of: "b.local", succeeds: false },
				{ of: "b.stun", succeeds: false },
				{ of: "b.relay", succeeds: true, mapped: "relayServer", learns: 0.4 },
				{ of: "relayServer", succeeds: true, mapped: "a.relay" },
			],
			sendsTo: "relayServer",
			keepsRelay: true,
		},
		b: {
			tells: TOLD_BY_B,
			checks: [
				{ of: "a.local", succeeds: false },
				{ of: "a.stun", succeeds: false },
				{ of: "a.relay", succeeds: true, mapped: "relayServer", learns: 0.4 },
			],
			sendsTo: "a.relay",
			keepsRelay: false,
		},
	},
};
