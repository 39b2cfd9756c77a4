/** Traces by STUN through NATs, past routers that quote little or answer rarely, over faulty links. */
import type { NatSpec } from "../nat-spec.ts";
import type { RouterSpec, Scenario } from "../scenario.ts";
import { routerHops, silentHops, targetHop } from "./path.ts";
import { HOME, MASQUERADE, SERVER, STUN_HOP, stunPath } from "./stun-path.ts";

const WHOLE_QUOTES = "Linux routers quote the whole probe";
const FORGERS = "the lab's routers are kernels, and a kernel forges nothing";
const ONE_TO_ONE: NatSpec = { kind: "oneToOne", host: "source", outside: "r2" };

const PATHS: readonly Scenario[] = [
	stunPath({
		name: "stun over a plain path",
		about: "All hops in one round trip; nothing is sent again, and the target sees us by our own address.",
		path: { routers: 12, target: SERVER },
		last: { detail: { response: "success", counter: { request: 1, response: 1 } } },
		expect: { durationMs: { atMost: 30 }, retransmissions: { atMost: 0 }, inferred: { atMost: 0 }, seenAs: null },
	}),
	stunPath({
		name: "stun from behind a home router",
		about: "The server tells the address that the NAT gave us; nothing that routers quote shows it.",
		path: { routers: 4, target: SERVER, router: HOME },
		expect: { seenAs: "r1", durationMs: { atMost: 15 }, inferred: { atMost: 0 } },
	}),
	stunPath({
		name: "stun from behind a home router that restores all of a quote but its checksum",
		about: "The quoted checksum names no probe, but what stands behind it does.",
		path: { routers: 4, target: SERVER, router: { r1: { nat: { ...MASQUERADE, quotes: "checksumLeft" } } } },
		channels: ["raw"],
		expect: { seenAs: "r1", inferred: { atMost: 0 } },
	}),
	stunPath({
		name: "stun from behind 1:1 NAT that leaves quotes alone",
		about: "Routers quote a public address that our host does not know, and the transaction id tells whose it is.",
		path: { routers: 4, target: SERVER, router: { r1: { nat: ONE_TO_ONE } } },
		channels: ["raw"],
		expect: { seenAs: "r1", warnings: ["publicAddress"] },
	}),
];

/** All routers quote so many bytes of the UDP datagram. */
function quoting(bytes: number): Readonly<Record<string, Omit<RouterSpec, "kind">>> {
	return Object.fromEntries(["r1", "r2", "r3", "r4"].map((name) => [name, { quoteBytes: bytes }]));
}

const SHORT_QUOTES: readonly Scenario[] = [
	stunPath({
		name: "eight bytes quoted of stun and captured",
		about: "The UDP header alone: its length tells the TTL, its checksum which of the probes it was.",
		path: { routers: 4, target: SERVER, router: quoting(8) },
		channels: ["raw"],
		lab: WHOLE_QUOTES,
		expect: { inferred: { atMost: 0 }, durationMs: { atMost: 20 } },
	}),
	stunPath({
		name: "eight bytes quoted of stun behind a NAT that leaves their checksum",
		about: "The length alone is left, and it tells the TTL: the answers count for the probes to it in their order.",
		path: {
			routers: 4,
			target: SERVER,
			router: { ...quoting(8), r1: { nat: { ...MASQUERADE, quotes: "checksumLeft" }, quoteBytes: 8 } },
		},
		channels: ["raw"],
		lab: WHOLE_QUOTES,
		expect: { inferred: { atLeast: 9, atMost: 9 }, durationMs: { atMost: 20 } },
	}),
	stunPath({
		name: "eight bytes quoted of stun to an ordinary user",
		about: "Nothing of the message is left in such an answer; hops are asked again one by one.",
		path: { routers: 4, target: SERVER, router: quoting(8) },
		channels: ["errorQueue"],
		lab: WHOLE_QUOTES,
		expect: { warnings: ["shortQuotes"], durationMs: { atMost: 3200 } },
	}),
	stunPath({
		name: "twelve bytes quoted of stun to an ordinary user",
		about: "The length of the message is seen, which tells the TTL: no hop is asked again.",
		path: { routers: 4, target: SERVER, router: quoting(12) },
		channels: ["errorQueue"],
		lab: WHOLE_QUOTES,
		expect: { inferred: { atLeast: 12, atMost: 12 }, durationMs: { atMost: 20 }, retransmissions: { atMost: 0 } },
	}),
	stunPath({
		name: "twelve bytes quoted of stun, one query a hop",
		about: "Only one probe has that length, so that nothing has to be inferred.",
		path: { routers: 4, target: SERVER, router: quoting(12) },
		options: { queries: 1 },
		channels: ["errorQueue"],
		lab: WHOLE_QUOTES,
		expect: { inferred: { atMost: 0 }, durationMs: { atMost: 20 } },
	}),
	stunPath({
		name: "twenty-two bytes quoted of stun",
		about: "Key and sequence number are seen, the rest of the transaction id is not.",
		path: { routers: 4, target: SERVER, router: quoting(22) },
		lab: WHOLE_QUOTES,
		expect: { inferred: { atMost: 0 }, durationMs: { atMost: 20 } },
	}),
];

const FAULTS: readonly Scenario[] = [
	stunPath({
		name: "stun past routers that answer once a second",
		about: "One answer of three a hop; what was missed is asked again, in vain, and the trace is over in time.",
		path: {
			routers: 4,
			target: SERVER,
			router: { r2: { icmpLimit: { perSecond: 1, burst: 1 } }, r3: { icmpLimit: { perSecond: 1, burst: 1 } } },
		},
		lab: "Linux's bucket holds six",
		expect: {
			hops: [
				...routerHops(1, 1),
				{ ttl: 2, from: ["r2", null], all: "mixed", replies: { atLeast: 1, atMost: 1 } },
				{ ttl: 3, from: ["r3", null], all: "mixed", replies: { atLeast: 1, atMost: 1 } },
				...routerHops(4, 4),
				targetHop(5, STUN_HOP),
			],
			retransmissions: { atLeast: 4, atMost: 4 },
			durationMs: { atMost: 200 },
		},
	}),
	stunPath({
		name: "stun where the first packets are lost",
		about:
			"A third of the packets vanish on the third link, going there: what is sent again finds its hop all the same.",
		path: {
			routers: 4,
			target: SERVER,
			delayMs: 5,
			link: { 2: { delayMs: 5, oneWay: { r2: { loss: 0.3 } } } },
		},
		options: { queries: 2, methodOptions: { retransmit: "7" } },
		expect: {
			retransmissions: { atLeast: 1 },
			durationMs: { atMost: 1000 },
		},
	}),
	stunPath({
		name: "doubled answers to stun",
		about: "Requests and answers come twice: the copies are duplicates, and not answers to other probes.",
		path: { routers: 4, target: SERVER, link: { 1: { delayMs: 1, duplicate: 1 } } },
		expect: { duplicates: { atLeast: 9 } },
	}),
	stunPath({
		name: "answers to stun overtake each other",
		about: "A third of the packets are held back: each answer must find its own probe.",
		path: { routers: 5, target: SERVER, delayMs: 5, link: { 1: { delayMs: 5, reorder: 0.3, reorderMs: 8 } } },
		options: { queries: 5 },
		last: { rttMs: { atLeast: 60, atMost: 77 } },
		expect: { duplicates: { atMost: 0 }, retransmissions: { atMost: 0 } },
	}),
	stunPath({
		name: "forged and foreign packets are not believed by stun",
		about: "For every probe a router sends errors about other ports, transactions, flows and protocols.",
		noise: (
			[
				"wrongPort",
				"wrongKey",
				"otherFlow",
				"otherProtocol",
				"fakeTarget",
				"garbage",
				"truncated",
				"badChecksum",
			] as const
		).map((what) => ({ at: "r2", what })),
		lab: FORGERS,
		expect: { duplicates: { atMost: 0 }, inferred: { atMost: 0 }, durationMs: { atMost: 20 } },
	}),
	stunPath({
		name: "stun past silent routers",
		about: "Two hops say nothing. They are asked twice, and cost no more time than with other methods.",
		path: { routers: 5, target: SERVER, delayMs: 5, router: { r2: { silent: true }, r4: { silent: true } } },
		expect: {
			hops: [
				...routerHops(1, 1),
				silentHops(2, 2),
				...routerHops(3, 3),
				silentHops(4, 4),
				...routerHops(5, 5),
				targetHop(6, STUN_HOP),
			],
			retransmissions: { atLeast: 6, atMost: 6 },
			durationMs: { atMost: 160 },
		},
	}),
	stunPath({
		name: "stun without retransmissions",
		about: "-O retransmit=0: a silent hop is asked no more often than it has queries.",
		path: { routers: 3, target: SERVER, router: { r2: { silent: true } } },
		options: { methodOptions: { retransmit: "0" } },
		expect: {
			hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 3), targetHop(4, STUN_HOP)],
			retransmissions: { atMost: 0 },
		},
	}),
];

/** What lies on the way of traces by STUN. */
export const STUN_PATHS: readonly Scenario[] = [...PATHS, ...SHORT_QUOTES, ...FAULTS];
