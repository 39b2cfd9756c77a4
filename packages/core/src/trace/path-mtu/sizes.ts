/** Packet sizes that path MTU discovery tries. */
import { IP_HEADER_LENGTH, UDP_HEADER_LENGTH } from "@whither/wire";
import type { Family, ProbePacket } from "../channel.ts";

/** Name of the companions that try sizes: hop probes in all but their place in the result. */
export const SIZE_COMPANION = "size";

/** Length field of 16 bits: the longest IPv4 packet (RFC 791 section 3.1); no longer IPv6 packet is built either. */
const LONGEST_PACKET = 65_535;
/** Used where the link does not say what it takes: Ethernet (RFC 894). */
const ETHERNET_MTU = 1500;

/** What every link takes (RFC 791 section 3.2, RFC 8200 section 5). */
export const LEAST_MTU: Readonly<Record<Family, number>> = { 4: 68, 6: 1280 };

/** RFC 1191 section 7.1: MTUs of links that exist, for routers that refuse a packet and do not say what they take. */
const PLATEAUS = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492, 1280, 1006, 508, 296, 68];

/**
 * Where path MTUs lie, jumbo frames, Ethernet and its tunnels first of all: PPPoE 1492, IP in IP 1480, GRE 1476, VXLAN
 * 1450, WireGuard 1420 and 1440, GTP, IPsec with its paddings, 1400 as a round figure, 1280 as IPv6's least.
 */
const COMMON_SIZES = [
	65_535, 32_000, 17_914, 9216, 9000, 8982, 8192, 8166, 4470, 4352, 2304, 2002, 1600, 1500, 1492, 1480, 1476, 1472,
	1468, 1464, 1460, 1454, 1452, 1450, 1446, 1444, 1440, 1436, 1430, 1428, 1420, 1412, 1410, 1408, 1406, 1400, 1390,
	1380, 1376, 1370, 1360, 1350, 1340, 1320, 1300, 1280, 1200, 1100, 1006, 1000, 576, 508, 296, 68,
];

/** How many sizes between two known ones are tried at once. */
const SIZES_AT_ONCE = 16;

/** The size to begin with: what our own link takes. */
export function firstSize(linkMtu: number | null): number {
	return Math.min(linkMtu ?? ETHERNET_MTU, LONGEST_PACKET);
}

/** What a router told, where that can be: shorter than the packet it refused and no shorter than any link's; else null. */
export function plausibleMtu(family: Family, told: number | null, refused: number): number | null {
	return told !== null && told < refused && told >= LEAST_MTU[family] ? told : null;
}

/** The next size to try after one that was refused without a word about what would do; null: there is none. */
export function nextPlateau(family: Family, refused: number): number | null {
	return PLATEAUS.find((size) => size < refused && size >= LEAST_MTU[family]) ?? null;
}

/** Common sizes between two, both exclusive, longest first. */
export function commonSizes(family: Family, least: number, most: number): readonly number[] {
	return COMMON_SIZES.filter((size) => size > least && size < most && size >= LEAST_MTU[family]);
}

/** Up to 16 equidistant sizes between two, both exclusive, longest first. */
export function sizesBetween(least: number, most: number): readonly number[] {
	const gaps = Math.min(SIZES_AT_ONCE + 1, most - least);
	const sizes = Array.from({ length: Math.max(0, gaps - 1) }, (_, index) =>
		Math.round(most - ((index + 1) * (most - least)) / gaps),
	);
	return [...new Set(sizes)].filter((size) => size > least && size < most);
}

/**
 * Bytes of the whole IP packet that a probe becomes, `routeLength` of them its source route; null where the kernel makes
 * the packet (connect).
 */
export function packetSize(family: Family, { transport, bytes }: ProbePacket, routeLength: number): number | null {
	if (transport === "tcpConnect") return null;
	return IP_HEADER_LENGTH[family] + routeLength + (transport === "udp" ? UDP_HEADER_LENGTH : 0) + bytes.length;
}
