/** Packets that are none of our business: believed once, they would make hops that do not exist. */
import type { NoiseKind, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, targetHop } from "./path.ts";

const FORGED: readonly NoiseKind[] = ["wrongPort", "wrongKey", "otherFlow", "otherProtocol", "fakeTarget"];
const BROKEN: readonly NoiseKind[] = ["garbage", "truncated", "badChecksum"];
const STRAY: readonly NoiseKind[] = ["strayEcho", "strayReset"];
const FORGERS = "the lab's routers are kernels, and a kernel forges nothing";

/** The same path with the same noise for each method. */
function believesNothing(method: string, kind: "portUnreachable" | "echoReply" | "synAck"): Scenario {
	return {
		name: `forged and foreign packets are not believed by ${method}`,
		about:
			"For every probe a router on the way sends errors about other ports, keys, flows and protocols, and answers to nothing.",
		...path({ routers: 4, target: { tcpPorts: { open: [443] } } }),
		trace: { ...ENDS, options: { method, maxTtl: 12 } },
		noise: [...FORGED, ...STRAY].map((what) => ({ at: "r2", what })),
		lab: FORGERS,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 4), targetHop(5, { kind })],
			duplicates: { atMost: 0 },
			inferred: { atMost: 0 },
			durationMs: { atMost: 20 },
		},
	};
}

/** Forged, foreign and broken packets that must not be believed. */
export const FOREIGN: readonly Scenario[] = [
	believesNothing("udp", "portUnreachable"),
	believesNothing("udp-classic", "portUnreachable"),
	believesNothing("udp-port", "portUnreachable"),
	believesNothing("icmp", "echoReply"),
	believesNothing("tcp", "synAck"),
	believesNothing("tcpconnect", "synAck"),
	{
		name: "garbage and truncated ICMP is ignored",
		about: "Random bytes where the quote should be, messages cut at every length, wrong checksums.",
		...path({ routers: 4 }),
		trace: { ...ENDS, options: { maxTtl: 12 } },
		noise: BROKEN.map((what) => ({ at: "r1", what, copies: 3 })),
		lab: FORGERS,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 4), targetHop(5)],
			duplicates: { atMost: 0 },
			durationMs: { atMost: 20 },
		},
	},
	{
		name: "noise while the target is silent",
		about: "Nothing but forged packets comes back from beyond the fourth router: the hops there stay stars.",
		...path({ routers: 4, target: { udp: "silent" } }),
		trace: { ...ENDS, options: { maxTtl: 8 } },
		noise: [...FORGED, ...BROKEN].map((what) => ({ at: "r4", what })),
		lab: FORGERS,
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [...routerHops(1, 4), { ttl: 5, through: 8, from: [null] }],
			inferred: { atMost: 0 },
		},
	},
];
