import { formatIpv4, requireAddress } from "./address.ts";
import { requireRange, roundUp, viewOf } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import { type DecodeError, decodeError, isDecodeError } from "./error.ts";
import { IP_HEADER_LENGTH } from "./protocol.ts";

/**
 * The IPv4 header (RFC 791 §3.1; the second byte by RFC 2474 and 3168):
 *
 *     byte  0         1               2         3
 *         +----+----+---------------+-------------------+
 *       0 | ver| IHL| TOS           | total length      |
 *         +----+----+---------------+---+---------------+
 *       4 | identification          |0DM| fragm. offset |
 *         +---------+---------------+---+---------------+
 *       8 | TTL     | protocol      | header checksum   |
 *         +---------+---------------+-------------------+
 *      12 | source                                      |
 *      16 | destination                                 |
 *         +---------------------------------------------+
 *      20 | options, 0 to 40 bytes, zero padded to 4    |
 *         +---------------------------------------------+
 */
export interface Ipv4Header {
	readonly version: 4;
	/** In bytes, options included. */
	readonly headerLength: number;
	readonly tos: number;
	/** In bytes, header included, as the field says. */
	readonly totalLength: number;
	readonly identification: number;
	readonly dontFragment: boolean;
	readonly moreFragments: boolean;
	/** In bytes, a multiple of 8. */
	readonly fragmentOffset: number;
	readonly ttl: number;
	readonly protocol: number;
	readonly checksum: number;
	readonly source: string;
	readonly destination: string;
	/** Raw, padding included; `decodeIpv4Options` reads them. */
	readonly options: Uint8Array;
}

/** An IPv4 packet taken apart (RFC 791 §3.1). */
export interface Ipv4Packet {
	readonly header: Ipv4Header;
	/** What follows the header, clipped to the total length. */
	readonly payload: Uint8Array;
	/** Fewer bytes were there than the total length says. */
	readonly truncated: boolean;
}

/** What `encodeIpv4` is told; length and checksum are its own work, the rest defaults to 0 or false. */
export interface Ipv4Fields {
	readonly tos?: number;
	readonly identification?: number;
	readonly dontFragment?: boolean;
	readonly moreFragments?: boolean;
	/** In bytes, a multiple of 8. */
	readonly fragmentOffset?: number;
	readonly ttl: number;
	readonly protocol: number;
	readonly source: string;
	readonly destination: string;
	/** At most 40 bytes; zero padded to a multiple of 4. */
	readonly options?: Uint8Array;
}

const MINIMUM_HEADER = IP_HEADER_LENGTH[4];
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;

/**
 * The header alone, as ICMP errors quote it. The total length is not judged, because some systems damage it in
 * quotes; the header checksum is not judged either (`internetChecksum` over the header is 0 where it is right).
 */
export function decodeIpv4Header(bytes: Uint8Array): Ipv4Header | DecodeError {
	if (bytes.length < MINIMUM_HEADER) return decodeError("truncated", 0, MINIMUM_HEADER, bytes.length);
	const view = viewOf(bytes);
	const first = view.getUint8(0);
	if (first >> 4 !== 4) return decodeError("badVersion", 0, 4, first >> 4);
	const headerLength = (first & 0x0f) * 4;
	if (headerLength < MINIMUM_HEADER) return decodeError("badLength", 0, MINIMUM_HEADER, headerLength);
	if (bytes.length < headerLength) return decodeError("truncated", 0, headerLength, bytes.length);
	const fragment = view.getUint16(6);
	return {
		version: 4,
		headerLength,
		tos: view.getUint8(1),
		totalLength: view.getUint16(2),
		identification: view.getUint16(4),
		dontFragment: (fragment & DONT_FRAGMENT) !== 0,
		moreFragments: (fragment & MORE_FRAGMENTS) !== 0,
		fragmentOffset: (fragment & 0x1fff) * 8,
		ttl: view.getUint8(8),
		protocol: view.getUint8(9),
		checksum: view.getUint16(10),
		source: formatIpv4(bytes, 12),
		destination: formatIpv4(bytes, 16),
		options: bytes.subarray(MINIMUM_HEADER, headerLength),
	};
}

/** A whole IPv4 packet; the payload is a view into `bytes`. */
export function decodeIpv4(bytes: Uint8Array): Ipv4Packet | DecodeError {
	const header = decodeIpv4Header(bytes);
	if (isDecodeError(header)) return header;
	const { headerLength, totalLength } = header;
	if (totalLength < headerLength) return decodeError("badLength", 2, headerLength, totalLength);
	return { header, payload: bytes.subarray(headerLength, totalLength), truncated: bytes.length < totalLength };
}

/** An IPv4 packet with its total length and checksum filled in. Throws RangeError for a field that does not fit. */
export function encodeIpv4(fields: Ipv4Fields, payload: Uint8Array): Uint8Array {
	const options = fields.options ?? new Uint8Array(0);
	const headerLength = MINIMUM_HEADER + roundUp(options.length, 4);
	requireFields(fields, options, headerLength + payload.length);
	const bytes = new Uint8Array(headerLength + payload.length);
	const view = viewOf(bytes);
	view.setUint8(0, 0x40 | (headerLength / 4));
	view.setUint8(1, fields.tos ?? 0);
	view.setUint16(2, bytes.length);
	view.setUint16(4, fields.identification ?? 0);
	const flags = (fields.dontFragment ? DONT_FRAGMENT : 0) | (fields.moreFragments ? MORE_FRAGMENTS : 0);
	view.setUint16(6, flags | ((fields.fragmentOffset ?? 0) / 8));
	view.setUint8(8, fields.ttl);
	view.setUint8(9, fields.protocol);
	bytes.set(requireAddress(fields.source, 4), 12);
	bytes.set(requireAddress(fields.destination, 4), 16);
	bytes.set(options, MINIMUM_HEADER);
	view.setUint16(10, internetChecksum(bytes.subarray(0, headerLength)));
	bytes.set(payload, headerLength);
	return bytes;
}

function requireFields(fields: Ipv4Fields, options: Uint8Array, totalLength: number): void {
	requireRange("tos", fields.tos ?? 0, 0xff);
	requireRange("identification", fields.identification ?? 0, 0xffff);
	requireRange("fragmentOffset / 8", (fields.fragmentOffset ?? 0) / 8, 0x1fff);
	requireRange("ttl", fields.ttl, 0xff);
	requireRange("protocol", fields.protocol, 0xff);
	requireRange("length of options", options.length, 40);
	requireRange("total length", totalLength, 0xffff);
}
