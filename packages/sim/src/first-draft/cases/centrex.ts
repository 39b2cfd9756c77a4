/** Section 9.3 of the draft: a company whose telephones and servers are its provider's. */
import { type CallScenario, host } from "../call-scenario.ts";

/** Section 9.3.1. The figures give A's address at STUN's server 0.5 and B's 0.8; nothing comes of it. */
export const CENTREX: CallScenario = {
	name: "two in one company, whose servers are its provider's",
	about: "One symmetric NAT hides both, and turns nothing back; they reach each other directly.",
	section: "9.3.1",
	figures: "29 to 34: 32 is B's checks, 33 answer 1, 34 A's checks",
	nodes: {
		a: host("10.0.1.1"),
		b: host("10.0.1.2"),
		lan: { kind: "router" },
		nat: {
			kind: "router",
			nat: {
				...{ kind: "napt", outside: "internet", address: "192.0.2.1", ports: "random" },
				...{ mapping: "addressAndPortDependent", filtering: "addressAndPortDependent" },
			},
		},
		internet: { kind: "router" },
		server: host("192.0.2.10"),
	},
	links: [
		{ between: ["a", "lan"] },
		{ between: ["b", "lan"] },
		{ between: ["lan", "nat"] },
		{ between: ["nat", "internet"] },
		{ between: ["server", "internet"] },
	],
	lab: true,
	server: {
		...{ node: "server", stunPort: 3478, relayPort: 5556 },
		...{ relayedAt: ["192.0.2.10"], relayPorts: [49_152, 49_167] },
	},
	a: { node: "a", port: 1010, qvalues: { stun: 0.5 } },
	b: { node: "b", port: 23_766 },
	ladder: [
		["a", "A"],
		["b", "B"],
		["nat", "NAT"],
		["server", "server"],
	],
	expect: {
		cycles: 1,
		a: {
			tells: [
				{ at: "a.local", q: 1 },
				{ at: "a.stun", q: 0.5 },
				{ at: "a.relay", q: 0.4 },
			],
			checks: [
				{ of: "b.local", succeeds: true, mapped: "a.local" },
				{ of: "b.stun", succeeds: false },
				{ of: "b.relay", succeeds: true, mapped: "relayServer", learns: 0.4 },
				{ of: "relayServer", succeeds: true, mapped: "a.relay" },
			],
			sendsTo: "b.local",
			keepsRelay: false,
		},
		b: {
			tells: [
				{ at: "b.local", q: 1 },
				{ at: "b.stun", q: 0.8 },
				{ at: "b.relay", q: 0.4 },
				{ at: "relayServer", q: 0.4, from: "a.relay" },
			],
			checks: [
				{ of: "a.local", succeeds: true, mapped: "b.local" },
				{ of: "a.stun", succeeds: false },
				{ of: "a.relay", succeeds: true, mapped: "relayServer", learns: 0.4 },
			],
			sendsTo: "a.local",
			keepsRelay: false,
		},
	},
};
