import { concatBytes, roundUp, viewOf } from "./bytes.ts";
import { type DecodeError, decodeError } from "./error.ts";
import { decodePcapngBody, encodeOptions, numberBytes, type PcapngBody, textOption } from "./pcapng-body.ts";

/**
 * pcapng (draft-ietf-opsawg-pcapng §3.1): blocks one behind the other, each with its length at both ends. We write low
 * bytes first, and read either order.
 *
 *     +-----------+--------------+--------------------------------+--------------+
 *     | type (32) | length (32), | body, zero padded to 4         | length again |
 *     |           | all of it    |                                |              |
 *     +-----------+--------------+--------------------------------+--------------+
 */
export type PcapngBlock = PcapngBody & { readonly bytes: Uint8Array };

/** All blocks of a file. */
export interface PcapngFile {
	readonly blocks: readonly PcapngBlock[];
	/** Why the rest is no block; null where the file ends with its last block. */
	readonly error: DecodeError | null;
}

/** What links carry (draft-ietf-opsawg-pcaplinktype): packets that begin with their IP header, either version. */
export const LINKTYPE_RAW = 101;

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** The options of each block that we write (§3.5, §4.1, §4.2, §4.3). */
const OPTION = { comment: 1, hardware: 2, os: 3, application: 4, interfaceName: 2, interfaceResolution: 9 } as const;
/** if_tsresol 9: time stamps count 10^-9 s. */
const NANOSECONDS = 9;

/** A section header (§4.1), which a file begins with; everything in it is for people to read. */
export function encodePcapngSection(
	fields: {
		readonly hardware?: string;
		readonly os?: string;
		readonly application?: string;
		readonly comment?: string;
	} = {},
): Uint8Array {
	return encodeBlock(SECTION_HEADER, [
		numberBytes("byte-order magic", BYTE_ORDER_MAGIC, 4),
		numberBytes("major version", 1, 2),
		numberBytes("minor version", 0, 2),
		// -1: the section's length is not told.
		new Uint8Array(8).fill(0xff),
		encodeOptions([
			textOption(OPTION.comment, fields.comment),
			textOption(OPTION.hardware, fields.hardware),
			textOption(OPTION.os, fields.os),
			textOption(OPTION.application, fields.application),
		]),
	]);
}

/** An interface description (§4.2), time stamps in nanoseconds; interfaces count from 0 in the order of the file. */
export function encodePcapngInterface(
	fields: {
		/** LINKTYPE_RAW by default. */
		readonly linkType?: number;
		readonly name?: string;
		/** Longest packet in bytes; 0, the default, for any. */
		readonly snapLength?: number;
	} = {},
): Uint8Array {
	return encodeBlock(INTERFACE_DESCRIPTION, [
		numberBytes("link type", fields.linkType ?? LINKTYPE_RAW, 2),
		new Uint8Array(2),
		numberBytes("snap length", fields.snapLength ?? 0, 4),
		encodeOptions([
			textOption(OPTION.interfaceName, fields.name),
			{ code: OPTION.interfaceResolution, bytes: Uint8Array.of(NANOSECONDS) },
		]),
	]);
}

/** What `encodePcapngPacket` is told. */
export interface PcapngPacketFields {
	/** 0 by default. */
	readonly interfaceId?: number;
	/** Nanoseconds since 1970-01-01 UTC. */
	readonly timestampNs: bigint;
	readonly packet: Uint8Array;
	/** Length on the wire, where only the first bytes were kept; the packet's own by default. */
	readonly originalLength?: number;
	readonly comment?: string;
}

/** An enhanced packet (§4.3) with its comment. Throws RangeError. */
export function encodePcapngPacket(fields: PcapngPacketFields): Uint8Array {
	const { timestampNs, packet } = fields;
	if (timestampNs < 0n || timestampNs >= 2n ** 64n) throw new RangeError(`not a time stamp: ${timestampNs}`);
	const padding = new Uint8Array(roundUp(packet.length, 4) - packet.length);
	return encodeBlock(ENHANCED_PACKET, [
		numberBytes("interface", fields.interfaceId ?? 0, 4),
		numberBytes("time stamp", Number(timestampNs >> 32n), 4),
		numberBytes("time stamp", Number(timestampNs & 0xffffffffn), 4),
		numberBytes("captured length", packet.length, 4),
		numberBytes("original length", fields.originalLength ?? packet.length, 4),
		packet,
		padding,
		encodeOptions([textOption(OPTION.comment, fields.comment)]),
	]);
}

function encodeBlock(type: number, parts: readonly Uint8Array[]): Uint8Array {
	const body = concatBytes(parts);
	const length = numberBytes("block length", body.length + 12, 4);
	return concatBytes([numberBytes("block type", type, 4), length, body, length]);
}

/** A file's blocks, each with its place in `bytes`; reads section by section in the byte order of each. */
export function decodePcapng(bytes: Uint8Array): PcapngFile {
	const blocks: PcapngBlock[] = [];
	let offset = 0;
	let littleEndian = true;
	while (offset < bytes.length) {
		const rest = bytes.subarray(offset);
		if (rest.length < 12) return { blocks, error: decodeError("truncated", offset, 12, rest.length) };
		const view = viewOf(rest);
		if (view.getUint32(0) === SECTION_HEADER) {
			littleEndian = view.getUint32(8, true) === BYTE_ORDER_MAGIC;
			if (view.getUint32(8, littleEndian) !== BYTE_ORDER_MAGIC)
				return { blocks, error: decodeError("badValue", offset + 8, BYTE_ORDER_MAGIC, view.getUint32(8)) };
		} else if (blocks.length === 0) {
			return { blocks, error: decodeError("badValue", offset, SECTION_HEADER, view.getUint32(0)) };
		}
		const length = view.getUint32(4, littleEndian);
		const error = lengthError(view, offset, length, littleEndian);
		if (error !== null) return { blocks, error };
		const body = decodePcapngBody(view.getUint32(0, littleEndian), rest.subarray(8, length - 4), littleEndian);
		blocks.push({ ...body, bytes: rest.subarray(0, length) });
		offset += length;
	}
	return { blocks, error: null };
}

function lengthError(view: DataView, offset: number, length: number, littleEndian: boolean): DecodeError | null {
	if (length < 12 || length % 4 !== 0) return decodeError("badLength", offset + 4, 12, length);
	if (length > view.byteLength) return decodeError("truncated", offset, length, view.byteLength);
	const again = view.getUint32(length - 4, littleEndian);
	return again === length ? null : decodeError("badLength", offset + length - 4, length, again);
}
