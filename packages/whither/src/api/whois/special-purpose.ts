/**
 * What nobody holds: special-purpose addresses (RFC 6890 and the IANA registries that it began), AS numbers and names (RFC 6761).
 * They are the same for everybody, so nobody is asked about them. Written down in November 2026 by the RFCs that each row names (RFC 6890,
 * its update RFC 8190 and those that came after), not made of a copy of IANA's files, and compared with the list in Python 3.11 (`ipaddress`):
 * it has no prefix that is missing here, and has not those of RFC 7600, 8215, 9602, 9637 and 9780.
 */
import { isOneNetwork } from "@whither/wire";
import type { WhoisQuery } from "./query.ts";

/** A row of a registry. `isGlobal`: it is used on the internet and somebody holds it, so that registries know more. */
export interface SpecialPurpose {
	readonly what: string;
	readonly name: string;
	readonly rfc: string;
	readonly isGlobal: boolean;
}

type Row = readonly [what: string, name: string, rfc: string, isGlobal?: "global"];

/**
 * `isGlobal` departs from IANA's "Globally Reachable" for 64:ff9b::/96 alone: it is reachable, but nobody holds it, and what it leads to is an IPv4
 * address that has to be judged by itself.
 *
 * IANA IPv4 and IPv6 Special-Purpose Address Registries, and what RFC 5771 and RFC 4291 set apart for multicast.
 */
export const SPECIAL_ADDRESSES: readonly Row[] = [
	["0.0.0.0/8", "This network", "RFC 791"],
	["0.0.0.0/32", "This host on this network", "RFC 1122"],
	["10.0.0.0/8", "Private-Use", "RFC 1918"],
	["100.64.0.0/10", "Shared Address Space", "RFC 6598"],
	["127.0.0.0/8", "Loopback", "RFC 1122"],
	["169.254.0.0/16", "Link Local", "RFC 3927"],
	["172.16.0.0/12", "Private-Use", "RFC 1918"],
	["192.0.0.0/24", "IETF Protocol Assignments", "RFC 6890"],
	["192.0.0.0/29", "IPv4 Service Continuity Prefix", "RFC 7335"],
	["192.0.0.8/32", "IPv4 dummy address", "RFC 7600"],
	["192.0.0.9/32", "Port Control Protocol Anycast", "RFC 7723", "global"],
	["192.0.0.10/32", "Traversal Using Relays around NAT Anycast", "RFC 8155", "global"],
	["192.0.0.170/31", "NAT64/DNS64 Discovery", "RFC 8880"],
	["192.0.2.0/24", "Documentation (TEST-NET-1)", "RFC 5737"],
	["192.31.196.0/24", "AS112-v4", "RFC 7535", "global"],
	["192.52.193.0/24", "AMT", "RFC 7450", "global"],
	["192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", "RFC 7526"],
	["192.168.0.0/16", "Private-Use", "RFC 1918"],
	["192.175.48.0/24", "Direct Delegation AS112 Service", "RFC 7534", "global"],
	["198.18.0.0/15", "Benchmarking", "RFC 2544"],
	["198.51.100.0/24", "Documentation (TEST-NET-2)", "RFC 5737"],
	["203.0.113.0/24", "Documentation (TEST-NET-3)", "RFC 5737"],
	["224.0.0.0/4", "Multicast", "RFC 5771"],
	["240.0.0.0/4", "Reserved", "RFC 1112"],
	["255.255.255.255/32", "Limited Broadcast", "RFC 8190"],
	["::/128", "Unspecified Address", "RFC 4291"],
	["::1/128", "Loopback Address", "RFC 4291"],
	["::ffff:0:0/96", "IPv4-mapped Address", "RFC 4291"],
	["64:ff9b::/96", "IPv4-IPv6 Translation", "RFC 6052"],
	["64:ff9b:1::/48", "IPv4-IPv6 Translation", "RFC 8215"],
	["100::/64", "Discard-Only Address Block", "RFC 6666"],
	["100:0:0:1::/64", "Dummy IPv6 Prefix", "RFC 9780"],
	["2001::/23", "IETF Protocol Assignments", "RFC 2928"],
	["2001::/32", "TEREDO", "RFC 4380"],
	["2001:1::1/128", "Port Control Protocol Anycast", "RFC 7723", "global"],
	["2001:1::2/128", "Traversal Using Relays around NAT Anycast", "RFC 8155", "global"],
	["2001:1::3/128", "DNS-SD Service Registration Protocol Anycast", "RFC 9665", "global"],
	["2001:2::/48", "Benchmarking", "RFC 5180"],
	["2001:3::/32", "AMT", "RFC 7450", "global"],
	["2001:4:112::/48", "AS112-v6", "RFC 7535", "global"],
	["2001:10::/28", "Deprecated (previously ORCHID)", "RFC 4843"],
	["2001:20::/28", "ORCHIDv2", "RFC 7343", "global"],
	["2001:30::/28", "Drone Remote ID Protocol Entity Tags", "RFC 9374", "global"],
	["2001:db8::/32", "Documentation", "RFC 3849"],
	["2002::/16", "6to4", "RFC 3056"],
	["2620:4f:8000::/48", "Direct Delegation AS112 Service", "RFC 7534", "global"],
	["3fff::/20", "Documentation", "RFC 9637"],
	["5f00::/16", "Segment Routing (SRv6) SIDs", "RFC 9602"],
	["fc00::/7", "Unique-Local", "RFC 4193"],
	["fe80::/10", "Link-Local Unicast", "RFC 4291"],
	["ff00::/8", "Multicast", "RFC 4291"],
];

/** IANA Special-Purpose AS Numbers, and what is reserved besides. */
const SPECIAL_AS: readonly (readonly [first: number, last: number, name: string, rfc: string])[] = [
	[0, 0, "Reserved", "RFC 7607"],
	[23_456, 23_456, "AS_TRANS", "RFC 6793"],
	[64_496, 64_511, "Documentation", "RFC 5398"],
	[64_512, 65_534, "Private-Use", "RFC 6996"],
	[65_535, 65_535, "Last of the 16-bit numbers", "RFC 7300"],
	[65_536, 65_551, "Documentation", "RFC 5398"],
	[4_200_000_000, 4_294_967_294, "Private-Use", "RFC 6996"],
	[4_294_967_295, 4_294_967_295, "Last of the 32-bit numbers", "RFC 7300"],
];

/** Of the IANA registry of special-use domain names, those that no registry sells. */
const SPECIAL_NAMES: readonly (readonly [name: string, what: string, rfc: string])[] = [
	["alt", "Names outside of the DNS", "RFC 9476"],
	["example", "Documentation", "RFC 6761"],
	["home.arpa", "Residential home networks", "RFC 8375"],
	["internal", "Private use", "reserved by ICANN in 2024"],
	["invalid", "Names that are not valid", "RFC 6761"],
	["local", "Multicast DNS", "RFC 6762"],
	["localhost", "Loopback", "RFC 6761"],
	["onion", "Tor", "RFC 7686"],
	["test", "Tests", "RFC 6761"],
];

/** The narrowest row that covers the whole of what is asked for; null: it is in none. */
export function specialPurpose(query: WhoisQuery): SpecialPurpose | null {
	if (query.kind === "address") return specialAddress(query.address, query.bits);
	if (query.kind === "name") {
		const row = SPECIAL_NAMES.find(([name]) => query.name === name || query.name.endsWith(`.${name}`));
		return row === undefined ? null : { what: row[0], name: row[1], rfc: row[2], isGlobal: false };
	}
	const row = SPECIAL_AS.find(([first, last]) => query.number >= first && query.number <= last);
	if (row === undefined) return null;
	const what = row[0] === row[1] ? `AS${row[0]}` : `AS${row[0]}-AS${row[1]}`;
	return { what, name: row[2], rfc: row[3], isGlobal: false };
}

function specialAddress(address: string, bits: number): SpecialPurpose | null {
	let best: { readonly row: Row; readonly length: number } | null = null;
	for (const row of SPECIAL_ADDRESSES) {
		const [network = "", length = 0] = [row[0].split("/")[0], Number(row[0].split("/")[1])];
		if (length <= bits && length >= (best?.length ?? 0) && isOneNetwork(network, address, length))
			best = { row, length };
	}
	if (best === null) return null;
	const [what, name, rfc, isGlobal] = best.row;
	return { what, name, rfc, isGlobal: isGlobal === "global" };
}

/** Whether an address is anybody's on the internet, as far as its number tells: where strangers may send us. */
export function isPublicAddress(address: string): boolean {
	const bits = address.includes(":") ? 128 : 32;
	return specialAddress(address, bits)?.isGlobal ?? true;
}
