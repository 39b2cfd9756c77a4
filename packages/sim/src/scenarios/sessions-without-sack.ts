/** Probes inside one TCP connection, where selective acknowledgments get lost. */
import type { HostSpec, RouterSpec, Scenario } from "../scenario.ts";
import { path, routerHops, silentHops, targetHop } from "./path.ts";
import { counted, OPEN, REACHED, speaking, TRACE } from "./session-path.ts";

const NO_SACK = { code: "noSack" };

function stripping(router: Omit<RouterSpec, "kind">, options: Scenario["trace"]["options"] = {}) {
	return {
		...path({ routers: 5, router: { r3: router }, target: OPEN }),
		trace: { ...TRACE, options: { ...TRACE.options, ...options } },
	};
}

/** A chain with silent routers, to a target that speaks no SACK. */
function silentRouters(routers: number, silent: readonly number[], delayMs = 1, target: Omit<HostSpec, "kind"> = {}) {
	const router = Object.fromEntries(silent.map((number) => [`r${number}`, { silent: true } as const]));
	return path({ routers, delayMs, router, target: { ...speaking({ sack: false }), ...target } });
}

/** All of them. */
export const SESSIONS_WITHOUT_SACK: readonly Scenario[] = [
	{
		name: "tcpinsession without SACK at the target",
		about: "The option arrives whole and the target does not speak it: hops are found all the same.",
		...path({ routers: 5, target: speaking({ sack: false }) }),
		trace: TRACE,
		lab: true,
		expect: {
			...REACHED,
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
		trace: TRACE,
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 4), silentHops(5, 5), counted(6)],
			warned: [{ ...NO_SACK, lostAt: "beyond", ttl: 4 }],
		},
	},
	{
		name: "tcpinsession without SACK behind silent routers",
		about: "The same where nobody but the target speaks, across half a wide-area round trip.",
		...silentRouters(5, [1, 2, 3, 4, 5], 15),
		trace: TRACE,
		lab: true,
		expect: { ...REACHED, hops: [silentHops(1, 5), counted(6)], durationMs: { atMost: 2500 } },
	},
	{
		name: "tcpinsession without SACK to a target farther than its SYN/ACK seems",
		about: "The target's packets leave with another TTL than hosts use, and two routers are silent.",
		...silentRouters(7, [6, 7], 2, { initialTtl: 61 }),
		trace: TRACE,
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 5), silentHops(6, 7), counted(8)] },
	},
	{
		name: "tcpinsession with SACK stripped on the way out",
		about: "A middlebox takes the option out of SYNs: the hop that does it is named by what the next one quotes.",
		...stripping({ strips: { options: ["sackPermitted"], way: "out" } }),
		lab: true,
		expect: {
			...REACHED,
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
			...REACHED,
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
			...REACHED,
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
		trace: TRACE,
		lab: true,
		expect: {
			...REACHED,
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
			...REACHED,
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
			...REACHED,
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
		trace: { ...TRACE, options: { ...TRACE.options, queries: 5 } },
		lab: true,
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 4),
				silentHops(5, 5),
				targetHop(6, { kind: "ack", rttMs: { atLeast: 12, atMost: 13.1 } }),
			],
			warned: [{ ...NO_SACK, lostAt: "answers" }],
		},
	},
];
