import { ByteReader } from "./byte-reader.ts";
import { concatBytes, encodeUint, requireRange, roundUp, viewOf } from "./bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import { type DecodeError, decodeError } from "./error.ts";
import { IP_PROTOCOL } from "./protocol.ts";

/** Packet types (RFC 4340 §5.1). */
export const DCCP_TYPES = {
	request: 0,
	response: 1,
	data: 2,
	ack: 3,
	dataAck: 4,
	closeReq: 5,
	close: 6,
	reset: 7,
	sync: 8,
	syncAck: 9,
} as const;

/** Why a connection was reset (RFC 4340 §5.6; IANA DCCP Reset Codes). */
export const DCCP_RESET_CODES: Readonly<Record<number, string>> = {
	0: "Unspecified",
	1: "Closed",
	2: "Aborted",
	3: "No Connection",
	4: "Packet Error",
	5: "Option Error",
	6: "Mandatory Error",
	7: "Connection Refused",
	8: "Bad Service Code",
	9: "Too Busy",
	10: "Bad Init Cookie",
	11: "Aggression Penalty",
};

/**
 * The DCCP generic header with what follows it for each type (RFC 4340 §5.1 to §5.6):
 *
 *     byte  0         1         2         3
 *         +-------------------+-------------------+
 *       0 | source port       | destination port  |
 *         +---------+----+----+-------------------+
 *       4 | data    |CC- |Cs- | checksum          |
 *         | offset  |Val |Cov |                   |
 *         +---+----++----+----+-------------------+
 *       8 |res|type|X|  X = 1: reserved, then     |
 *         +---+----+-+  sequence (48 bits)        |
 *      12 |               X = 0: sequence (24)    |
 *         +---------------------------------------+
 *         | acknowledgment, as long, behind reserved bits: all but Request and Data
 *         | service code (32): Request, Response
 *         | reset code (8), data 1 to 3: Reset
 *         | options, to the data offset
 */
export interface DccpHeader {
	readonly sourcePort: number;
	readonly destinationPort: number;
	/** Length of the header in bytes, options included. */
	readonly dataOffset: number;
	readonly ccVal: number;
	/** CsCov: 0 covers everything, n the header and (n - 1) * 4 bytes of data (RFC 4340 §9.2). */
	readonly checksumCoverage: number;
	readonly checksum: number;
	/** 0 to 15; `DCCP_TYPES` names those in use. */
	readonly type: number;
	/** Whether sequence numbers have 48 bits (X = 1) and not 24. */
	readonly extended: boolean;
	readonly sequence: number;
	/** Null where the type has none. */
	readonly acknowledgment: number | null;
	/** Of Request and Response, else null. */
	readonly serviceCode: number | null;
	/** Of Reset, else null. */
	readonly reset: { readonly code: number; readonly data: Uint8Array } | null;
	/** Raw, padding included. */
	readonly options: Uint8Array;
}

/** A DCCP packet taken apart (RFC 4340 §5). */
export interface DccpPacket {
	readonly header: DccpHeader;
	readonly payload: Uint8Array;
	/** The bytes end inside the options. */
	readonly truncated: boolean;
}

/** What `encodeDccp` is told; data offset and checksum are its own work, sequence numbers have 48 bits. */
export interface DccpFields {
	readonly family: 4 | 6;
	readonly source: string;
	readonly destination: string;
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly type: number;
	readonly sequence: number;
	readonly ccVal?: number;
	readonly checksumCoverage?: number;
	/** For the types that have one: 0 by default. */
	readonly acknowledgment?: number | null;
	readonly serviceCode?: number | null;
	readonly reset?: { readonly code: number; readonly data: Uint8Array } | null;
	/** Padded with zeros to a multiple of 4. */
	readonly options?: Uint8Array;
}

const SHORT_HEADER = 12;
const LONG_HEADER = 16;

function hasAcknowledgment(type: number): boolean {
	return type !== DCCP_TYPES.request && type !== DCCP_TYPES.data;
}

function hasServiceCode(type: number): boolean {
	return type === DCCP_TYPES.request || type === DCCP_TYPES.response;
}

/** A DCCP packet with all that its type says; options and payload are views into `bytes`. */
export function decodeDccp(bytes: Uint8Array): DccpPacket | DecodeError {
	if (bytes.length < SHORT_HEADER) return decodeError("truncated", 0, SHORT_HEADER, bytes.length);
	const reader = new ByteReader(bytes);
	const ports = { sourcePort: reader.uint16(), destinationPort: reader.uint16() };
	const dataOffset = reader.uint8() * 4;
	const coverage = reader.uint8();
	const checksum = reader.uint16();
	const kind = reader.uint8();
	const type = (kind >> 1) & 0xf;
	const extended = (kind & 1) === 1;
	if (extended) reader.uint8();
	const sequence = extended ? reader.uint48() : reader.uint24();
	const acknowledgment = hasAcknowledgment(type) ? readAcknowledgment(reader, extended) : null;
	const serviceCode = hasServiceCode(type) ? reader.uint32() : null;
	const reset = type === DCCP_TYPES.reset ? { code: reader.uint8(), data: reader.bytes(3) } : null;
	if (reader.error !== null) return reader.error;
	const fixed = reader.offset;
	if (dataOffset < fixed) return decodeError("badLength", 4, fixed, dataOffset);
	const header: DccpHeader = {
		...ports,
		dataOffset,
		ccVal: coverage >> 4,
		checksumCoverage: coverage & 0xf,
		checksum,
		type,
		extended,
		sequence,
		acknowledgment,
		serviceCode,
		reset,
		options: bytes.subarray(fixed, dataOffset),
	};
	return { header, payload: bytes.subarray(dataOffset), truncated: bytes.length < dataOffset };
}

function readAcknowledgment(reader: ByteReader, extended: boolean): number {
	if (!extended) {
		reader.uint8();
		return reader.uint24();
	}
	reader.uint16();
	return reader.uint48();
}

/** A DCCP packet with data offset and checksum filled in. Throws RangeError for a field that does not fit. */
export function encodeDccp(fields: DccpFields, payload: Uint8Array): Uint8Array {
	const rest = encodeTypeFields(fields);
	const { ccVal = 0, checksumCoverage = 0, type } = fields;
	requireRange("ccVal", ccVal, 0xf);
	requireRange("checksumCoverage", checksumCoverage, 0xf);
	requireRange("type", type, 0xf);
	const dataOffset = LONG_HEADER + rest.length;
	const header = concatBytes([
		encodeUint("sourcePort", fields.sourcePort, 2),
		encodeUint("destinationPort", fields.destinationPort, 2),
		encodeUint("data offset / 4", dataOffset / 4, 1),
		Uint8Array.of((ccVal << 4) | checksumCoverage, 0, 0, (type << 1) | 1, 0),
		encodeUint("sequence", fields.sequence, 6),
		rest,
	]);
	const bytes = concatBytes([header, payload]);
	viewOf(bytes).setUint16(6, dccpChecksum(fields, bytes, coveredLength(checksumCoverage, dataOffset, bytes.length)));
	return bytes;
}

function encodeTypeFields(fields: DccpFields): Uint8Array {
	const { type, acknowledgment, serviceCode, reset, options = new Uint8Array(0) } = fields;
	const parts: Uint8Array[] = [];
	if (hasAcknowledgment(type)) parts.push(new Uint8Array(2), encodeUint("acknowledgment", acknowledgment ?? 0, 6));
	if (hasServiceCode(type)) parts.push(encodeUint("service code", serviceCode ?? 0, 4));
	if (type === DCCP_TYPES.reset) {
		const data = new Uint8Array(3);
		data.set(reset?.data ?? []);
		parts.push(encodeUint("reset code", reset?.code ?? 0, 1), data);
	}
	const padding = new Uint8Array(roundUp(options.length, 4) - options.length);
	return concatBytes([...parts, options, padding]);
}

/** RFC 4340 §9.2. */
function coveredLength(checksumCoverage: number, dataOffset: number, length: number): number {
	if (checksumCoverage === 0) return length;
	const covered = dataOffset + (checksumCoverage - 1) * 4;
	if (covered > length) throw new RangeError(`the checksum cannot cover ${covered} bytes of ${length}`);
	return covered;
}

function dccpChecksum(fields: DccpFields, bytes: Uint8Array, covered: number): number {
	const { family, source, destination } = fields;
	const pseudo = pseudoHeaderSum(family, source, destination, IP_PROTOCOL.dccp, bytes.length);
	return internetChecksum(bytes.subarray(0, covered), pseudo);
}
