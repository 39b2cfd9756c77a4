/** Load balancers: what keeps to one way, and what does not. */
import type { NodeSpec, Scenario } from "../scenario.ts";
import { ENDS, routerHops, targetHop } from "./path.ts";

/** source - r1 - (left | right) - r3 - target, with r1 choosing the branch. */
function diamond(ecmp: "perFlow" | "perPacket"): Pick<Scenario, "nodes" | "links"> {
	const nodes: Record<string, NodeSpec> = {
		source: { kind: "host" },
		r1: { kind: "router", ecmp },
		left: { kind: "router" },
		right: { kind: "router" },
		r3: { kind: "router" },
		target: { kind: "host", tcpPorts: { open: [443] } },
	};
	return {
		nodes,
		links: [
			{ between: ["source", "r1"], delayMs: 1 },
			{ between: ["r1", "left"], delayMs: 1 },
			{ between: ["r1", "right"], delayMs: 2 },
			{ between: ["left", "r3"], delayMs: 1 },
			{ between: ["right", "r3"], delayMs: 2 },
			{ between: ["r3", "target"], delayMs: 1 },
		],
	};
}

const BRANCHES = ["left", "right"] as const;

/** Per-flow and per-packet load balancers. */
export const MULTIPATH: readonly Scenario[] = [
	{
		name: "a per-flow balancer keeps one path for udp",
		about: "The default method's five-tuple never changes, so all its probes take the same branch.",
		...diamond("perFlow"),
		trace: { ...ENDS, options: { queries: 5 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: BRANCHES }, ...routerHops(3, 3), targetHop(4)],
			oneNodePerHop: true,
		},
	},
	{
		name: "a per-flow balancer keeps one path for icmp",
		about: "Echo requests have no ports: one flow, one branch.",
		...diamond("perFlow"),
		trace: { ...ENDS, options: { method: "icmp", queries: 5 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: BRANCHES }, ...routerHops(3, 3), targetHop(4, { kind: "echoReply" })],
			oneNodePerHop: true,
		},
	},
	{
		name: "a per-flow balancer spreads udp-classic",
		about: "A destination port for each probe makes a flow of each: both branches show up at one hop.",
		...diamond("perFlow"),
		trace: { ...ENDS, options: { method: "udp-classic", queries: 10 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: BRANCHES, seen: BRANCHES }, ...routerHops(3, 3), targetHop(4)],
		},
	},
	{
		name: "a per-flow balancer spreads tcp",
		about: "A source port for each SYN: both branches again.",
		...diamond("perFlow"),
		trace: { ...ENDS, options: { method: "tcp", queries: 10 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				...routerHops(1, 1),
				{ ttl: 2, from: BRANCHES, seen: BRANCHES },
				...routerHops(3, 3),
				targetHop(4, { kind: "synAck" }),
			],
		},
	},
	{
		name: "a per-packet balancer shows both routers",
		about: "A constant flow is no help against a router that deals packets out one by one.",
		...diamond("perPacket"),
		trace: { ...ENDS, options: { queries: 8 } },
		lab: "Linux balances by flow",
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: BRANCHES, seen: BRANCHES }, ...routerHops(3, 3), targetHop(4)],
		},
	},
	{
		name: "per-packet branches of different lengths",
		about: "One branch has a router more, so that the target answers at two distances; the nearer one ends the trace.",
		nodes: {
			source: { kind: "host" },
			r1: { kind: "router", ecmp: "perPacket" },
			short: { kind: "router" },
			long1: { kind: "router" },
			long2: { kind: "router" },
			target: { kind: "host" },
		},
		links: [
			{ between: ["source", "r1"], delayMs: 1 },
			{ between: ["r1", "short"], delayMs: 1, cost: 2 },
			{ between: ["short", "target"], delayMs: 1 },
			{ between: ["r1", "long1"], delayMs: 1 },
			{ between: ["long1", "long2"], delayMs: 1 },
			{ between: ["long2", "target"], delayMs: 1 },
		],
		// On a real clock chance decides which way a packet takes: of so many, one surely takes the short one.
		trace: { ...ENDS, options: { queries: 24 } },
		lab: "Linux balances by flow",
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				...routerHops(1, 1),
				{ ttl: 2, from: ["short", "long1"], seen: ["short", "long1"] },
				{ ttl: 3, from: ["target", "long2"], seen: ["target", "long2"] },
			],
		},
	},
];
