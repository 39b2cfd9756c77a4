/** Probes inside one TCP connection: what the target, the path and the links may do to them. */
import type { HostSpec, RouterSpec, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

const OPEN: Omit<HostSpec, "kind"> = { tcpPorts: { open: [443] } };
const NO_SACK = { code: "noSack" };
const reached = { reached: true, stopReason: "reached" } as const;
const trace = { ...ENDS, options: { method: "tcpinsession" } } as const;
const acknowledged = (ttl: number) => targetHop(ttl, { kind: "ack" });
/** Without SACK nothing names a probe: those that reach the target are told one by one. */
const counted = (ttl: number) => targetHop(ttl, { kind: "ack", all: "any" });

/** A target with the port open and these ways of its own. */
function speaking(tcp: NonNullable<HostSpec["tcp"]>): Omit<HostSpec, "kind"> {
	return { ...OPEN, tcp };
}

function stripping(router: Omit<RouterSpec, "kind">, options: Scenario["trace"]["options"] = {}) {
	return {
		...path({ routers: 5, router: { r3: router }, target: OPEN }),
		trace: { ...trace, options: { ...trace.options, ...options } },
	};
}

/** One connection and its target. */
const TARGETS: readonly Scenario[] = [
	{
		name: "tcpinsession to an open port",
		about: "One SYN, probes behind a hole in the stream, and not a byte for the application.",
		...path({ routers: 5, target: OPEN }),
		trace,
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 5), acknowledged(6)],
			handshake: { sackPermitted: true, timestamps: true, connections: 1 },
			durationMs: { atMost: 40 },
		},
	},
	{
		name: "tcpinsession to a closed port",
		about: "The target resets the SYN: there is no connection, and no probe.",
		...path({ routers: 4 }),
		trace,
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
		trace,
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
		trace,
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), acknowledged(5)],
		},
	},
	{
		name: "tcpinsession to a target that a router refuses",
		about: "The SYN itself is answered with an ICMP error by a filter on the way.",
		...path({ routers: 4, router: { r3: { unreachable: [{ to: "target", code: "adminProhibited" }] } } }),
		trace,
		lab: true,
		expect: { reached: false, stopReason: "error", hops: [], warned: [{ code: "sessionFailed", port: 443 }] },
	},
	{
		name: "tcpinsession with prompt acknowledgments",
		about: "A target that acknowledges every probe at once, as other systems than Linux do.",
		...path({ routers: 5, target: speaking({ compressesSacks: false }) }),
		trace,
		lab: true,
		expect: { ...reached, hops: [...routerHops(1, 5), acknowledged(6)] },
	},
	{
		name: "tcpinsession on a short path with acknowledgments that wait",
		about: "Many probes reach the target at once, and Linux acknowledges those beyond the third together.",
		...path({ routers: 1, delayMs: 20, target: OPEN }),
		trace: { ...trace, options: { ...trace.options, queries: 8 } },
		lab: "a kernel's late acknowledgment has room for three blocks beside timestamps, so that a fourth may go untold",
		expect: { ...reached, hops: [...routerHops(1, 1), acknowledged(2)] },
	},
	{
		name: "tcpinsession without timestamps",
		about: "Four blocks fit into an acknowledgment that carries no timestamps.",
		...path({ routers: 3, target: speaking({ timestamps: false }) }),
		trace,
		lab: true,
		expect: { ...reached, hops: [...routerHops(1, 3), acknowledged(4)], handshake: { timestamps: false } },
	},
	{
		name: "tcpinsession to a server that speaks first",
		about: "What the server says is acknowledged by the kernel and is no answer to any probe.",
		...path({ routers: 4, target: speaking({ speaksFirst: "220 mail.example ESMTP\r\n" }) }),
		trace,
		lab: true,
		expect: { ...reached, hops: [...routerHops(1, 4), acknowledged(5)] },
	},
	{
		name: "tcpinsession with sequence numbers that wrap",
		about: "Both sides begin a few bytes before 2^32.",
		...withInitialSequence(path({ routers: 6, target: speaking({ initialSequence: 0xffff_fffe }) }), 0xffff_fff8),
		trace,
		lab: "no kernel lets itself be told its initial sequence number",
		expect: { ...reached, hops: [...routerHops(1, 6), acknowledged(7)] },
	},
	{
		name: "tcpinsession over three connections",
		about: "-O ecmp=3: each column travels in a connection of its own.",
		...path({ routers: 4, target: OPEN }),
		trace: { ...trace, options: { ...trace.options, methodOptions: { ecmp: "3" } } },
		lab: true,
		expect: { ...reached, hops: [...routerHops(1, 4), acknowledged(5)], handshake: { connections: 3 } },
	},
	{
		name: "tcpinsession to a target with little room",
		about: "A receive window of 1152 bytes: --mtu sends no longer probes than fit, and says so.",
		...path({ routers: 3, target: speaking({ window: 1_152 }) }),
		trace: { ...trace, options: { ...trace.options, pathMtu: true } },
		lab: "no kernel lets itself be told its receive window to the byte",
		expect: {
			...reached,
			hops: [...routerHops(1, 3), acknowledged(4)],
			warned: [{ code: "smallWindow", window: 1_152 }],
			mtuDrops: [],
		},
	},
	{
		name: "tcpinsession to a target with room for some probes",
		about: "Probes beyond the window are only acknowledged, and not named: asked thirty times, most find room.",
		...path({ routers: 3, target: speaking({ window: 536, compressesSacks: false }) }),
		trace: { ...trace, options: { ...trace.options, queries: 30 } },
		lab: "no kernel lets itself be told its receive window to the byte",
		expect: {
			...reached,
			hops: [...routerHops(1, 3), targetHop(4, { kind: "ack", all: "any", replies: { atLeast: 30 } })],
		},
	},
	{
		name: "tcpinsession to a server that resets in the middle",
		about: "The connection breaks while hops are still being asked: no more probes, and the reader is told.",
		...path({ routers: 6, delayMs: 10, target: speaking({ resetsAfterMs: 5 }) }),
		trace: { ...trace, options: { ...trace.options, sendWaitNs: 20_000_000 } },
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

/** A chain with silent routers, to a target that speaks no SACK. */
function silentRouters(routers: number, silent: readonly number[], delayMs = 1, target: Omit<HostSpec, "kind"> = {}) {
	const router = Object.fromEntries(silent.map((number) => [`r${number}`, { silent: true } as const]));
	return path({ routers, delayMs, router, target: { ...speaking({ sack: false }), ...target } });
}

/** Where selective acknowledgments get lost. */
const WITHOUT_SACK: readonly Scenario[] = [
	{
		name: "tcpinsession without SACK at the target",
		about: "The option arrives whole and the target does not speak it: hops are found all the same.",
		...path({ routers: 5, target: speaking({ sack: false }) }),
		trace,
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 5), counted(6)],
			handshake: { sackPermitted: false },
			warned: [{ ...NO_SACK, lostAt: "beyond", ttl: 5 }],
		},
	},
	{
		name: "tcpinsession without SACK behind a silent router",
		about:
			"Bare acknowledgments name no TTL, and the last router says nothing: hops are asked alone until the target's is found.",
		...silentRouters(5, [5]),
		trace,
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 4), silentHops(5, 5), counted(6)],
			warned: [{ ...NO_SACK, lostAt: "beyond", ttl: 4 }],
		},
	},
	{
		name: "tcpinsession without SACK behind silent routers",
		about: "The same where nobody but the target speaks, across half a wide-area round trip.",
		...silentRouters(5, [1, 2, 3, 4, 5], 15),
		trace,
		lab: true,
		expect: { ...reached, hops: [silentHops(1, 5), counted(6)], durationMs: { atMost: 2500 } },
	},
	{
		name: "tcpinsession without SACK to a target farther than its SYN/ACK seems",
		about: "The target's packets leave with another TTL than hosts use, and two routers are silent.",
		...silentRouters(7, [6, 7], 2, { initialTtl: 61 }),
		trace,
		lab: true,
		expect: { ...reached, hops: [...routerHops(1, 5), silentHops(6, 7), counted(8)] },
	},
	{
		name: "tcpinsession with SACK stripped on the way out",
		about: "A middlebox takes the option out of SYNs: the hop that does it is named by what the next one quotes.",
		...stripping({ strips: { options: ["sackPermitted"], way: "out" } }),
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 5), counted(6)],
			handshake: { sackPermitted: false },
			warned: [{ ...NO_SACK, lostAt: "hop", ttl: 3, goneAtTtl: 4 }],
		},
	},
	{
		name: "tcpinsession with SACK cut out on the way out",
		about: "The same by a middlebox that makes the header shorter.",
		...stripping({ strips: { options: ["sackPermitted", "timestamps"], by: "cut", way: "out" } }),
		lab: "nftables puts no-operations in an option's place",
		expect: {
			...reached,
			hops: [...routerHops(1, 5), counted(6)],
			handshake: { sackPermitted: false, timestamps: false },
			warned: [{ ...NO_SACK, lostAt: "hop", ttl: 3 }],
		},
	},
	{
		name: "tcpinsession with SACK stripped on the way back",
		about: "Only the SYN/ACK loses the option: the SYN was whole wherever it is quoted.",
		...stripping({ strips: { options: ["sackPermitted"], way: "back" } }),
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 5), counted(6)],
			handshake: { sackPermitted: false },
			warned: [{ ...NO_SACK, lostAt: "beyond", ttl: 5 }],
		},
	},
	{
		name: "tcpinsession with SACK stripped by the last router",
		about: "Every hop still saw the option: it was lost behind the last of them, or the target does not speak it.",
		...path({
			routers: 5,
			router: { r5: { strips: { options: ["sackPermitted"], way: "out" } } },
			target: OPEN,
		}),
		trace,
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 5), counted(6)],
			handshake: { sackPermitted: false },
			warned: [{ ...NO_SACK, lostAt: "beyond", ttl: 5 }],
		},
	},
	{
		name: "tcpinsession with SACK stripped by a silent router",
		about: "The hop behind which it was whole and the one that no longer saw it are not next to each other.",
		...stripping({ silent: true, strips: { options: ["sackPermitted"], way: "out" } }),
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 2), silentHops(3, 3), ...routerHops(4, 5), counted(6)],
			handshake: { sackPermitted: false },
			warned: [{ ...NO_SACK, lostAt: "hop", ttl: 2, goneAtTtl: 4 }],
		},
	},
	{
		name: "tcpinsession with SACK blocks stripped on the way back",
		about: "SACK was agreed on, and a middlebox takes the blocks out of the answers, of which one may stand for many.",
		...stripping({ strips: { options: ["sack"], way: "back" } }),
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 5), targetHop(6, { kind: "ack", rttMs: { atLeast: 12, atMost: 13.1 } })],
			handshake: { sackPermitted: true },
			warned: [{ ...NO_SACK, lostAt: "answers" }],
		},
	},
	{
		name: "tcpinsession with SACK blocks stripped behind a silent router",
		about: "The same, asked five times, and the last router says nothing.",
		...path({
			routers: 5,
			router: { r2: { strips: { options: ["sack"], way: "back" } }, r5: { silent: true } },
			target: OPEN,
		}),
		trace: { ...trace, options: { ...trace.options, queries: 5 } },
		lab: true,
		expect: {
			...reached,
			hops: [
				...routerHops(1, 4),
				silentHops(5, 5),
				targetHop(6, { kind: "ack", rttMs: { atLeast: 12, atMost: 13.1 } }),
			],
			warned: [{ ...NO_SACK, lostAt: "answers" }],
		},
	},
];

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
		trace,
		lab: true,
		expect: { ...reached, hops: [...routerHops(1, 4), acknowledged(5)] },
	},
	{
		name: "tcpinsession over a link that repeats packets",
		about: "A probe that arrives twice is told with a block of its own (D-SACK) and counted once.",
		...path({ routers: 3, target: OPEN, link: { 3: { duplicate: 0.5 } } }),
		trace,
		lab: true,
		expect: { ...reached, hops: [...routerHops(1, 3), acknowledged(4)] },
	},
	{
		name: "tcpinsession over a link that loses packets",
		about: "Lost acknowledgments are made up for by later ones, which repeat the last blocks.",
		seed: 5,
		...path({ routers: 3, target: OPEN, link: { 2: { loss: 0.15 } } }),
		trace,
		lab: true,
		expect: {
			...reached,
			hops: [
				...routerHops(1, 2),
				{ ttl: 3, from: ["r3", null], replies: { atLeast: 1 } },
				targetHop(4, { kind: "ack", all: "any", replies: { atLeast: 1 } }),
			],
		},
	},
];

/** All scenarios of probes inside connections. */
export const SESSIONS: readonly Scenario[] = [...TARGETS, ...WITHOUT_SACK, ...LINKS];
