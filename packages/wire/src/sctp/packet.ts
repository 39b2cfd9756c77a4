import { concatBytes, encodeUint, viewOf } from "../bytes.ts";
import { crc32c } from "../crc32c.ts";
import { type DecodeError, decodeError } from "../error.ts";
import { CHUNKS, type SctpChunk } from "./chunks.ts";

/**
 * The SCTP common header (RFC 9260 §3.1), and the chunks behind it:
 *
 *     byte  0         1         2         3
 *         +-------------------+-------------------+
 *       0 | source port       | destination port  |
 *         +-------------------+-------------------+
 *       4 | verification tag                      |
 *       8 | checksum: CRC32c, low byte first      |
 *         +---------------------------------------+
 *      12 | chunks                                |
 */
export interface SctpHeader {
	readonly sourcePort: number;
	readonly destinationPort: number;
	/** 0 in a packet with an INIT; else what the other end gave as its initiate tag. */
	readonly verificationTag: number;
	readonly checksum: number;
}

/** An SCTP packet taken apart (RFC 9260 §3). */
export interface SctpPacket {
	readonly header: SctpHeader;
	/** A packet that was cut off ends in a `malformed` chunk. */
	readonly chunks: readonly SctpChunk[];
	readonly checksumValid: boolean;
}

/** What `encodeSctp` is told; the checksum is its own work and needs no addresses. */
export interface SctpFields {
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly verificationTag: number;
}

const HEADER_LENGTH = 12;
const CHECKSUM_OFFSET = 8;

/** Ports and verification tag out of a quote of 8 bytes or more. */
export function decodeSctpPrefix(bytes: Uint8Array): SctpFields | DecodeError {
	if (bytes.length < CHECKSUM_OFFSET) return decodeError("truncated", 0, CHECKSUM_OFFSET, bytes.length);
	const view = viewOf(bytes);
	return { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2), verificationTag: view.getUint32(4) };
}

/** A whole SCTP packet; byte fields are views into `bytes`. A wrong checksum is told, not judged. */
export function decodeSctp(bytes: Uint8Array): SctpPacket | DecodeError {
	if (bytes.length < HEADER_LENGTH) return decodeError("truncated", 0, HEADER_LENGTH, bytes.length);
	const fields = decodeSctpPrefix(bytes);
	if ("error" in fields) return fields;
	const checksum = viewOf(bytes).getUint32(CHECKSUM_OFFSET, true);
	return {
		header: { ...fields, checksum },
		chunks: CHUNKS.decode(bytes.subarray(HEADER_LENGTH)),
		checksumValid: checksum === sctpChecksum(bytes),
	};
}

/** An SCTP packet with its checksum filled in. Throws RangeError. */
export function encodeSctp(fields: SctpFields, chunks: readonly SctpChunk[]): Uint8Array {
	const bytes = concatBytes([
		encodeUint("sourcePort", fields.sourcePort, 2),
		encodeUint("destinationPort", fields.destinationPort, 2),
		encodeUint("verificationTag", fields.verificationTag, 4),
		new Uint8Array(4),
		CHUNKS.encode(chunks),
	]);
	viewOf(bytes).setUint32(CHECKSUM_OFFSET, sctpChecksum(bytes), true);
	return bytes;
}

/** CRC32c over the packet with zeros for its checksum (RFC 9260 §6.8). */
function sctpChecksum(bytes: Uint8Array): number {
	const copy = bytes.slice();
	copy.fill(0, CHECKSUM_OFFSET, HEADER_LENGTH);
	return crc32c(copy);
}
