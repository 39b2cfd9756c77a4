/** Links that lose, double, delay or refuse packets. */
import type { Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, targetHop } from "./path.ts";

/** Loss, duplication, reordering, jitter and small MTUs. */
export const FAULTY_LINKS: readonly Scenario[] = [
	{
		name: "a lossy link",
		about: "A tenth of the packets vanish on the third link, both ways: gaps behind it, none before it.",
		...path({ routers: 5, delayMs: 2, link: { 2: { delayMs: 2, loss: 0.1 } } }),
		trace: { ...ENDS, options: { queries: 5 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				...routerHops(1, 2),
				{ ttl: 3, from: ["r3", null], replies: { atLeast: 1 } },
				{ ttl: 4, from: ["r4", null], replies: { atLeast: 1 } },
				{ ttl: 5, from: ["r5", null], replies: { atLeast: 1 } },
				targetHop(6, { from: ["target", null], replies: { atLeast: 1 } }),
			],
			durationMs: { atMost: 500 },
		},
	},
	{
		name: "loss only on the way to the target",
		about:
			"Half of the probes are lost on the last link, going there only: every router answers, the target now and then.",
		...path({ routers: 3, link: { 3: { delayMs: 1, oneWay: { r3: { loss: 0.5 } } } } }),
		trace: { ...ENDS, options: { queries: 10 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), targetHop(4, { from: ["target", null], replies: { atLeast: 1 } })],
		},
	},
	{
		name: "every reply comes twice",
		about: "A link that doubles whatever crosses it: the copies are duplicates and not answers.",
		...path({ routers: 3, link: { 1: { delayMs: 1, duplicate: 1 } } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), targetHop(4)],
			duplicates: { atLeast: 6 },
		},
	},
	{
		name: "replies overtake each other",
		about: "A third of the packets are held back: answers come in any order, and each must find its own probe.",
		...path({ routers: 5, delayMs: 5, link: { 1: { delayMs: 5, reorder: 0.3, reorderMs: 8 } } }),
		trace: { ...ENDS, options: { queries: 5 } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 5), targetHop(6, { rttMs: { atLeast: 60, atMost: 77 } })],
			duplicates: { atMost: 0 },
		},
	},
	{
		name: "a jittery link",
		about: "Five milliseconds of jitter on ten of delay: times vary, the hop list does not.",
		...path({ routers: 4, delayMs: 2, link: { 1: { delayMs: 10, jitterMs: 5 } } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				{ ttl: 1, from: ["r1"], rttMs: { atLeast: 4, atMost: 4.1 } },
				{ ttl: 2, from: ["r2"], rttMs: { atLeast: 24, atMost: 35 } },
				...routerHops(3, 4),
				targetHop(5),
			],
		},
	},
	{
		name: "a small MTU stops a long probe",
		about: "1450 bytes that must not be fragmented meet a link of 1300: the router before it says so, with the MTU.",
		...path({ routers: 4, link: { 2: { mtu: 1300 } } }),
		trace: { ...ENDS, options: { length: 1450, dontFragment: true } },
		lab: true,
		expect: {
			reached: false,
			stopReason: "unreachable",
			hops: [...routerHops(1, 2), { ttl: 3, from: ["r2"], kind: "packetTooBig", note: "!F-1300" }],
			pathMtu: 1300,
		},
	},
	{
		name: "a small MTU fragments a long probe",
		about: "The same in IPv4 without -F: the router cuts the probe in two, the hops beyond quote the first half.",
		families: [4],
		...path({ routers: 4, link: { 2: { mtu: 1300 } } }),
		trace: { ...ENDS, options: { length: 1450 } },
		lab: true,
		expect: { reached: true, stopReason: "reached", hops: [...routerHops(1, 4), targetHop(5)] },
	},
];
