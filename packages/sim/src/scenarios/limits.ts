/** Machines that answer too rarely, too slowly or too much. */
import type { Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, targetHop } from "./path.ts";

/** Rate limits, slow control planes and floods. */
export const LIMITS: readonly Scenario[] = [
	{
		name: "a router with Linux's rate limit",
		about: "Six answers at once and then one a second: three probes a hop pass unhindered, ten do not.",
		...path({ routers: 4, router: { r2: { icmpLimit: "linux" } } }),
		trace: { ...ENDS, options: { queries: 10 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				...routerHops(1, 1),
				{ ttl: 2, from: ["r2", null], all: "mixed", replies: { atLeast: 6, atMost: 7 } },
				...routerHops(3, 4),
				targetHop(5),
			],
		},
	},
	{
		name: "every router has Linux's rate limit",
		about: "The default of every Linux box: three probes a hop fit into the burst, so nothing may be lost.",
		...path({
			routers: 5,
			router: {
				r1: { icmpLimit: "linux" },
				r2: { icmpLimit: "linux" },
				r3: { icmpLimit: "linux" },
				r4: { icmpLimit: "linux" },
				r5: { icmpLimit: "linux" },
			},
		}),
		trace: ENDS,
		lab: true,
		expect: { reached: true, stopReason: "reached", hops: [...routerHops(1, 5), targetHop(6)] },
	},
	{
		name: "the target has Linux's rate limit",
		about: "Probes beyond the target eat up its burst of six; it must be found at its own distance all the same.",
		...path({ routers: 3, delayMs: 5, target: { icmpLimit: "linux" } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), targetHop(4, { from: ["target", null], replies: { atLeast: 1 } })],
			durationMs: { atMost: 500 },
		},
	},
	{
		name: "a router answers once a second",
		about: "A bucket of one token: one answer of three, two stars.",
		...path({ routers: 3, router: { r2: { icmpLimit: { perSecond: 1, burst: 1 } } } }),
		trace: ENDS,
		lab: "Linux's bucket holds six",
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				...routerHops(1, 1),
				{ ttl: 2, from: ["r2", null], all: "mixed", replies: { atLeast: 1, atMost: 1 } },
				...routerHops(3, 3),
				targetHop(4),
			],
			durationMs: { atMost: 200 },
		},
	},
	{
		name: "a slow control plane in the middle",
		about:
			"The router forwards fast but writes ICMP slowly: its time is longer than the target's, and still an answer.",
		...path({ routers: 4, delayMs: 5, router: { r3: { icmpDelayMs: 60, icmpJitterMs: 10 } } }),
		trace: ENDS,
		lab: "a kernel router writes ICMP at once",
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				...routerHops(1, 2),
				{ ttl: 3, from: ["r3"], rttMs: { atLeast: 90, atMost: 101 } },
				...routerHops(4, 4),
				targetHop(5, { rttMs: { atLeast: 50, atMost: 51 } }),
			],
			durationMs: { atMost: 110 },
			late: { atMost: 0 },
		},
	},
	{
		name: "the target floods back",
		about: "Ten copies of every answer: one counts, the others are duplicates, and the trace is not slower for it.",
		...path({ routers: 3, target: { copies: 10 } }),
		trace: ENDS,
		lab: "no kernel answers one datagram ten times",
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), targetHop(4)],
			duplicates: { atLeast: 9 },
			durationMs: { atMost: 20 },
		},
	},
	{
		name: "a router floods back",
		about: "A storm of Time Exceeded messages from one hop.",
		...path({ routers: 3, router: { r2: { copies: 100 } } }),
		trace: ENDS,
		lab: "no kernel answers one datagram a hundred times",
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), targetHop(4)],
			duplicates: { atLeast: 99 },
			durationMs: { atMost: 20 },
		},
	},
];
