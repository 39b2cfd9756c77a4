import { ICMP_HEADER_LENGTH } from "./icmp/layout.ts";
import { IP_PROTOCOL } from "./protocol.ts";
import { TCP_HEADER_LENGTH } from "./tcp.ts";
import { UDP_HEADER_LENGTH } from "./udp.ts";

/** What every header of the protocol has, options or not, in bytes (RFC 792, 4443, 768, 3828, 9293, 9260, 4340). */
const FIXED_LENGTH: ReadonlyMap<number, number> = new Map([
	[IP_PROTOCOL.icmp, ICMP_HEADER_LENGTH],
	[IP_PROTOCOL.icmpv6, ICMP_HEADER_LENGTH],
	[IP_PROTOCOL.udp, UDP_HEADER_LENGTH],
	[IP_PROTOCOL.udpLite, UDP_HEADER_LENGTH],
	[IP_PROTOCOL.tcp, TCP_HEADER_LENGTH],
	[IP_PROTOCOL.sctp, 12],
	[IP_PROTOCOL.dccp, 12],
]);

/** Whether `transportHeaderLength` can tell where the protocol's header ends, given enough of the segment. */
export function knowsTransportHeader(protocol: number): boolean {
	return FIXED_LENGTH.has(protocol);
}

/**
 * Length in bytes of the transport header that `segment` begins with, at most the segment's own length; a data offset
 * that is smaller than the fixed part counts as that. Null for a protocol whose header we do not know, and for a
 * segment that ends within the fixed part.
 */
export function transportHeaderLength(protocol: number, segment: Uint8Array): number | null {
	const fixed = FIXED_LENGTH.get(protocol);
	if (fixed === undefined || segment.length < fixed) return null;
	return Math.min(Math.max(fixed, announcedLength(protocol, segment)), segment.length);
}

/** What the data offset says (RFC 9293 §3.1, RFC 4340 §5.1), in bytes; 0 where the protocol has none. */
function announcedLength(protocol: number, segment: Uint8Array): number {
	if (protocol === IP_PROTOCOL.tcp) return ((segment[12] ?? 0) >> 4) * 4;
	return protocol === IP_PROTOCOL.dccp ? (segment[4] ?? 0) * 4 : 0;
}
