import { requireAddress } from "./address.ts";
import { requireRange } from "./bytes.ts";
import { encodeIpv4Options, IPV4_OPTIONS } from "./ipv4-options.ts";
import type { Ipv6ExtensionHeader } from "./ipv6-extensions.ts";
import { IP_PROTOCOL } from "./protocol.ts";

/** Where the first address stands in the option, counted from 1 (RFC 791 §3.1). */
const FIRST_POINTER = 4;
/** IANA IPv6 Routing Types. */
const SEGMENT_ROUTING = 4;
const FIXED_LENGTH = 8;
const SEGMENT_LENGTH = 16;
/** The header's length field counts 8-byte units in one byte (RFC 8200 §4.4). */
const MOST_SEGMENTS = 127;

/**
 * A Loose Source Route option, padded (RFC 791 §3.1): the addresses that come after the IP header's destination, the
 * last of them where the packet ends. RangeError for more than nine, and for what is no IPv4 address.
 */
export function encodeLooseSourceRoute(addresses: readonly string[]): Uint8Array {
	const { kind } = IPV4_OPTIONS.looseSourceRoute;
	return encodeIpv4Options([{ name: "looseSourceRoute", kind, value: { pointer: FIRST_POINTER, addresses } }]);
}

/**
 * A segment routing header for a packet on its way to the first segment (RFC 8754 §2). The segments are given in the
 * order in which the packet passes them, the one where it ends last; RangeError for none or more than 127, and for what
 * is no IPv6 address. The next header is 0 until the chain is written.
 *
 *     byte  0             1             2             3
 *         +-------------+-------------+-------------+---------------+
 *       0 | next header | length      | 4           | segments left |
 *         +-------------+-------------+-------------+---------------+
 *       4 | last entry  | flags       | tag                         |
 *         +-------------+-------------+-----------------------------+
 *       8 | segments in reverse, 16 bytes each                      |
 *         +---------------------------------------------------------+
 */
export function encodeSegmentRoutingHeader(segments: readonly string[]): Ipv6ExtensionHeader {
	const last = segments.length - 1;
	requireRange("last entry", last, MOST_SEGMENTS - 1);
	const bytes = new Uint8Array(FIXED_LENGTH + SEGMENT_LENGTH * segments.length);
	bytes.set([0, segments.length * 2, SEGMENT_ROUTING, last, last]);
	for (const [index, segment] of segments.entries()) {
		bytes.set(requireAddress(segment, 6), FIXED_LENGTH + SEGMENT_LENGTH * (last - index));
	}
	return { type: IP_PROTOCOL.routing, bytes };
}
