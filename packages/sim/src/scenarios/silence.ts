/** Machines that say nothing, and how long the trace waits for them. */
import type { Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

/** Silent routers and targets, and how long they are waited for. */
export const SILENCE: readonly Scenario[] = [
	{
		name: "a router in the middle stays silent",
		about: "One line of stars, given up soon after the target has answered and not after the full wait.",
		...path({ routers: 5, delayMs: 5, router: { r3: { silent: true } } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 2), silentHops(3, 3), ...routerHops(4, 5), targetHop(6)],
			durationMs: { atLeast: 60, atMost: 180 },
		},
	},
	{
		name: "three routers in a row stay silent",
		about: "The three waits run side by side: still at most three round trips.",
		...path({
			routers: 9,
			delayMs: 3,
			router: { r4: { silent: true }, r5: { silent: true }, r6: { silent: true } },
		}),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), silentHops(4, 6), ...routerHops(7, 9), targetHop(10)],
			durationMs: { atMost: 180 },
		},
	},
	{
		name: "the target is silent after fifteen hops",
		about: "Nothing proves the end of the path, so the wait is paid, but once for all hops together.",
		...path({ routers: 15, target: { udp: "silent" } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [...routerHops(1, 15), silentHops(16, 30)],
			durationMs: { atLeast: 2900, atMost: 3200 },
		},
	},
	{
		name: "every router is silent and the target answers",
		about: "Stars down to the target, which is still found at its own distance.",
		...path({ routers: 3, router: { r1: { silent: true }, r2: { silent: true }, r3: { silent: true } } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [silentHops(1, 3), targetHop(4)],
			durationMs: { atMost: 200 },
		},
	},
	{
		name: "the trace gives up after three silent hops",
		about: "-H 3: a black hole behind the fourth router; the list ends with the third line of stars.",
		...path({ routers: 8, router: { r5: { blackhole: ["target"] } } }),
		trace: { ...ENDS, options: { maxSilentHops: 3 } },
		lab: true,
		expect: {
			reached: false,
			stopReason: "silentHops",
			hops: [...routerHops(1, 4), silentHops(5, 7)],
			durationMs: { atMost: 3200 },
		},
	},
	{
		name: "the overall timeout cuts the trace short",
		about: "-Q 2: at two seconds sharp everything stops, and what was found stays.",
		...path({ routers: 5, target: { udp: "silent" } }),
		trace: { ...ENDS, options: { timeoutNs: 2_000_000_000 } },
		lab: true,
		expect: {
			reached: false,
			stopReason: "timeout",
			hops: [...routerHops(1, 5), silentHops(6, 30)],
			durationMs: { atLeast: 2000, atMost: 2000 },
		},
	},
	{
		name: "a late answer comes after its probe was given up",
		about:
			"A control plane that takes 1.5 s: the answer is recorded as late while the silent target is still waited for.",
		...path({ routers: 5, target: { udp: "silent" }, router: { r2: { icmpDelayMs: 1500 } } }),
		trace: { ...ENDS, options: { maxTtl: 8 } },
		lab: "no kernel router answers so late",
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [
				...routerHops(1, 1),
				{ ttl: 2, from: ["r2"], rttMs: { atLeast: 1500 } },
				...routerHops(3, 5),
				silentHops(6, 8),
			],
			late: { atLeast: 3, atMost: 3 },
			durationMs: { atMost: 3200 },
		},
	},
	{
		name: "a router is silent about TCP only",
		about: "The same router that answers UDP says nothing about SYN packets.",
		...path({ routers: 4, router: { r2: { silent: "tcp" } }, target: { tcpPorts: { open: [443] } } }),
		trace: { ...ENDS, options: { method: "tcp" } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), targetHop(5, { kind: "synAck" })],
		},
	},
];
