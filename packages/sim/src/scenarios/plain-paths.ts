/** Paths without faults: what every trace must get right before anything else. */
import type { Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

/** Paths without faults. */
export const PLAIN_PATHS: readonly Scenario[] = [
	{
		name: "a plain path of five routers",
		about: "Everything answers: six hops, the last the target's own port unreachable, in one round trip.",
		...path({ routers: 5, delayMs: 5 }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 5), targetHop(6, { note: "", rttMs: { atLeast: 60, atMost: 61 } })],
			durationMs: { atLeast: 60, atMost: 66 },
			duplicates: { atMost: 0 },
			late: { atMost: 0 },
		},
	},
	{
		name: "thirty hops and sixty milliseconds",
		about: "The longest path that the default allows. All probes are in flight together, so it takes one round trip.",
		...path({ routers: 29, delayMs: 1 }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 29), targetHop(30)],
			durationMs: { atLeast: 60, atMost: 66 },
		},
	},
	{
		name: "the target is one hop away",
		about: "No router at all: the first answer is the target's, and the probes beyond it must not show up as hops.",
		...path({ routers: 0 }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [targetHop(1)],
			durationMs: { atMost: 10 },
		},
	},
	{
		name: "the machine next door has an open port and stays silent",
		about: "An application takes the probes and answers none: nobody ever answers, and one wait is all it may cost.",
		...path({ routers: 0, target: { udp: "open" } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [silentHops(1, 30)],
			durationMs: { atLeast: 3000, atMost: 3200 },
		},
	},
	{
		name: "the target echoes",
		about: "The target's application sends the probes back, so it is found by UDP and not by ICMP.",
		...path({ routers: 3, target: { udp: "echo" } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), targetHop(4, { kind: "udp" })],
		},
	},
	{
		name: "the trace starts at the third hop",
		about: "-f 3: the first two routers are neither asked nor listed.",
		...path({ routers: 5 }),
		trace: { ...ENDS, options: { firstTtl: 3 } },
		lab: true,
		expect: { reached: true, stopReason: "reached", hops: [...routerHops(3, 5), targetHop(6)] },
	},
	{
		name: "the trace ends before the target",
		about: "-m 4 on a path of six hops: four routers, and an honest stop reason.",
		...path({ routers: 5 }),
		trace: { ...ENDS, options: { maxTtl: 4 } },
		lab: true,
		expect: { reached: false, stopReason: "maxHops", hops: routerHops(1, 4), durationMs: { atMost: 20 } },
	},
	{
		name: "one probe a hop, one at a time",
		about: "-q 1 -N 1: nothing overtakes anything; each hop costs its own round trip.",
		...path({ routers: 4 }),
		trace: { ...ENDS, options: { queries: 1, simultaneous: 1 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 4), targetHop(5)],
			sent: { atLeast: 5, atMost: 5 },
			durationMs: { atLeast: 30, atMost: 31 },
		},
	},
	{
		name: "the target answers from another address",
		about:
			"A machine with two addresses answers from the other one: the kind of the answer ends the trace, not its sender.",
		nodes: {
			source: { kind: "host" },
			r1: { kind: "router" },
			r2: { kind: "router" },
			side: { kind: "router" },
			target: { kind: "host", answersFrom: "side" },
		},
		links: [
			{ between: ["source", "r1"], delayMs: 1 },
			{ between: ["r1", "r2"], delayMs: 1 },
			{ between: ["r2", "target"], delayMs: 1 },
			{ between: ["r2", "side"], delayMs: 1 },
			{ between: ["side", "target"], delayMs: 1 },
		],
		trace: ENDS,
		lab: "Linux sends port unreachable from the address that was asked",
		expect: { reached: true, stopReason: "reached", hops: [...routerHops(1, 2), targetHop(3)] },
	},
];
