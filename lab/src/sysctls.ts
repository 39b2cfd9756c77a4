/** Kernel settings of a node: forwarding on, address checks and surprises off, ICMP limits as the scenario says. */
import type { NodeSpec, TcpSpec } from "@whither/sim";
import { lifetimeSeconds } from "./nat-rules.ts";

type Sysctl = readonly [name: string, value: string];

/** Set before any device exists, so that new devices take the `default` values over. */
const ALWAYS: readonly Sysctl[] = [
	["net.ipv4.conf.all.rp_filter", "0"],
	["net.ipv4.conf.default.rp_filter", "0"],
	["net.ipv4.conf.all.send_redirects", "0"],
	["net.ipv4.conf.default.send_redirects", "0"],
	["net.ipv6.conf.all.accept_dad", "0"],
	["net.ipv6.conf.default.accept_dad", "0"],
	["net.ipv6.conf.default.router_solicitations", "0"],
	["net.ipv4.fib_multipath_hash_policy", "1"],
	["net.ipv6.fib_multipath_hash_policy", "1"],
];

const FORWARDING: readonly Sysctl[] = [
	["net.ipv4.ip_forward", "1"],
	["net.ipv6.conf.all.forwarding", "1"],
	["net.ipv6.conf.default.forwarding", "1"],
];

/** Without these a default kernel answers six times and then once a second. */
const NO_LIMITS: readonly Sysctl[] = [
	["net.ipv4.icmp_ratelimit", "0"],
	["net.ipv4.icmp_msgs_per_sec", "1000000"],
	["net.ipv4.icmp_msgs_burst", "1000000"],
	["net.ipv6.icmp.ratelimit", "0"],
];

/** One a second, as icmp(7) documents and the IPv6 default was until kernels of 2025 made it ten. */
const LINUX_LIMITS: readonly Sysctl[] = [
	["net.ipv4.icmp_ratelimit", "1000"],
	["net.ipv6.icmp.ratelimit", "1000"],
];

/** Every group may open ping sockets, whose kernel default is nobody. */
const PING_SOCKETS: readonly Sysctl[] = [["net.ipv4.ping_group_range", "0 2147483647"]];

/** How a host's TCP speaks; both families go by the settings of IPv4. */
function tcpSysctls(tcp: TcpSpec): readonly Sysctl[] {
	return [
		...(tcp.sack === false ? [["net.ipv4.tcp_sack", "0"] as const] : []),
		...(tcp.timestamps === false ? [["net.ipv4.tcp_timestamps", "0"] as const] : []),
		...(tcp.compressesSacks === false ? [["net.ipv4.tcp_comp_sack_nr", "0"] as const] : []),
		...(tcp.ecn === true ? [["net.ipv4.tcp_ecn", "2"] as const] : []),
	];
}

/** The kernel knows one lifetime for flows that were answered and one for those that were not. */
function lifetimeSysctls(node: NodeSpec): readonly Sysctl[] {
	const seconds = node.kind === "router" ? lifetimeSeconds(node) : null;
	if (seconds === null) return [];
	const names = ["nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"];
	return names.map((name) => [`net.netfilter.${name}`, String(seconds)] as const);
}

/** Sysctls of one node; `traces`: the node that probes are sent from. */
export function nodeSysctls(node: NodeSpec, options: { readonly traces: boolean }): readonly Sysctl[] {
	const ttl: readonly Sysctl[] =
		node.initialTtl === undefined
			? []
			: [
					["net.ipv4.ip_default_ttl", String(node.initialTtl)],
					["net.ipv6.conf.all.hop_limit", String(node.initialTtl)],
					["net.ipv6.conf.default.hop_limit", String(node.initialTtl)],
				];
	return [
		...ALWAYS,
		...(node.kind === "router" ? FORWARDING : []),
		...(node.icmpLimit === "linux" ? LINUX_LIMITS : NO_LIMITS),
		...(options.traces ? PING_SOCKETS : []),
		...(node.kind === "host" ? tcpSysctls(node.tcp ?? {}) : []),
		...lifetimeSysctls(node),
		...ttl,
	];
}
