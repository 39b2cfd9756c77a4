/** Paths whose links do not all bear the same, and what path MTU discovery makes of them. */
import type { ExpectedHop, Scenario, TraceSpec } from "../scenario.ts";
import { IGNORED_LENGTHS } from "./ignored-lengths.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

type TraceOptions = NonNullable<TraceSpec["options"]>;

const DISCOVERY: TraceOptions = { pathMtu: true };
const REACHED = { reached: true, stopReason: "reached" } as const;

/** Methods whose probes can be of any length, and what a host says to them. */
const METHODS: readonly { readonly options: TraceOptions; readonly kind: ExpectedHop["kind"] }[] = [
	{ options: { method: "udp" }, kind: "portUnreachable" },
	{ options: { method: "udp-port" }, kind: "portUnreachable" },
	{ options: { method: "udp-classic" }, kind: "portUnreachable" },
	{ options: { method: "icmp" }, kind: "echoReply" },
	{ options: { method: "tcp" }, kind: "rst" },
	{ options: { method: "stun" }, kind: "portUnreachable" },
];

/** Links of 1400 bytes behind router 3 and of 1300 behind router 5, nine routers, 20 ms of round trip in all. */
function twoDrops({ options, kind }: (typeof METHODS)[number]): Scenario {
	return {
		name: `two drops of the path MTU, by ${options.method}`,
		about: "Both routers say what their links take: at most three round trips, whichever probes they are.",
		...path({ routers: 9, link: { 3: { mtu: 1400 }, 5: { mtu: 1300 } } }),
		trace: { ...ENDS, options: { ...DISCOVERY, ...options } },
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 9), targetHop(10, { kind: kind ?? "portUnreachable" })],
			pathMtu: 1300,
			mtuDrops: [
				{ ttl: 3, behind: "r3", mtu: 1400, found: "told" },
				{ ttl: 5, behind: "r5", mtu: 1300, found: "told" },
			],
			durationMs: { atMost: 4 * 20 },
		},
	};
}

/** Without a word behind router 2, whose next link takes `mtu` bytes. */
function hole(mtu: number, more: Partial<Parameters<typeof path>[0]> = {}): Pick<Scenario, "nodes" | "links"> {
	return path({ routers: 4, link: { 2: { mtu } }, ...more, router: { ...more.router, r2: { tooLong: "silent" } } });
}

const FOUND_HOLE = [{ ttl: 2, behind: "r2", mtu: 1420, found: "tried" }] as const;

/** Drops of the path MTU that are told, told wrongly, and not told at all. */
export const MTU: readonly Scenario[] = [
	{
		name: "path MTU discovery where all links are alike",
		about: "Nobody refuses anything: the path takes what our own link does.",
		...path({ routers: 4 }),
		trace: { ...ENDS, options: DISCOVERY },
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 4), targetHop(5)],
			pathMtu: 1500,
			mtuDrops: [],
			durationMs: { atMost: 20 },
		},
	},
	...METHODS.map(twoDrops),
	{
		name: "a drop of the path MTU at the first hop",
		about: "The first router's own link is the narrow one, and our own link one that takes jumbo frames.",
		...path({ routers: 3, link: { 0: { mtu: 9000 }, 1: { mtu: 1500 } } }),
		trace: { ...ENDS, options: DISCOVERY },
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 3), targetHop(4)],
			pathMtu: 1500,
			mtuDrops: [{ ttl: 1, behind: "r1", mtu: 1500, found: "told" }],
		},
	},
	{
		name: "a router that tells an MTU of zero",
		about:
			"As routers from before RFC 1191 do: the next lower length of real links passes, and the exact one is searched.",
		...path({ routers: 4, link: { 2: { mtu: 1333 } }, router: { r2: { tooLong: 0 } } }),
		trace: { ...ENDS, options: DISCOVERY },
		lab: "a kernel always tells",
		expect: {
			...REACHED,
			hops: [...routerHops(1, 4), targetHop(5)],
			pathMtu: 1333,
			mtuDrops: [{ ttl: 2, behind: "r2", mtu: 1333, found: "tried" }],
		},
	},
	{
		name: "a router that tells an absurd MTU",
		about: "More than what it refused: not to be believed.",
		...path({ routers: 4, link: { 2: { mtu: 1400 } }, router: { r2: { tooLong: 65_535 } } }),
		trace: { ...ENDS, options: DISCOVERY },
		lab: "a kernel tells the truth",
		expect: {
			...REACHED,
			hops: [...routerHops(1, 4), targetHop(5)],
			pathMtu: 1400,
			mtuDrops: [{ ttl: 2, behind: "r2", mtu: 1400, found: "tried" }],
		},
	},
	{
		name: "an MTU black hole",
		about:
			"Long packets vanish behind the second router (RFC 2923 section 2.1): the first query is lost from there on.",
		...hole(1420),
		trace: { ...ENDS, options: { ...DISCOVERY, method: "icmp" } },
		lab: true,
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 2),
				...routerHops(3, 4).map((hop) => ({ ...hop, from: [...hop.from, null], all: "mixed" as const })),
				targetHop(5, { kind: "echoReply", from: ["target", null], all: "any" }),
			],
			pathMtu: 1420,
			mtuDrops: FOUND_HOLE,
			warnings: ["mtuBlackHole"],
			durationMs: { atMost: 600 },
		},
	},
	{
		name: "an MTU black hole and a silent hop",
		about: "The router behind the hole answers nothing at all, which says nothing about lengths.",
		...hole(1420, { router: { r3: { silent: true } } }),
		trace: { ...ENDS, options: { ...DISCOVERY, method: "icmp" } },
		lab: true,
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 2),
				silentHops(3, 3),
				{ ttl: 4, from: ["r4", null], all: "mixed" },
				targetHop(5, { kind: "echoReply", from: ["target", null], all: "any" }),
			],
			pathMtu: 1420,
			mtuDrops: FOUND_HOLE,
			warnings: ["mtuBlackHole"],
		},
	},
	{
		name: "an MTU black hole before a target with Linux's rate limit",
		about: "It refuses six datagrams at once and then one a second: the search takes its time rather than be wrong.",
		...hole(1420, { target: { icmpLimit: "linux" } }),
		trace: { ...ENDS, options: DISCOVERY },
		lab: true,
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 2),
				...routerHops(3, 4).map((hop) => ({ ...hop, from: [...hop.from, null], all: "mixed" as const })),
				targetHop(5, { from: ["target", null], all: "any" }),
			],
			pathMtu: 1420,
			mtuDrops: FOUND_HOLE,
			warnings: ["mtuBlackHole"],
			durationMs: { atMost: 15_000 },
		},
	},
	{
		name: "an MTU black hole, by lengths in steps of four",
		about: "SCTP's chunks are padded: the search ends though no two lengths are neighbours.",
		...hole(1422, { target: { sctp: "closed" } }),
		trace: { ...ENDS, options: { ...DISCOVERY, method: "sctp" } },
		lab: "no SCTP in most kernels unless it is loaded",
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 2),
				...routerHops(3, 4).map((hop) => ({ ...hop, from: [...hop.from, null], all: "mixed" as const })),
				targetHop(5, { kind: "sctp", from: ["target", null], all: "any" }),
			],
			pathMtu: 1420,
			mtuDrops: FOUND_HOLE,
			warnings: ["mtuBlackHole"],
		},
	},
	{
		name: "an MTU black hole, inside a connection",
		about: "Segments of every length beside a TCP connection, as far as selective acknowledgments name them.",
		...hole(1420, { target: { tcpPorts: { open: [443] } } }),
		trace: { ...ENDS, options: { ...DISCOVERY, method: "tcpinsession", port: 443 } },
		lab: true,
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 2),
				...routerHops(3, 4).map((hop) => ({ ...hop, from: [...hop.from, null], all: "mixed" as const })),
				targetHop(5, { kind: "ack", from: ["target", null], all: "any" }),
			],
			pathMtu: 1420,
			mtuDrops: FOUND_HOLE,
			warnings: ["mtuBlackHole"],
		},
	},
	...IGNORED_LENGTHS,
	{
		name: "the least MTU of IPv6 on the way",
		about: "1280 bytes, which every IPv6 link takes: nothing shorter is tried.",
		families: [6],
		...path({ routers: 4, link: { 1: { mtu: 1280 } }, router: { r1: { tooLong: 576 } } }),
		trace: { ...ENDS, options: DISCOVERY },
		lab: "a kernel tells the truth",
		expect: {
			...REACHED,
			hops: [...routerHops(1, 4), targetHop(5)],
			pathMtu: 1280,
			mtuDrops: [{ ttl: 1, behind: "r1", mtu: 1280, found: "tried" }],
		},
	},
	{
		name: "two drops of the path MTU before a silent target",
		about: "As far as the path answers its MTU is known.",
		...path({ routers: 6, link: { 2: { mtu: 1400 }, 4: { mtu: 1300 } }, target: { udp: "silent" } }),
		trace: { ...ENDS, options: { ...DISCOVERY, maxTtl: 9 } },
		lab: true,
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [...routerHops(1, 6), silentHops(7, 9)],
			pathMtu: 1300,
			mtuDrops: [
				{ ttl: 2, behind: "r2", mtu: 1400, found: "told" },
				{ ttl: 4, behind: "r4", mtu: 1300, found: "told" },
			],
		},
	},
	{
		name: "path MTU discovery over a lossy path",
		about: "A tenth of all packets is lost, the routers' words among them: that is no black hole.",
		...path({ routers: 5, link: { 2: { mtu: 1400, loss: 0.1 } } }),
		trace: { ...ENDS, options: { ...DISCOVERY, method: "icmp" } },
		lab: "what is lost is drawn by the simulation",
		expect: {
			...REACHED,
			hops: [
				...routerHops(1, 2),
				...routerHops(3, 5).map((hop) => ({ ...hop, from: [...hop.from, null] })),
				targetHop(6, { kind: "echoReply", from: ["target", null] }),
			],
			pathMtu: 1400,
			mtuDrops: [{ ttl: 2, behind: "r2", mtu: 1400, found: "told" }],
		},
	},
];
