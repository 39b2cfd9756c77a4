/**
 * Which packets a path node has to do with: Binding requests whose TTL ends here, and STUN messages that offer a
 * NETWORK-STATUS for it to write. All others pass untouched, and so does whatever is not exactly what it claims to be.
 */
import {
	decodeIpv4Header,
	decodeIpv6Header,
	decodeStun,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	STUN_COOKIE,
	STUN_HEADER_LENGTH,
	type StunMessage,
	trailingAttributeOf,
	UDP_HEADER_LENGTH,
} from "@whither/wire";

/** A packet as it is handed to a path node. */
export interface PassingPacket {
	readonly family: 4 | 6;
	/** From the IP header on. */
	readonly bytes: Uint8Array;
	/** Neither cut off, nor several segments in one. */
	readonly isWhole: boolean;
	/** False: the UDP checksum is still to be filled in. */
	readonly checksumReady: boolean;
	/** It has not been routed yet, so its TTL is the one that it arrived with. */
	readonly isUnrouted: boolean;
}

/** A packet that is a path node's business. `expired`: its TTL ends here; `offer`: it passes, with a NETWORK-STATUS to write. */
export interface Passage extends PassingPacket {
	readonly kind: "expired" | "offer";
	readonly source: string;
	readonly destination: string;
	readonly sourcePort: number;
	/** TOS or traffic class. */
	readonly tos: number;
	/** Where the UDP header begins. */
	readonly udpOffset: number;
	/** A view into `bytes`. */
	readonly message: StunMessage;
}

/** Message type of a Binding request (RFC 8489 section 5). */
const BINDING_REQUEST = 0x0001;
/** More Fragments and the offset (RFC 791 section 3.1). */
const IS_FRAGMENT = 0x3fff;

interface Layout {
	readonly udpOffset: number;
	readonly ttl: number;
}

/** What this packet wants of the node; null: nothing. Never throws. */
export function readPassage(packet: PassingPacket): Passage | null {
	const { bytes, family } = packet;
	const layout = !packet.isWhole ? null : family === 4 ? layoutOfIpv4(bytes) : layoutOfIpv6(bytes);
	if (layout === null || !holdsStun(bytes, layout.udpOffset)) return null;
	const { udpOffset, ttl } = layout;
	const isExpired = ttl <= 1;
	const stunOffset = udpOffset + UDP_HEADER_LENGTH;
	if (isExpired && !(packet.isUnrouted && uint16(bytes, stunOffset) === BINDING_REQUEST)) return null;
	const message = decodeStun(bytes.subarray(stunOffset));
	if (isDecodeError(message)) return null;
	if (!isExpired && trailingAttributeOf(message, "networkStatus") === undefined) return null;
	const header = headerOf(packet);
	if (header === null) return null;
	const kind = isExpired ? "expired" : "offer";
	return { ...packet, ...header, kind, sourcePort: uint16(bytes, udpOffset), udpOffset, message };
}

/** Null: no whole, unfragmented UDP datagram. */
function layoutOfIpv4(bytes: Uint8Array): Layout | null {
	const headerLength = ((bytes[0] ?? 0) & 0x0f) * 4;
	const isWellFormed =
		(bytes[0] ?? 0) >> 4 === 4 &&
		headerLength >= IP_HEADER_LENGTH[4] &&
		uint16(bytes, 2) === bytes.length &&
		(uint16(bytes, 6) & IS_FRAGMENT) === 0;
	return isWellFormed && bytes[9] === IP_PROTOCOL.udp ? { udpOffset: headerLength, ttl: bytes[8] ?? 0 } : null;
}

/** The same; with extension headers none, since the rule that selects packets looks at a fixed place. */
function layoutOfIpv6(bytes: Uint8Array): Layout | null {
	const udpOffset = IP_HEADER_LENGTH[6];
	const isWellFormed = (bytes[0] ?? 0) >> 4 === 6 && uint16(bytes, 4) + udpOffset === bytes.length;
	return isWellFormed && bytes[6] === IP_PROTOCOL.udp ? { udpOffset, ttl: bytes[7] ?? 0 } : null;
}

function holdsStun(bytes: Uint8Array, udpOffset: number): boolean {
	const stunOffset = udpOffset + UDP_HEADER_LENGTH;
	return (
		bytes.length >= stunOffset + STUN_HEADER_LENGTH &&
		uint16(bytes, udpOffset + 4) === bytes.length - udpOffset &&
		uint16(bytes, stunOffset + 4) * 0x10000 + uint16(bytes, stunOffset + 6) === STUN_COOKIE
	);
}

function headerOf({ family, bytes }: PassingPacket): Pick<Passage, "source" | "destination" | "tos"> | null {
	if (family === 4) {
		const header = decodeIpv4Header(bytes);
		return isDecodeError(header) ? null : { source: header.source, destination: header.destination, tos: header.tos };
	}
	const header = decodeIpv6Header(bytes);
	if (isDecodeError(header)) return null;
	return { source: header.source, destination: header.destination, tos: header.trafficClass };
}

function uint16(bytes: Uint8Array, offset: number): number {
	return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
