/** Path MTU discovery before targets whose application ignores long datagrams, which is no black hole. */
import type { Scenario, TraceSpec } from "../scenario.ts";
import { ENDS, path, routerHops, targetHop } from "./path.ts";

const DISCOVERY = { pathMtu: true } as const;
const REACHED = { reached: true, stopReason: "reached" } as const;
const FOUND_HOLE = { ttl: 2, behind: "r2", mtu: 1420, found: "tried" } as const;
/** Router 2 drops what its next link does not take, without a word. */
const MUTE = { r2: { tooLong: "silent" } } as const;

/** Applications that answer in their own protocol and ignore longer datagrams than these, in bytes, as servers do. */
const APPLICATIONS = [
	{ kind: "quic", target: { udp: "quic", udpLongest: 1280 } },
	{ kind: "dns", target: { udp: "dns", udpLongest: 1180 } },
] as const;

/** What a target that ignores long datagrams makes of paths: silence of its own is no black hole, one on the way is found. */
function ignoredLengths({ kind, target }: (typeof APPLICATIONS)[number]): readonly Scenario[] {
	const trace: TraceSpec = { ...ENDS, options: { ...DISCOVERY, method: kind } };
	const lab = `no kernel speaks ${kind.toUpperCase()}`;
	const answer = targetHop(5, { kind, from: ["target", null], all: "any" });
	const behindHole = routerHops(3, 4).map((hop) => ({ ...hop, from: [...hop.from, null], all: "mixed" as const }));
	return [
		{
			name: `a target that ignores long datagrams, by ${kind}`,
			about: "All routers answer the long packets: what the application behind them ignores is no black hole.",
			...path({ routers: 4, target }),
			trace,
			lab,
			expect: { ...REACHED, hops: [...routerHops(1, 4), answer], pathMtu: 1500, mtuDrops: [] },
		},
		{
			name: `a drop of the path MTU before a target that ignores long datagrams, by ${kind}`,
			about: "The router's word stands, though the target answers nothing of that length.",
			...path({ routers: 4, link: { 3: { mtu: 1400 }, 4: { mtu: 1332 } }, target }),
			trace,
			lab,
			expect: {
				...REACHED,
				hops: [...routerHops(1, 4), answer],
				pathMtu: 1332,
				mtuDrops: [
					{ ttl: 3, behind: "r3", mtu: 1400, found: "told" },
					{ ttl: 4, behind: "r4", mtu: 1332, found: "told" },
				],
			},
		},
		{
			name: `a slow router's word before a target that ignores long datagrams, by ${kind}`,
			about: "The target has long answered the short probes when the word about the long one comes.",
			...path({
				routers: 4,
				link: { 3: { mtu: 1400 }, 4: { mtu: 1332 } },
				router: { r4: { icmpDelayMs: 15 } },
				target,
			}),
			trace,
			lab,
			expect: {
				...REACHED,
				hops: [...routerHops(1, 4), answer],
				pathMtu: 1332,
				mtuDrops: [
					{ ttl: 3, behind: "r3", mtu: 1400, found: "told" },
					{ ttl: 4, behind: "r4", mtu: 1332, found: "told" },
				],
			},
		},
		{
			name: `an MTU black hole before a target that ignores long datagrams, by ${kind}`,
			about: "The search aims at the last router, which answers whatever comes to it.",
			...path({ routers: 4, link: { 2: { mtu: 1420 } }, router: MUTE, target }),
			trace,
			lab,
			expect: {
				...REACHED,
				hops: [...routerHops(1, 2), ...behindHole, answer],
				pathMtu: 1420,
				mtuDrops: [FOUND_HOLE],
				warnings: ["mtuBlackHole"],
			},
		},
		{
			name: `an MTU black hole before a drop at the last router, by ${kind}`,
			about: "What comes through the hole is sent to the target once, and the last router says what its link takes.",
			...path({ routers: 4, link: { 2: { mtu: 1420 }, 4: { mtu: 1332 } }, router: MUTE, target }),
			trace,
			lab,
			expect: {
				...REACHED,
				hops: [...routerHops(1, 2), ...behindHole, answer],
				pathMtu: 1332,
				mtuDrops: [FOUND_HOLE, { ttl: 4, behind: "r4", mtu: 1332, found: "told" }],
				warnings: ["mtuBlackHole"],
			},
		},
		{
			name: `a mute router before a target that ignores long datagrams, by ${kind}`,
			about: "It refuses and tells an MTU of zero: the exact length is searched by the last router's answers.",
			...path({ routers: 4, link: { 2: { mtu: 1433 } }, router: { r2: { tooLong: 0 } }, target }),
			trace,
			lab,
			expect: {
				...REACHED,
				hops: [...routerHops(1, 4), answer],
				pathMtu: 1433,
				mtuDrops: [{ ttl: 2, behind: "r2", mtu: 1433, found: "tried" }],
			},
		},
	];
}

/** Silence about long datagrams that is the target's own, and holes before such targets. */
export const IGNORED_LENGTHS: readonly Scenario[] = [
	...APPLICATIONS.flatMap(ignoredLengths),
	{
		name: "an MTU black hole on the last link, before a closed port, by dns",
		about: "The target's kernel refuses every query, however long: the search may aim at the target.",
		...path({ routers: 4, link: { 4: { mtu: 1420 } }, router: { r4: { tooLong: "silent" } } }),
		trace: { ...ENDS, options: { ...DISCOVERY, method: "dns" } },
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 4), targetHop(5, { from: ["target", null], all: "any" })],
			pathMtu: 1420,
			mtuDrops: [{ ttl: 4, behind: "r4", mtu: 1420, found: "tried" }],
			warnings: ["mtuBlackHole"],
		},
	},
	{
		name: "a neighbour that ignores long datagrams, by dns",
		about: "No router stands before it: nobody tells how long packets may be.",
		...path({ routers: 0, target: { udp: "dns", udpLongest: 1180 } }),
		trace: { ...ENDS, options: { ...DISCOVERY, method: "dns" } },
		lab: "no kernel speaks DNS",
		expect: {
			...REACHED,
			hops: [targetHop(1, { kind: "dns", from: ["target", null], all: "any" })],
			pathMtu: null,
			mtuDrops: [],
		},
	},
];
