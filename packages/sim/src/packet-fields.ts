/** Single fields of IP packets, changed in place with the IPv4 header checksum that goes with them. */
import type { Family } from "@whither/core";
import { IP_HEADER_LENGTH, IP_PROTOCOL, internetChecksum, transportChecksum } from "@whither/wire";

/** Where the addresses are in an IP header, by family. */
const ADDRESSES = { 4: { source: 12, destination: 16 }, 6: { source: 8, destination: 24 } } as const;
const TOTAL_LENGTH = 2;
const PAYLOAD_LENGTH = 4;
const HEADER_CHECKSUM = 10;
const ICMP_CHECKSUM = 2;

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same bytes with IPv4's header checksum right; IPv6 has none. */
function withHeaderChecksum(bytes: Uint8Array, family: Family): Uint8Array {
	if (family === 6) return bytes;
	const view = viewOf(bytes);
	view.setUint16(HEADER_CHECKSUM, 0);
	view.setUint16(HEADER_CHECKSUM, internetChecksum(bytes.subarray(0, ((bytes[0] ?? 0) & 0x0f) * 4)));
	return bytes;
}

/** The same bytes with the length that the IP header tells set to what they are. */
export function withIpLength(bytes: Uint8Array, family: Family): Uint8Array {
	if (family === 4) viewOf(bytes).setUint16(TOTAL_LENGTH, bytes.length);
	else viewOf(bytes).setUint16(PAYLOAD_LENGTH, bytes.length - IP_HEADER_LENGTH[6]);
	return withHeaderChecksum(bytes, family);
}

/** A copy with another TOS byte or traffic class. */
export function withTos(packet: Uint8Array, family: Family, tos: number): Uint8Array {
	const bytes = packet.slice();
	if (family === 4) bytes[1] = tos;
	else {
		bytes[0] = ((bytes[0] ?? 0) & 0xf0) | (tos >> 4);
		bytes[1] = ((bytes[1] ?? 0) & 0x0f) | ((tos & 0x0f) << 4);
	}
	return withHeaderChecksum(bytes, family);
}

/** Writes an address over the header's; returns what that adds to a checksum's sum, for `adjustChecksum`. */
export function replaceAddress(
	bytes: Uint8Array,
	family: Family,
	which: "source" | "destination",
	address: Uint8Array,
): number {
	const offset = ADDRESSES[family][which];
	let added = 0;
	for (let index = 0; index < address.length; index += 2)
		added += replaceWord(bytes, offset + index, wordAt(address, index));
	if (family === 4) adjustChecksum(bytes, HEADER_CHECKSUM, added);
	return added;
}

function wordAt(bytes: Uint8Array, at: number): number {
	return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Writes 16 bits over others; returns what that adds to a checksum's sum: the word, and the old one's complement. */
export function replaceWord(bytes: Uint8Array, at: number, word: number): number {
	const added = word + (~wordAt(bytes, at) & 0xffff);
	bytes[at] = word >> 8;
	bytes[at + 1] = word;
	return added;
}

/** Writes the checksum of a whole ICMP message, which in IPv6 covers the addresses too (RFC 4443 section 2.3). */
export function writeIcmpChecksum(
	message: Uint8Array,
	{ family, source, destination }: { readonly family: Family; readonly source: string; readonly destination: string },
): void {
	const view = viewOf(message);
	view.setUint16(ICMP_CHECKSUM, 0);
	const isV4 = family === 4;
	const checksum = isV4
		? internetChecksum(message)
		: transportChecksum(6, source, destination, IP_PROTOCOL.icmpv6, message);
	view.setUint16(ICMP_CHECKSUM, checksum);
}

/**
 * Corrects a checksum in place for words that have changed (RFC 1624 section 3): `added` is the sum of what replacing each
 * has told. They stand at even offsets of what the checksum covers.
 */
export function adjustChecksum(segment: Uint8Array, at: number, added: number): void {
	if (at + 2 > segment.length) return;
	let sum = (~wordAt(segment, at) & 0xffff) + added;
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
	segment[at] = ~sum >> 8;
	segment[at + 1] = ~sum;
}
