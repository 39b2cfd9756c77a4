/** What nodes do beyond plain forwarding, as an nftables ruleset: silence, limits, filters, unreachable destinations. */
import type { HostSpec, NodeSpec, RateLimit, RouterSpec, UnreachableCode, UnreachableSpec } from "@whither/sim";
import { IP_PROTOCOL } from "@whither/wire";
import { alterationRules } from "./alteration-rules.ts";
import { firewallRules, type NatRules, naptRules } from "./nat-rules.ts";

/** Marks of the per-packet next hops, the first of them: ECMP_MARK + k sends a packet by table ECMP_TABLE + k. */
export const ECMP_MARK = 0x100;
/** The first of their routing tables, clear of those that Linux keeps (253 to 255). */
export const ECMP_TABLE = 200;
/** Port that the lab's own echo server listens on (RFC 862). */
export const ECHO_PORT = 7;

/** What nftables calls the codes. */
const CODE_NAMES: Readonly<Record<UnreachableCode, readonly [v4: string, v6: string]>> = {
	net: ["net-unreachable", "no-route"],
	host: ["host-unreachable", "addr-unreachable"],
	adminProhibited: ["admin-prohibited", "admin-prohibited"],
};

/** All addresses of a node, its own first. */
export interface NodeAddresses {
	readonly v4: readonly string[];
	readonly v6: readonly string[];
}

const set = (items: readonly (string | number)[]): string => `{ ${items.join(", ")} }`;

/** Matches ICMP errors about TCP packets: the protocol field of the quoted header, 8 bytes behind the ICMP header. */
const ABOUT_TCP: readonly string[] = [
	"icmp type { time-exceeded, destination-unreachable } @th,136,8 6",
	"icmpv6 type { time-exceeded, destination-unreachable } @th,112,8 6",
];
const ICMP_ERRORS: readonly string[] = [
	"icmp type { time-exceeded, destination-unreachable }",
	"icmpv6 type { time-exceeded, destination-unreachable, packet-too-big }",
];

const TOO_LONG: readonly string[] = ["icmp type destination-unreachable icmp code 4", "icmpv6 type packet-too-big"];

function outputRules(node: NodeSpec): string[] {
	const limit: RateLimit = node.icmpLimit ?? "none";
	const rules: string[] = [];
	if (node.kind === "router" && node.silent === true) rules.push(...ICMP_ERRORS.map((match) => `${match} drop`));
	if (node.kind === "router" && node.silent === "tcp") rules.push(...ABOUT_TCP.map((match) => `${match} drop`));
	if (node.kind === "router" && node.tooLong === "silent") rules.push(...TOO_LONG.map((match) => `${match} drop`));
	if (typeof limit === "object") {
		const within = `limit rate over ${limit.perSecond}/second burst ${limit.burst} packets`;
		rules.push(...ICMP_ERRORS.map((match) => `${match} ${within} drop`));
	}
	return rules;
}

function inputRules(host: HostSpec): string[] {
	const rules: string[] = [];
	if (host.icmpEcho === "silent") rules.push("icmp type echo-request drop", "icmpv6 type echo-request drop");
	// Nobody listens behind an open port that says nothing, and nobody sees the difference.
	if (host.udp === "open" || host.udp === "silent") rules.push("meta l4proto udp drop");
	for (const [protocol, behaviour] of protocolBehaviours(host)) {
		if (behaviour === "silent") rules.push(`meta l4proto ${protocol} drop`);
	}
	const { open = [], filtered = [] } = host.tcpPorts ?? {};
	if (filtered.length > 0) rules.push(`tcp dport ${set(filtered)} drop`);
	if (host.tcpDefault === "filtered") {
		rules.push(open.length > 0 ? `tcp dport != ${set(open)} drop` : "meta l4proto tcp drop");
	}
	return rules;
}

/** Protocols by number, with what the host does; the one for experiments (RFC 3692) stands for all others. */
function protocolBehaviours({ udplite, dccp, sctp, otherProtocols }: HostSpec): [number, string | undefined][] {
	const { udpLite, experiment1 } = IP_PROTOCOL;
	return [
		[udpLite, udplite],
		[IP_PROTOCOL.dccp, dccp],
		[IP_PROTOCOL.sctp, sctp],
		[experiment1, otherProtocols],
	];
}

type AddressesOf = (node: string) => NodeAddresses;

/** What a node's rules must know of the topology. */
export interface NodeSurroundings {
	/** The most next hops any of its destinations has. */
	readonly nextHops: number;
	/** Name of the node that is traced. */
	readonly target: string;
	readonly addressesOf: AddressesOf;
	/** The address that its NAT's inside is seen by, by family. */
	readonly natSeenAs: Readonly<Record<4 | 6, string>>;
	/** Names of the node's devices on links with a neighbour. */
	readonly devicesTowards: (node: string) => readonly string[];
}

function refusals(specs: readonly UnreachableSpec[], addressesOf: AddressesOf): string[] {
	return specs.flatMap(({ to, code }) => {
		const { v4, v6 } = addressesOf(to);
		const [name4, name6] = CODE_NAMES[code];
		return [
			`ip daddr ${set(v4)} reject with icmp type ${name4}`,
			`ip6 daddr ${set(v6)} reject with icmpv6 type ${name6}`,
		];
	});
}

/** Routes that refuse act before the TTL is judged, filters after it; as the simulated router has it. */
function refusesByRoute({ by, code }: UnreachableSpec): boolean {
	return (by ?? (code === "adminProhibited" ? "filter" : "route")) === "route";
}

function blackholes(router: RouterSpec, addressesOf: AddressesOf): string[] {
	return (router.blackhole ?? []).flatMap((to) => {
		const { v4, v6 } = addressesOf(to);
		return [`ip daddr ${set(v4)} drop`, `ip6 daddr ${set(v6)} drop`];
	});
}

function chain(name: string, hook: string, rules: readonly string[]): string[] {
	return rules.length === 0
		? []
		: [`\tchain ${name} {`, `\t\ttype ${hook};`, ...rules.map((rule) => `\t\t${rule}`), "\t}"];
}

const NO_NAT: NatRules = { objects: [], prerouting: [], postrouting: [], forward: [], input: [] };

function natRules({ nat }: RouterSpec, { devicesTowards, natSeenAs, addressesOf }: NodeSurroundings): NatRules {
	if (nat === undefined) return NO_NAT;
	const [outer = ""] = devicesTowards(nat.outside);
	// Linux takes a new port of its own accord only where two flows collide.
	if (nat.kind !== "napt") return { ...NO_NAT, postrouting: [`oifname "${outer}" masquerade random`] };
	const ownOf = (node: string) => {
		const { v4, v6 } = addressesOf(node);
		return { 4: v4[0] ?? "", 6: v6[0] ?? "" };
	};
	return naptRules(nat, {
		...{ outer, seenAs: natSeenAs },
		exposed: nat.dmz === undefined ? null : ownOf(nat.dmz),
		forwardedTo: (nat.forwards ?? []).map(({ to }) => ownOf(to)),
	});
}

function filterRules({ firewall }: RouterSpec, { devicesTowards }: NodeSurroundings): readonly string[] {
	return firewall === undefined ? [] : firewallRules(firewall, devicesTowards(firewall.outside)[0] ?? "");
}

function routerChains(router: RouterSpec, facts: NodeSurroundings): string[] {
	const { nextHops, addressesOf } = facts;
	const refused = router.unreachable ?? [];
	const byRoute = refusals(refused.filter(refusesByRoute), addressesOf);
	const byFilter = refusals(
		refused.filter((spec) => !refusesByRoute(spec)),
		addressesOf,
	);
	const spread = router.ecmp === "perPacket" && nextHops > 1;
	const marking = `meta mark set numgen inc mod ${nextHops} offset ${ECMP_MARK}`;
	const nat = natRules(router, facts);
	const passage = [...byFilter, ...nat.forward, ...filterRules(router, facts)];
	return [
		...nat.objects,
		...chain("arrivals", "filter hook prerouting priority filter", [...byRoute, ...blackholes(router, addressesOf)]),
		...chain("spread", "filter hook prerouting priority mangle", spread ? [marking] : []),
		...chain("alterations", "filter hook forward priority mangle", alterationRules(router, addressesOf(facts.target))),
		...chain("passage", "filter hook forward priority filter", passage),
		...chain("inward", "filter hook input priority filter", nat.input),
		...chain("inside", "nat hook prerouting priority dstnat", nat.prerouting),
		...chain("outside", "nat hook postrouting priority srcnat", nat.postrouting),
	];
}

function hostChains(host: HostSpec): string[] {
	const echo = host.udp === "echo" ? [`meta l4proto udp redirect to :${ECHO_PORT}`] : [];
	return [
		...chain("inward", "filter hook input priority filter", inputRules(host)),
		...chain("echo", "nat hook prerouting priority dstnat", echo),
	];
}

/** The node's ruleset, or null where it needs none. */
export function nodeRules(node: NodeSpec, facts: NodeSurroundings): string | null {
	const chains = [
		...(node.kind === "router" ? routerChains(node, facts) : hostChains(node)),
		...chain("errors", "filter hook output priority filter", outputRules(node)),
	];
	return chains.length === 0 ? null : ["table inet lab {", ...chains, "}", ""].join("\n");
}
