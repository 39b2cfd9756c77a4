/** IP packets of either family as the simulated nodes see them. */
import type { Family } from "@whither/core";
import {
	decodeIpv4,
	decodeIpv6,
	decodeUdpLite,
	encodeIpv4,
	encodeIpv6,
	encodeUdpLite,
	IP_PROTOCOL,
	internetChecksum,
	isDecodeError,
	transportChecksum,
} from "@whither/wire";
import { copyBytes } from "./copy-bytes.ts";

/** One whole IP packet, read; IPv6 names in IPv4's words where both have the field. */
export interface IpPacket {
	readonly family: Family;
	readonly bytes: Uint8Array;
	readonly source: string;
	readonly destination: string;
	/** The upper layer's protocol. */
	readonly protocol: number;
	readonly ttl: number;
	readonly tos: number;
	/** 0 in IPv4. */
	readonly flowLabel: number;
	readonly identification: number;
	/** Always true in IPv6: routers never fragment. */
	readonly dontFragment: boolean;
	readonly moreFragments: boolean;
	/** In bytes. */
	readonly fragmentOffset: number;
	/** From the transport header on. */
	readonly payload: Uint8Array;
}

/** What a new IP packet is made of. */
export interface IpFields {
	readonly family: Family;
	readonly source: string;
	readonly destination: string;
	readonly protocol: number;
	readonly ttl: number;
	readonly tos?: number;
	readonly flowLabel?: number;
	readonly identification?: number;
	readonly dontFragment?: boolean;
}

/** Reads an IP packet; null when it is none, is cut short, or its IPv4 header checksum is wrong (RFC 1122 §3.2.1.2). */
export function readPacket(bytes: Uint8Array): IpPacket | null {
	return (bytes[0] ?? 0) >> 4 === 6 ? readIpv6(bytes) : readIpv4(bytes);
}

function readIpv4(bytes: Uint8Array): IpPacket | null {
	const decoded = decodeIpv4(bytes);
	if (isDecodeError(decoded) || decoded.truncated) return null;
	const { header, payload } = decoded;
	if (internetChecksum(bytes, 0, 0, header.headerLength) !== 0) return null;
	const { source, destination, protocol, ttl, tos, identification, dontFragment, moreFragments, fragmentOffset } =
		header;
	return {
		family: 4,
		bytes,
		source,
		destination,
		protocol,
		ttl,
		tos,
		flowLabel: 0,
		identification,
		dontFragment,
		moreFragments,
		fragmentOffset,
		payload,
	};
}

function readIpv6(bytes: Uint8Array): IpPacket | null {
	const decoded = decodeIpv6(bytes);
	if (isDecodeError(decoded) || decoded.truncated) return null;
	const { header, protocol, payload, fragment } = decoded;
	return {
		family: 6,
		bytes,
		source: header.source,
		destination: header.destination,
		protocol,
		ttl: header.hopLimit,
		tos: header.trafficClass,
		flowLabel: header.flowLabel,
		identification: fragment?.identification ?? 0,
		dontFragment: true,
		moreFragments: fragment?.more ?? false,
		fragmentOffset: fragment?.offset ?? 0,
		payload,
	};
}

/** Puts an IP header before `payload`. */
export function buildPacket(fields: IpFields, payload: Uint8Array): Uint8Array {
	const { family, source, destination, protocol, ttl, tos = 0 } = fields;
	if (family === 4) {
		const { identification = 0, dontFragment = false } = fields;
		return encodeIpv4({ source, destination, protocol, ttl, tos, identification, dontFragment }, payload);
	}
	const { flowLabel = 0 } = fields;
	return encodeIpv6({ source, destination, protocol, hopLimit: ttl, trafficClass: tos, flowLabel }, payload);
}

/** The packet with another TTL or hop limit (and, in IPv4, the header checksum that goes with it), in bytes of its own. */
export function withTtl(packet: IpPacket, ttl: number): IpPacket {
	const bytes = copyBytes(packet.bytes);
	const payload = bytes.subarray(packet.bytes.length - packet.payload.length);
	return writeTtl(packet, bytes, payload, ttl);
}

/** The same in the packet's own bytes, where nobody else has them: nothing of the packet as it was is good any more. */
export function withTtlInPlace(packet: IpPacket, ttl: number): IpPacket {
	return writeTtl(packet, packet.bytes, packet.payload, ttl);
}

function writeTtl(packet: IpPacket, bytes: Uint8Array, payload: Uint8Array, ttl: number): IpPacket {
	bytes[packet.family === 4 ? 8 : 7] = ttl;
	if (packet.family === 4) correctChecksum(bytes, (packet.ttl - ttl) << 8);
	const { source, destination } = packet;
	return withBytes(packet, { bytes, payload, ttl, source, destination });
}

/** What other bytes can change of a packet, beside which all else stays. */
type Rewritten = Pick<IpPacket, "bytes" | "payload" | "ttl" | "source" | "destination">;

/** The packet with other bytes, of which the caller has said what they change. */
export function withBytes(packet: IpPacket, { bytes, payload, ttl, source, destination }: Rewritten): IpPacket {
	const { family, protocol, tos, flowLabel, identification, dontFragment, moreFragments, fragmentOffset } = packet;
	// Field by field: spreading costs more than all else here, and it is done at every hop.
	return {
		family,
		bytes,
		source,
		destination,
		protocol,
		ttl,
		tos,
		flowLabel,
		identification,
		dontFragment,
		moreFragments,
		fragmentOffset,
		payload,
	};
}

/** Corrects an IPv4 header checksum for a 16-bit word that became smaller by so much (RFC 1624 §3). */
function correctChecksum(bytes: Uint8Array, less: number): void {
	const sum = ((bytes[10] ?? 0) << 8) + (bytes[11] ?? 0) + less;
	const folded = (sum & 0xffff) + (sum >> 16);
	bytes[10] = folded >> 8;
	bytes[11] = folded & 0xff;
}

/** The protocol number of the family's ICMP. */
export function icmpProtocol(family: Family): number {
	return family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
}

/** Whether a packet is an ICMP error, about which no other may be sent (RFC 1122 §3.2.2, RFC 4443 §2.4). */
export function isIcmpError(packet: IpPacket): boolean {
	if (packet.protocol !== icmpProtocol(packet.family)) return false;
	const type = packet.payload[0] ?? 0;
	return packet.family === 6 ? type < 128 : ICMPV4_ERRORS.has(type);
}

/** Destination unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792). */
const ICMPV4_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

/** Whether the transport checksum is right; a host drops the packet in silence otherwise. */
export function hasGoodChecksum(packet: IpPacket): boolean {
	const { family, source, destination, protocol, payload } = packet;
	if (protocol === IP_PROTOCOL.icmp) return internetChecksum(payload) === 0;
	if (protocol === IP_PROTOCOL.udp && family === 4 && payload[6] === 0 && payload[7] === 0) return true;
	if (protocol === IP_PROTOCOL.udpLite) return hasGoodUdpLiteChecksum(packet);
	return transportChecksum(family, source, destination, protocol, payload) === 0;
}

/** The checksum covers what the packet says it does (RFC 3828 §3.1): encoded anew, a good packet is the same. */
function hasGoodUdpLiteChecksum({ family, source, destination, payload: bytes }: IpPacket): boolean {
	const datagram = decodeUdpLite(bytes);
	if (isDecodeError(datagram) || datagram.header.coverage > bytes.length) return false;
	const sent = encodeUdpLite({ family, source, destination, ...datagram.header }, datagram.payload);
	return sent.every((byte, index) => byte === bytes[index]);
}
