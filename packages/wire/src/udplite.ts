import { requireRange, viewOf } from "./bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import { type DecodeError, decodeError } from "./error.ts";
import { IP_PROTOCOL } from "./protocol.ts";

/**
 * The UDP-Lite header (RFC 3828 §3.1): UDP's, with the checksum's coverage in place of the length.
 *
 *     byte  0         1         2         3
 *         +-------------------+-------------------+
 *       0 | source port       | destination port  |
 *         +-------------------+-------------------+
 *       4 | checksum coverage | checksum          |
 *         +-------------------+-------------------+
 */
export interface UdpLiteHeader {
	readonly sourcePort: number;
	readonly destinationPort: number;
	/** In bytes from the header on; 0: everything. */
	readonly coverage: number;
	readonly checksum: number;
}

/** A UDP-Lite packet taken apart (RFC 3828 §3.1); only IP knows its length, and so whether it is truncated. */
export interface UdpLiteDatagram {
	readonly header: UdpLiteHeader;
	readonly payload: Uint8Array;
}

/** What `encodeUdpLite` is told; the addresses are for the checksum. */
export interface UdpLiteFields {
	readonly family: 4 | 6;
	readonly source: string;
	readonly destination: string;
	readonly sourcePort: number;
	readonly destinationPort: number;
	/** In bytes, at least 8 and at most the packet's length; 0, the default: everything. */
	readonly coverage?: number;
}

const HEADER_LENGTH = 8;

/** A UDP-Lite packet; a coverage of 1 to 7 is `badLength` (RFC 3828 §3.1). The payload is a view into `bytes`. */
export function decodeUdpLite(bytes: Uint8Array): UdpLiteDatagram | DecodeError {
	if (bytes.length < HEADER_LENGTH) return decodeError("truncated", 0, HEADER_LENGTH, bytes.length);
	const view = viewOf(bytes);
	const coverage = view.getUint16(4);
	if (coverage > 0 && coverage < HEADER_LENGTH) return decodeError("badLength", 4, HEADER_LENGTH, coverage);
	return {
		header: {
			sourcePort: view.getUint16(0),
			destinationPort: view.getUint16(2),
			coverage,
			checksum: view.getUint16(6),
		},
		payload: bytes.subarray(HEADER_LENGTH),
	};
}

/** A UDP-Lite packet with its checksum filled in (one of 0 is sent as 0xFFFF). Throws RangeError. */
export function encodeUdpLite(fields: UdpLiteFields, payload: Uint8Array): Uint8Array {
	const { family, source, destination, coverage = 0 } = fields;
	const bytes = new Uint8Array(HEADER_LENGTH + payload.length);
	requireRange("sourcePort", fields.sourcePort, 0xffff);
	requireRange("destinationPort", fields.destinationPort, 0xffff);
	requireRange("coverage", coverage, Math.min(bytes.length, 0xffff));
	if (coverage > 0 && coverage < HEADER_LENGTH) throw new RangeError("the checksum covers the header at least");
	const view = viewOf(bytes);
	view.setUint16(0, fields.sourcePort);
	view.setUint16(2, fields.destinationPort);
	view.setUint16(4, coverage);
	bytes.set(payload, HEADER_LENGTH);
	const pseudo = pseudoHeaderSum(family, source, destination, IP_PROTOCOL.udpLite, bytes.length);
	const checksum = internetChecksum(coverage === 0 ? bytes : bytes.subarray(0, coverage), pseudo);
	view.setUint16(6, checksum === 0 ? 0xffff : checksum);
	return bytes;
}
