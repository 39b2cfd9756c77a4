/** Probes inside one TCP connection: what the target, the path and the links may do to them. */
import type { Scenario } from "../scenario.ts";
import { path, routerHops, silentHops, targetHop } from "./path.ts";
import { acknowledged, OPEN, REACHED, speaking, TRACE } from "./session-path.ts";
import { SESSIONS_WITHOUT_SACK } from "./sessions-without-sack.ts";

/** One connection and its target. */
const TARGETS: readonly Scenario[] = [
	{
		name: "tcpinsession to an open port",
		about: "One SYN, probes behind a hole in the stream, and not a byte for the application.",
		...path({ routers: 5, target: OPEN }),
		trace: TRACE,
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 5), acknowledged(6)],
			handshake: { sackPermitted: true, timestamps: true, connections: 1 },
			durationMs: { atMost: 40 },
		},
	},
	{
		name: "tcpinsession to a closed port",
		about: "The target resets the SYN: there is no connection, and no probe.",
		...path({ routers: 4 }),
		trace: TRACE,
		lab: true,
		expect: {
			reached: false,
			stopReason: "error",
			hops: [],
			warned: [{ code: "sessionFailed", port: 443 }],
			sent: { atMost: 0 },
			durationMs: { atMost: 20 },
		},
	},
	{
		name: "tcpinsession to a filtered port",
		about: "Nobody answers the SYN: the trace ends when an answer is due no more.",
		...path({ routers: 4, target: { tcpPorts: { filtered: [443] } } }),
		trace: TRACE,
		lab: true,
		expect: {
			reached: false,
			stopReason: "error",
			hops: [],
			warned: [{ code: "sessionFailed", port: 443 }],
			durationMs: { atMost: 3200 },
		},
	},
	{
		name: "tcpinsession behind a silent router",
		about: "A hop that says nothing hides neither the next one nor the target.",
		...path({ routers: 4, router: { r2: { silent: true } }, target: OPEN }),
		trace: TRACE,
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), acknowledged(5)],
		},
	},
	{
		name: "tcpinsession to a target that a router refuses",
		about: "The SYN itself is answered with an ICMP error by a filter on the way.",
		...path({ routers: 4, router: { r3: { unreachable: [{ to: "target", code: "adminProhibited" }] } } }),
		trace: TRACE,
		lab: true,
		expect: { reached: false, stopReason: "error", hops: [], warned: [{ code: "sessionFailed", port: 443 }] },
	},
	{
		name: "tcpinsession with prompt acknowledgments",
		about: "A target that acknowledges every probe at once, as other systems than Linux do.",
		...path({ routers: 5, target: speaking({ compressesSacks: false }) }),
		trace: TRACE,
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 5), acknowledged(6)] },
	},
	{
		name: "tcpinsession on a short path with acknowledgments that wait",
		about: "Many probes reach the target at once, and Linux acknowledges those beyond the third together.",
		...path({ routers: 1, delayMs: 20, target: OPEN }),
		trace: { ...TRACE, options: { ...TRACE.options, queries: 8 } },
		lab: "a kernel's late acknowledgment has room for three blocks beside timestamps, so that a fourth may go untold",
		expect: { ...REACHED, hops: [...routerHops(1, 1), acknowledged(2)] },
	},
	{
		name: "tcpinsession without timestamps",
		about: "Four blocks fit into an acknowledgment that carries no timestamps.",
		...path({ routers: 3, target: speaking({ timestamps: false }) }),
		trace: TRACE,
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 3), acknowledged(4)], handshake: { timestamps: false } },
	},
	{
		name: "tcpinsession to a server that speaks first",
		about: "What the server says is acknowledged by the kernel and is no answer to any probe.",
		...path({ routers: 4, target: speaking({ speaksFirst: "220 mail.example ESMTP\r\n" }) }),
		trace: TRACE,
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 4), acknowledged(5)] },
	},
	{
		name: "tcpinsession with sequence numbers that wrap",
		about: "Both sides begin a few bytes before 2^32.",
		...withInitialSequence(path({ routers: 6, target: speaking({ initialSequence: 0xffff_fffe }) }), 0xffff_fff8),
		trace: TRACE,
		lab: "no kernel lets itself be told its initial sequence number",
		expect: { ...REACHED, hops: [...routerHops(1, 6), acknowledged(7)] },
	},
	{
		name: "tcpinsession over three connections",
		about: "-O ecmp=3: each column travels in a connection of its own.",
		...path({ routers: 4, target: OPEN }),
		trace: { ...TRACE, options: { ...TRACE.options, methodOptions: { ecmp: "3" } } },
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 4), acknowledged(5)], handshake: { connections: 3 } },
	},
	{
		name: "tcpinsession to a target with little room",
		about: "A receive window of 1152 bytes: --mtu sends no longer probes than fit, and says so.",
		...path({ routers: 3, target: speaking({ window: 1_152 }) }),
		trace: { ...TRACE, options: { ...TRACE.options, pathMtu: true } },
		lab: "no kernel lets itself be told its receive window to the byte",
		expect: {
			...REACHED,
			hops: [...routerHops(1, 3), acknowledged(4)],
			warned: [{ code: "smallWindow", window: 1_152 }],
			mtuDrops: [],
		},
	},
	{
		name: "tcpinsession to a target with room for some probes",
		about: "Probes beyond the window are only acknowledged, and not named: asked thirty times, most find room.",
		...path({ routers: 3, target: speaking({ window: 536, compressesSacks: false }) }),
		trace: { ...TRACE, options: { ...TRACE.options, queries: 30 } },
		lab: "no kernel lets itself be told its receive window to the byte",
		expect: {
			...REACHED,
			hops: [...routerHops(1, 3), targetHop(4, { kind: "ack", all: "any", replies: { atLeast: 30 } })],
		},
	},
	{
		name: "tcpinsession to a server that resets in the middle",
		about: "The connection breaks while hops are still being asked: no more probes, and the reader is told.",
		...path({ routers: 6, delayMs: 10, target: speaking({ resetsAfterMs: 5 }) }),
		trace: { ...TRACE, options: { ...TRACE.options, sendWaitNs: 20_000_000 } },
		lab: "the lab's servers reset nobody",
		expect: {
			reached: false,
			stopReason: "error",
			hops: [...routerHops(1, 6), silentHops(7, 7)],
			warnings: ["sessionReset"],
		},
	},
];

function withInitialSequence(topology: Pick<Scenario, "nodes" | "links">, initialSequence: number) {
	return { ...topology, nodes: { ...topology.nodes, source: { kind: "host", tcp: { initialSequence } } as const } };
}

/** Links that lose, repeat and reorder. */
const LINKS: readonly Scenario[] = [
	{
		name: "tcpinsession over links that reorder",
		about: "Blocks come in any order; each names its probe.",
		...path({
			routers: 4,
			target: OPEN,
			link: { 2: { reorder: 0.3, reorderMs: 3 }, 4: { reorder: 0.3, reorderMs: 3 } },
		}),
		trace: TRACE,
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 4), acknowledged(5)] },
	},
	{
		name: "tcpinsession over a link that repeats packets",
		about:
			"A probe that arrives twice is told with a block of its own (D-SACK) and counted once; kernels may keep one answer of so many back.",
		...path({ routers: 3, target: OPEN, link: { 3: { duplicate: 0.5 } } }),
		trace: TRACE,
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 3), targetHop(4, { kind: "ack", all: "any", replies: { atLeast: 2 } })],
		},
	},
	{
		name: "tcpinsession over a link that loses packets",
		about: "Lost acknowledgments are made up for by later ones, which repeat the last blocks.",
		seed: 5,
		...path({ routers: 3, target: OPEN, link: { 2: { loss: 0.15 } } }),
		trace: TRACE,
		lab: true,
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 2),
				{ ttl: 3, from: ["r3", null], replies: { atLeast: 1 } },
				targetHop(4, { kind: "ack", all: "any", replies: { atLeast: 1 } }),
			],
		},
	},
];

/** All scenarios of probes inside connections. */
export const SESSIONS: readonly Scenario[] = [...TARGETS, ...SESSIONS_WITHOUT_SACK, ...LINKS];
