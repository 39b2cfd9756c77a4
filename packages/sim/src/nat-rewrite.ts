/** Addresses and ports written over in packets, whole or quoted in ICMP errors, with the checksums that cover them. */
import type { Family } from "@whither/core";
import { ECHO_TYPES, IP_PROTOCOL } from "@whither/wire";
import { copyBytes } from "./copy-bytes.ts";
import { type IpPacket, icmpProtocol, withBytes } from "./packet.ts";
import { adjustChecksum, replaceAddress, replaceWord } from "./packet-fields.ts";

/** Protocols whose first four bytes are the two ports, and where their checksum is, which covers addresses. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
	[IP_PROTOCOL.tcp, 16],
	[IP_PROTOCOL.udp, 6],
	[IP_PROTOCOL.udpLite, 6],
	[IP_PROTOCOL.dccp, 6],
]);
const ICMP_CHECKSUM = 2;
const ICMP_ID = 4;

/** Where a segment has the inside's port, or the id of an echo; null: it has none that is translated. */
function portOffset(protocol: number, segment: Uint8Array, which: "source" | "destination"): number | null {
	if (CHECKSUM_AT.has(protocol)) return which === "source" ? 0 : 2;
	const isEcho = ICMP_ECHOES.get(protocol)?.includes(segment[0] ?? 0) ?? false;
	return isEcho ? ICMP_ID : null;
}

const ICMP_ECHOES: ReadonlyMap<number, readonly number[]> = new Map([
	[IP_PROTOCOL.icmp, [ECHO_TYPES[4].request, ECHO_TYPES[4].reply]],
	[IP_PROTOCOL.icmpv6, [ECHO_TYPES[6].request, ECHO_TYPES[6].reply]],
]);

/** The port that an endpoint of a segment has, or an echo's id; null where there is none that is translated. */
export function portOf(protocol: number, segment: Uint8Array, which: "source" | "destination"): number | null {
	const offset = portOffset(protocol, segment, which);
	if (offset === null || offset + 2 > segment.length) return null;
	return ((segment[offset] ?? 0) << 8) | (segment[offset + 1] ?? 0);
}

/** What takes the place of an address and, where it is not null, of a port. */
export interface Replacement {
	readonly which: "source" | "destination";
	readonly address: Uint8Array;
	readonly port: number | null;
	/** Whether the transport checksum follows. */
	readonly fixes: boolean;
}

/** A packet with another source or destination; `text`: the address that takes its place. */
export function translate(
	packet: IpPacket,
	{ which, address, text, port }: Omit<Replacement, "fixes"> & { readonly text: string },
): IpPacket {
	const bytes = copyBytes(packet.bytes);
	const payload = bytes.subarray(bytes.length - packet.payload.length);
	const { family, protocol, ttl } = packet;
	rewrite({ bytes, segment: payload, family, protocol }, { which, address, port, fixes: true });
	const source = which === "source" ? text : packet.source;
	const destination = which === "destination" ? text : packet.destination;
	return withBytes(packet, { bytes, payload, ttl, source, destination });
}

/** A packet to write over, and where its transport header begins. */
export interface RewrittenPacket {
	readonly bytes: Uint8Array;
	/** A part of `bytes`. */
	readonly segment: Uint8Array;
	readonly family: Family;
	readonly protocol: number;
}

/** Writes over a packet in place, whole or quoted. */
export function rewrite(
	{ bytes, segment, family, protocol }: RewrittenPacket,
	{ which, address, port, fixes }: Replacement,
): void {
	const isIcmp = protocol === icmpProtocol(family);
	const checksum = isIcmp ? ICMP_CHECKSUM : CHECKSUM_AT.get(protocol);
	const unused = protocol === IP_PROTOCOL.udp && segment[6] === 0 && segment[7] === 0;
	const adjusts = fixes && checksum !== undefined && !unused;
	const added = replaceAddress(bytes, family, which, address);
	// ICMP for IPv4 alone has no pseudo-header.
	if (adjusts && !(isIcmp && family === 4)) adjustChecksum(segment, checksum, added);
	const offset = portOffset(protocol, segment, which);
	if (port === null || offset === null || offset + 2 > segment.length) return;
	const addedByPort = replaceWord(segment, offset, port);
	if (adjusts) adjustChecksum(segment, checksum, addedByPort);
}
