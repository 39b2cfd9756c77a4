/** What firewalls, normalizers and address translators do to probes, and what their quotes show of it. */
import type { NatSpec } from "../nat-spec.ts";
import type { ExpectedHop, HostSpec, RouterSpec, Scenario, ScenarioChannel } from "../scenario.ts";
import { ENDS, path, routerHops, targetHop } from "./path.ts";

const reached = { reached: true, stopReason: "reached" } as const;
const OPEN: Omit<HostSpec, "kind"> = { tcpPorts: { open: [443] } };

/** Hops before and behind the router whose deeds show from the next hop on. */
function changedHops(first: number, last: number, changes: readonly string[]): ExpectedHop[] {
	const quoted = (hop: ExpectedHop) => ({ ...hop, changes: hop.ttl < first ? [] : changes });
	return routerHops(1, last).map(quoted);
}

interface Middle {
	readonly name: string;
	readonly about: string;
	readonly method: string;
	readonly r2: Omit<RouterSpec, "kind">;
	readonly changes: readonly string[];
	readonly options?: Scenario["trace"]["options"];
	readonly target?: Omit<HostSpec, "kind">;
	readonly last?: Partial<ExpectedHop>;
	readonly expect?: Partial<Scenario["expect"]>;
	readonly lab?: true | string;
}

/** Four routers, the second of which is a middlebox. */
function middle({
	name,
	about,
	method,
	r2,
	changes,
	options = {},
	target = OPEN,
	last = {},
	expect,
	lab,
}: Middle): Scenario {
	return {
		name,
		about,
		...path({ routers: 4, router: { r2 }, target }),
		trace: { ...ENDS, options: { method, ...options }, channels: ["raw"] },
		lab: lab ?? true,
		expect: { ...reached, hops: [...changedHops(3, 4, changes), targetHop(5, last)], ...expect },
	};
}

const REMARKING: readonly Scenario[] = [
	middle({
		name: "DSCP bleached behind the second hop",
		about: "The code point is cleared and the ECN bits stay: the third hop quotes it so.",
		method: "udp",
		options: { tos: 0xba },
		r2: { bleaches: "dscp" },
		changes: ["tos 0xba -> 0x02", "dscp 46 -> 0"],
	}),
	middle({
		name: "ECN bleached behind the second hop",
		about: "The ECN bits are cleared and the code point stays.",
		method: "icmp",
		options: { tos: 0xba },
		r2: { bleaches: "ecn" },
		changes: ["tos 0xba -> 0xb8", "ecn ect0 -> not-ect"],
		last: { kind: "echoReply" },
	}),
	middle({
		name: "the whole TOS byte cleared behind the second hop",
		about: "Both are cleared, as old routers do that know of neither.",
		method: "tcp",
		options: { tos: 0xb9 },
		r2: { bleaches: "tos" },
		changes: ["tos 0xb9 -> 0x00", "dscp 46 -> 0", "ecn ect1 -> not-ect"],
		last: { kind: "synAck" },
	}),
];

const NORMALIZERS: readonly Scenario[] = [
	middle({
		name: "MSS clamped behind the second hop",
		about: "A tunnel's router makes the largest segment smaller in every SYN.",
		method: "tcp",
		r2: { clampsMss: 1360 },
		changes: ["checksum", "mss"],
		last: { kind: "synAck" },
	}),
	middle({
		name: "SACK stripped from SYNs behind the second hop",
		about: "A firewall overwrites an option with padding.",
		method: "tcp",
		r2: { strips: { options: ["sackPermitted"] } },
		changes: ["checksum", "option sackPermitted removed"],
		last: { kind: "synAck" },
	}),
	middle({
		name: "timestamps cut out of SYNs behind the second hop",
		about: "A normalizer makes the header shorter, so that lengths change too.",
		method: "tcp",
		r2: { strips: { options: ["timestamps"], by: "cut" } },
		changes: ["length", "headerLength", "checksum", "option timestamps removed"],
		last: { kind: "synAck" },
		lab: "nftables puts no-operations in an option's place",
	}),
	middle({
		name: "SYNs that offer ECN are dropped behind the second hop",
		about: "An old firewall takes ECE and CWR for an attack; a SYN without them passes.",
		method: "tcp",
		options: { methodOptions: { ecn: true }, maxTtl: 6 },
		r2: { dropsEcn: "negotiating" },
		changes: [],
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [...routerHops(1, 2), { ttl: 3, through: 6, from: [null] }],
			companions: { unmarked: { atLeast: 1 } },
			warnings: ["ecnDropped"],
		},
	}),
	middle({
		name: "packets with an ECN mark are dropped behind the second hop",
		about: "Everything marked vanishes; what is not marked comes through.",
		method: "tcp",
		options: { tos: 0x02, maxTtl: 6 },
		r2: { dropsEcn: "marked" },
		changes: [],
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [...routerHops(1, 2), { ttl: 3, through: 6, from: [null] }],
			companions: { unmarked: { atLeast: 1 } },
			warnings: ["ecnDropped"],
		},
	}),
];

/** What each method's quotes show of another source, and of what was rewritten with it. */
interface Translated {
	readonly method: string;
	readonly target: Omit<HostSpec, "kind">;
	readonly last: Partial<ExpectedHop>;
	readonly channels: readonly ScenarioChannel[];
}

const TRANSLATED: readonly Translated[] = [
	{ method: "udp", target: {}, last: {}, channels: ["raw"] },
	{ method: "icmp", target: {}, last: { kind: "echoReply" }, channels: ["raw"] },
	{ method: "tcp", target: OPEN, last: { kind: "synAck" }, channels: ["raw"] },
	{ method: "dns", target: { udp: "dns" }, last: { kind: "dns" }, channels: ["raw"] },
	{ method: "tcpinsession", target: OPEN, last: { kind: "ack" }, channels: ["session"] },
];

const ONE_TO_ONE: NatSpec = { kind: "oneToOne", host: "source", outside: "r2" };

function behindOneToOne({ method, target, last, channels }: Translated): Scenario {
	return {
		name: `${method} from behind 1:1 NAT that leaves quotes alone`,
		about:
			"As clouds do it: routers quote a public address that our host does not know, and the key tells whose it is.",
		...path({ routers: 3, router: { r1: { nat: ONE_TO_ONE } }, target }),
		trace: { ...ENDS, options: { method }, channels },
		lab: "a Linux kernel restores what it finds quoted",
		expect: { ...reached, hops: [...routerHops(1, 3), targetHop(4, last)], warnings: ["publicAddress"] },
	};
}

const MASQUERADE: NatSpec = { kind: "masquerade", outside: "r2" };

function behindMasquerade({ method, target, last, channels }: Translated): Scenario {
	return {
		name: `${method} from behind a home router`,
		about: "Addresses and ports are others outside, and everything quoted is put back: nothing of it shows.",
		...path({ routers: 3, router: { r1: { nat: MASQUERADE } }, target }),
		trace: { ...ENDS, options: { method }, channels: method === "udp" ? ["raw", "errorQueue"] : channels },
		lab: true,
		expect: {
			...reached,
			hops: [...routerHops(1, 3).map((hop) => ({ ...hop, changes: [] })), targetHop(4, last)],
		},
	};
}

const NATS: readonly Scenario[] = [
	...TRANSLATED.map(behindOneToOne),
	...TRANSLATED.map(behindMasquerade),
	{
		name: "a home router that restores all of a quote but its checksum",
		about: "Addresses and ports are right again, the quoted checksum is still that of the packet outside: a NAT shows.",
		...path({ routers: 3, router: { r1: { nat: { ...MASQUERADE, quotes: "checksumLeft" } } } }),
		trace: { ...ENDS, options: { method: "udp" }, channels: ["raw"] },
		lab: "a Linux kernel restores the quoted checksum too",
		expect: { ...reached, hops: [...changedHops(2, 3, ["checksum"]), targetHop(4)] },
	},
];

/** All scenarios of middleboxes. */
export const MIDDLEBOXES: readonly Scenario[] = [...REMARKING, ...NORMALIZERS, ...NATS];
