import { requireRange, viewOf } from "./bytes.ts";
import { transportChecksum } from "./checksum.ts";
import { type DecodeError, decodeError } from "./error.ts";
import { IP_PROTOCOL } from "./protocol.ts";

/**
 * The UDP header (RFC 768):
 *
 *     byte  0         1         2         3
 *         +-------------------+-------------------+
 *       0 | source port       | destination port  |
 *         +-------------------+-------------------+
 *       4 | length            | checksum          |
 *         +-------------------+-------------------+
 */
export interface UdpHeader {
	readonly sourcePort: number;
	readonly destinationPort: number;
	/** In bytes, header included, as the field says; 0 in a jumbogram (RFC 2675 §4). */
	readonly length: number;
	/** 0: not computed (IPv4), or a tunnel's (RFC 6935). */
	readonly checksum: number;
}

/** A UDP datagram taken apart (RFC 768). */
export interface UdpDatagram {
	readonly header: UdpHeader;
	/** Clipped to the length field. */
	readonly payload: Uint8Array;
	/** Fewer bytes were there than the length field says. */
	readonly truncated: boolean;
}

/** What `encodeUdp` is told; the addresses are for the checksum. */
export interface UdpFields {
	readonly family: 4 | 6;
	readonly source: string;
	readonly destination: string;
	readonly sourcePort: number;
	readonly destinationPort: number;
}

/** Length in bytes of the UDP header. */
/** Length in bytes of the UDP header (RFC 768). */
export const UDP_HEADER_LENGTH = 8;

/** The header alone, from the eight bytes that every ICMP error quotes. */
export function decodeUdpPrefix(bytes: Uint8Array): UdpHeader | DecodeError {
	if (bytes.length < UDP_HEADER_LENGTH) return decodeError("truncated", 0, UDP_HEADER_LENGTH, bytes.length);
	const view = viewOf(bytes);
	return {
		sourcePort: view.getUint16(0),
		destinationPort: view.getUint16(2),
		length: view.getUint16(4),
		checksum: view.getUint16(6),
	};
}

/** A UDP datagram; the payload is a view into `bytes`. */
export function decodeUdp(bytes: Uint8Array): UdpDatagram | DecodeError {
	const header = decodeUdpPrefix(bytes);
	if ("error" in header) return header;
	const length = header.length === 0 ? bytes.length : header.length;
	if (length < UDP_HEADER_LENGTH) return decodeError("badLength", 4, UDP_HEADER_LENGTH, length);
	return { header, payload: bytes.subarray(UDP_HEADER_LENGTH, length), truncated: bytes.length < length };
}

/** A UDP datagram with length and checksum filled in (a checksum of 0 is sent as 0xFFFF). Throws RangeError. */
export function encodeUdp(fields: UdpFields, payload: Uint8Array): Uint8Array {
	requireRange("sourcePort", fields.sourcePort, 0xffff);
	requireRange("destinationPort", fields.destinationPort, 0xffff);
	requireRange("UDP length", UDP_HEADER_LENGTH + payload.length, 0xffff);
	const bytes = new Uint8Array(UDP_HEADER_LENGTH + payload.length);
	const view = viewOf(bytes);
	view.setUint16(0, fields.sourcePort);
	view.setUint16(2, fields.destinationPort);
	view.setUint16(4, bytes.length);
	bytes.set(payload, UDP_HEADER_LENGTH);
	const checksum = transportChecksum(fields.family, fields.source, fields.destination, IP_PROTOCOL.udp, bytes);
	view.setUint16(6, checksum === 0 ? 0xffff : checksum);
	return bytes;
}
