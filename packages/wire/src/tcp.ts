import { requireRange, viewOf } from "./bytes.ts";
import { transportChecksum } from "./checksum.ts";
import { type DecodeError, decodeError } from "./error.ts";
import { IP_PROTOCOL } from "./protocol.ts";
import { decodeTcpOptions, encodeTcpOptions, type TcpOption } from "./tcp-options.ts";

/**
 * The TCP header (RFC 9293 §3.1):
 *
 *     byte  0         1         2         3
 *         +-------------------+-------------------+
 *       0 | source port       | destination port  |
 *         +-------------------+-------------------+
 *       4 | sequence                              |
 *       8 | acknowledgment                        |
 *         +----+----+---------+-------------------+
 *      12 |data|res.  flags   | window            |
 *         |offs|3, 9 bits     |                   |
 *         +----+--------------+-------------------+
 *      16 | checksum          | urgent pointer    |
 *         +-------------------+-------------------+
 *      20 | options, 0 to 40 bytes                |
 *         +---------------------------------------+
 */
export interface TcpHeader {
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly sequence: number;
	readonly acknowledgment: number;
	/** Length of the header in bytes, options included. */
	readonly dataOffset: number;
	/** All 12 bits after the data offset; `TCP_FLAGS` names those in use. */
	readonly flags: number;
	readonly window: number;
	readonly checksum: number;
	readonly urgentPointer: number;
	readonly options: readonly TcpOption[];
}

/** A TCP segment taken apart (RFC 9293 §3.1). */
export interface TcpSegment {
	readonly header: TcpHeader;
	readonly payload: Uint8Array;
	/** The bytes end inside the options; `header.options` has what was there. */
	readonly truncated: boolean;
}

/** What the first eight bytes of a segment tell, as every ICMP error quotes them. */
export interface TcpPrefix {
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly sequence: number;
}

/** What `encodeTcp` is told; data offset and checksum are its own work, the rest defaults to 0 or none. */
export interface TcpFields {
	readonly family: 4 | 6;
	readonly source: string;
	readonly destination: string;
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly sequence: number;
	readonly acknowledgment?: number;
	readonly flags: number;
	readonly window?: number;
	readonly urgentPointer?: number;
	readonly options?: readonly TcpOption[];
}

/** Header flags by the registry's names (IANA TCP Header Flags); AE was NS in RFC 3540. */
export const TCP_FLAGS = {
	fin: 0x001,
	syn: 0x002,
	rst: 0x004,
	psh: 0x008,
	ack: 0x010,
	urg: 0x020,
	ece: 0x040,
	cwr: 0x080,
	ae: 0x100,
} as const;

/** Length in bytes of a TCP header without options. */
export const TCP_HEADER_LENGTH = 20;
const PREFIX_LENGTH = 8;

/** Ports and sequence number out of a quote of 8 bytes or more. */
export function decodeTcpPrefix(bytes: Uint8Array): TcpPrefix | DecodeError {
	if (bytes.length < PREFIX_LENGTH) return decodeError("truncated", 0, PREFIX_LENGTH, bytes.length);
	const view = viewOf(bytes);
	return { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2), sequence: view.getUint32(4) };
}

/** A TCP segment of at least 20 bytes; the payload is a view into `bytes`. */
export function decodeTcp(bytes: Uint8Array): TcpSegment | DecodeError {
	if (bytes.length < TCP_HEADER_LENGTH) return decodeError("truncated", 0, TCP_HEADER_LENGTH, bytes.length);
	const view = viewOf(bytes);
	const word = view.getUint16(12);
	const dataOffset = (word >> 12) * 4;
	if (dataOffset < TCP_HEADER_LENGTH) return decodeError("badLength", 12, TCP_HEADER_LENGTH, dataOffset);
	const header: TcpHeader = {
		sourcePort: view.getUint16(0),
		destinationPort: view.getUint16(2),
		sequence: view.getUint32(4),
		acknowledgment: view.getUint32(8),
		dataOffset,
		flags: word & 0xfff,
		window: view.getUint16(14),
		checksum: view.getUint16(16),
		urgentPointer: view.getUint16(18),
		options: decodeTcpOptions(bytes.subarray(TCP_HEADER_LENGTH, dataOffset)),
	};
	return { header, payload: bytes.subarray(dataOffset), truncated: bytes.length < dataOffset };
}

/** A TCP segment with data offset and checksum filled in. Throws RangeError for a field that does not fit. */
export function encodeTcp(fields: TcpFields, payload: Uint8Array): Uint8Array {
	requireFields(fields);
	const options = encodeTcpOptions(fields.options ?? []);
	const dataOffset = TCP_HEADER_LENGTH + options.length;
	const bytes = new Uint8Array(dataOffset + payload.length);
	const view = viewOf(bytes);
	view.setUint16(0, fields.sourcePort);
	view.setUint16(2, fields.destinationPort);
	view.setUint32(4, fields.sequence);
	view.setUint32(8, fields.acknowledgment ?? 0);
	view.setUint16(12, ((dataOffset / 4) << 12) | fields.flags);
	view.setUint16(14, fields.window ?? 0);
	view.setUint16(18, fields.urgentPointer ?? 0);
	bytes.set(options, TCP_HEADER_LENGTH);
	bytes.set(payload, dataOffset);
	view.setUint16(16, transportChecksum(fields.family, fields.source, fields.destination, IP_PROTOCOL.tcp, bytes));
	return bytes;
}

function requireFields(fields: TcpFields): void {
	requireRange("sourcePort", fields.sourcePort, 0xffff);
	requireRange("destinationPort", fields.destinationPort, 0xffff);
	requireRange("sequence", fields.sequence, 0xffffffff);
	requireRange("acknowledgment", fields.acknowledgment ?? 0, 0xffffffff);
	requireRange("flags", fields.flags, 0xfff);
	requireRange("window", fields.window ?? 0, 0xffff);
	requireRange("urgentPointer", fields.urgentPointer ?? 0, 0xffff);
}
