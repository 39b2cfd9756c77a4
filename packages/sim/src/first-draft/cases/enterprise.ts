/** Section 9.2 of the draft: a company with a relay of its own, which its border NAT makes reachable from outside. */
import type { LinkSpec, NodeSpec } from "../../scenario.ts";
import { type CallScenario, type CallServerSpec, host } from "../call-scenario.ts";

/** A kernel's NAT with such a mapping takes any port. It turns nothing back that was sent to its own address from inside. */
const SYMMETRIC = {
	kind: "napt",
	mapping: "addressAndPortDependent",
	filtering: "addressAndPortDependent",
	ports: "random",
} as const;

/** The relay has two addresses, of which Allocate's answer tells both (MORE-AVAILABLE of draft-rosenberg-midcom-turn-02). */
const SERVER: CallServerSpec = {
	...{ node: "server", stunPort: 3478, relayPort: 5556 },
	...{ relayedAt: ["192.0.2.1", "10.0.1.10"], relayPorts: [49_152, 49_167] },
};

const BORDER: NodeSpec = {
	kind: "router",
	nat: {
		...SYMMETRIC,
		outside: "internet",
		address: "192.0.2.1",
		forwards: [{ ports: SERVER.relayPorts, to: SERVER.node }],
	},
};

/** One network, with a router in the place of a switch, and the border. */
const INSIDE: Readonly<Record<string, NodeSpec>> = {
	lan: { kind: "router" },
	server: host("10.0.1.10"),
	border: BORDER,
	internet: { kind: "router" },
};
const LINKS_INSIDE: readonly LinkSpec[] = [
	{ between: ["server", "lan"] },
	{ between: ["lan", "border"] },
	{ between: ["border", "internet"] },
];

/** STUN sees what the socket has, so that it tells nothing new. */
const TOLD_BY_A = [
	{ at: "a.local", q: 1 },
	{ at: "a.relay", q: 0.5 },
	{ at: "a.insideRelay", q: 0.4 },
] as const;
const TOLD_BY_B = [
	{ at: "b.local", q: 1 },
	{ at: "b.relay", q: 0.5 },
	{ at: "b.insideRelay", q: 0.4 },
	{ at: "relayServer", q: 0.4, from: "a.insideRelay" },
] as const;

/** Section 9.2.1. */
export const ONE_COMPANY: CallScenario = {
	name: "two in one company",
	about:
		"They are on one network and reach each other directly, though each offers the relay as the address for anybody.",
	section: "9.2.1",
	figures: "18 (B's checks) and 19 (answer 1)",
	nodes: { a: host("10.0.1.1"), b: host("10.0.1.2"), ...INSIDE },
	links: [{ between: ["a", "lan"] }, { between: ["b", "lan"] }, ...LINKS_INSIDE],
	lab: true,
	server: SERVER,
	a: { node: "a", port: 1010 },
	b: { node: "b", port: 23_766 },
	ladder: [
		["a", "A"],
		["b", "B"],
		["server", "server"],
		["border", "border NAT"],
	],
	expect: {
		cycles: 1,
		a: {
			tells: TOLD_BY_A,
			checks: [
				{ of: "b.local", succeeds: true, mapped: "a.local" },
				{ of: "b.relay", succeeds: false },
				{ of: "b.insideRelay", succeeds: true, mapped: "relayServer", learns: 0.4 },
				{ of: "relayServer", succeeds: true, mapped: "a.insideRelay" },
			],
			sendsTo: "b.local",
			keepsRelay: false,
		},
		b: {
			tells: TOLD_BY_B,
			checks: [
				{ of: "a.local", succeeds: true, mapped: "b.local" },
				{ of: "a.relay", succeeds: false },
				{ of: "a.insideRelay", succeeds: true, mapped: "relayServer", learns: 0.4 },
			],
			sendsTo: "a.local",
			keepsRelay: false,
		},
	},
};

/** Section 9.2.2. */
export const GATEWAY: CallScenario = {
	name: "a gateway without ICE",
	about: "It sends to the address for anybody, so to the relay through the border; media to it goes straight out.",
	section: "9.2.2",
	nodes: { a: host("10.0.1.1"), ...INSIDE, gateway: host("192.0.2.20") },
	links: [{ between: ["a", "lan"] }, ...LINKS_INSIDE, { between: ["gateway", "internet"] }],
	lab: true,
	server: SERVER,
	a: { node: "a", port: 1010 },
	b: { node: "gateway", port: 20_000, ice: false },
	ladder: [
		["a", "A"],
		["server", "server"],
		["border", "border NAT"],
		["gateway", "gateway"],
	],
	expect: {
		cycles: 0,
		a: { tells: TOLD_BY_A, checks: [], sendsTo: "b.gateway", keepsRelay: true },
	},
};

/** Section 9.2.3. */
export const DEPARTMENTS: CallScenario = {
	name: "two departments, one behind a NAT of its own",
	about: "B is reached at once, and A at the address that B has seen it by, which a second offer tells.",
	section: "9.2.3",
	figures: "21 to 27: 22 is offer 1, 23 B's checks, 25 A's, 26 offer 2, 27 B's of what that adds",
	nodes: {
		a: host("192.168.1.1"),
		department: { kind: "router", nat: { ...SYMMETRIC, outside: "lan", address: "10.0.2.88" } },
		b: host("10.0.1.2"),
		...INSIDE,
	},
	links: [
		{ between: ["a", "department"] },
		{ between: ["department", "lan"] },
		{ between: ["b", "lan"] },
		...LINKS_INSIDE,
	],
	lab: true,
	server: SERVER,
	a: { node: "a", port: 1010 },
	b: { node: "b", port: 23_766 },
	ladder: [
		["a", "A"],
		["department", "NAT of A"],
		["b", "B"],
		["server", "server"],
		["border", "border NAT"],
	],
	expect: {
		cycles: 2,
		a: {
			tells: [
				{ at: "a.local", q: 1 },
				{ at: "a.stun", q: 0.8 },
				{ at: "a.relay", q: 0.5 },
				{ at: "a.insideRelay", q: 0.4 },
				{ at: "a.peer", q: 1, from: "b.local", cycle: 2 },
				{ at: "relayServer", q: 0.4, from: "b.insideRelay", cycle: 2 },
			],
			checks: [
				{ of: "b.local", succeeds: true, mapped: "a.peer", learns: 1 },
				{ of: "b.relay", succeeds: false },
				{ of: "b.insideRelay", succeeds: true, mapped: "relayServer", learns: 0.4 },
				{ of: "relayServer", succeeds: true, mapped: "a.insideRelay" },
			],
			sendsTo: "b.local",
			keepsRelay: false,
		},
		b: {
			tells: TOLD_BY_B,
			checks: [
				{ of: "a.local", succeeds: false },
				{ of: "a.stun", succeeds: false },
				{ of: "a.relay", succeeds: false },
				{ of: "a.insideRelay", succeeds: true, mapped: "relayServer", learns: 0.4 },
				{ of: "a.peer", succeeds: true, mapped: "b.local" },
				{ of: "relayServer", succeeds: true, mapped: "b.insideRelay" },
			],
			sendsTo: "a.peer",
			keepsRelay: false,
		},
	},
};
