import { viewOf } from "../bytes.ts";
import { type DecodeError, isDecodeError } from "../error.ts";
import { decodeIpv4Header } from "../ipv4.ts";
import { decodeIpv6Header } from "../ipv6.ts";
import { type Ipv6Fragment, walkExtensionHeaders } from "../ipv6-extensions.ts";
import { hasPorts, IP_HEADER_LENGTH } from "../protocol.ts";
import { knowsTransportHeader, transportHeaderLength } from "../transport-header.ts";

/** The packet that an ICMP error quotes, decoded as far as it goes. */
export interface QuotedPacket {
	readonly family: 4 | 6;
	readonly source: string;
	readonly destination: string;
	/** The upper layer; for IPv6 an extension header's own number where the quote ends inside it. */
	readonly protocol: number;
	/** TOS or traffic class. */
	readonly tos: number;
	/** TTL or hop limit. */
	readonly ttl: number;
	/** IP total length in bytes, header included, as the quoted header says. */
	readonly length: number;
	/** IPv4 identification, or that of an IPv6 fragment header; null where there is none. */
	readonly identification: number | null;
	/** IPv6 flow label; null for IPv4. */
	readonly flowLabel: number | null;
	/** From the transport header on, as far as quoted; padding behind the packet's own length is cut off. */
	readonly segment: Uint8Array;
	/** Null where the protocol has none, the quote ends before them, or it is not the first fragment. */
	readonly ports: { readonly source: number; readonly destination: number } | null;
	/** After the transport header, possibly empty; for a protocol whose header we do not know, the whole segment. */
	readonly payload: Uint8Array;
	/** Less was quoted than the packet's length says. */
	readonly truncated: boolean;
}

/** The quoted packet; only a missing or damaged IP header is an error. Segment and payload are views into `bytes`. */
export function decodeQuoted(family: 4 | 6, bytes: Uint8Array): QuotedPacket | DecodeError {
	return family === 4 ? decodeQuotedIpv4(bytes) : decodeQuotedIpv6(bytes);
}

function decodeQuotedIpv4(bytes: Uint8Array): QuotedPacket | DecodeError {
	const header = decodeIpv4Header(bytes);
	if (isDecodeError(header)) return header;
	const { protocol, headerLength, totalLength } = header;
	const segment = clip(bytes, headerLength, totalLength);
	const first = header.fragmentOffset === 0;
	return {
		family: 4,
		source: header.source,
		destination: header.destination,
		protocol,
		tos: header.tos,
		ttl: header.ttl,
		length: totalLength,
		identification: header.identification,
		flowLabel: null,
		segment,
		ports: first ? decodePorts(protocol, segment) : null,
		payload: first ? payloadOf(protocol, segment) : segment,
		truncated: bytes.length < totalLength,
	};
}

function decodeQuotedIpv6(bytes: Uint8Array): QuotedPacket | DecodeError {
	const header = decodeIpv6Header(bytes);
	if (isDecodeError(header)) return header;
	const length = IP_HEADER_LENGTH[6] + header.payloadLength;
	const walk = walkExtensionHeaders(header.nextHeader, clip(bytes, IP_HEADER_LENGTH[6], length));
	const readable = !walk.truncated && isFirst(walk.fragment);
	return {
		family: 6,
		source: header.source,
		destination: header.destination,
		protocol: walk.protocol,
		tos: header.trafficClass,
		ttl: header.hopLimit,
		length,
		identification: walk.fragment?.identification ?? null,
		flowLabel: header.flowLabel,
		segment: walk.payload,
		ports: readable ? decodePorts(walk.protocol, walk.payload) : null,
		payload: readable ? payloadOf(walk.protocol, walk.payload) : walk.payload,
		truncated: walk.truncated || bytes.length < length,
	};
}

function isFirst(fragment: Ipv6Fragment | null): boolean {
	return fragment === null || fragment.offset === 0;
}

/** The least number of transport bytes that every ICMP error quotes (RFC 792). */
const LEAST_QUOTE = 8;

/**
 * What follows the IP header, without padding behind the packet. Some systems damage the quoted total length
 * (byte order, header subtracted): one that would leave less than 8 bytes is not believed.
 */
function clip(bytes: Uint8Array, headerLength: number, totalLength: number): Uint8Array {
	return totalLength < headerLength + LEAST_QUOTE
		? bytes.subarray(headerLength)
		: bytes.subarray(headerLength, totalLength);
}

function decodePorts(protocol: number, segment: Uint8Array): QuotedPacket["ports"] {
	if (segment.length < 4 || !hasPorts(protocol)) return null;
	const view = viewOf(segment);
	return { source: view.getUint16(0), destination: view.getUint16(2) };
}

function payloadOf(protocol: number, segment: Uint8Array): Uint8Array {
	if (!knowsTransportHeader(protocol)) return segment;
	return segment.subarray(transportHeaderLength(protocol, segment) ?? segment.length);
}
