import { ByteReader } from "../byte-reader.ts";
import type { DecodeError } from "../error.ts";

/**
 * What every version of QUIC has in common (RFC 8999 §5.1, §5.2):
 *
 *     long    +---------+-------------+------+-------------+------+-------------+--------
 *             |1 x x .. | version (32)| DCID | DCID        | SCID | SCID        | version
 *             |         |             | len. | 0-255 bytes | len. | 0-255 bytes | specific
 *             +---------+-------------+------+-------------+------+-------------+--------
 *     short   +---------+------------------------------+-----------------
 *             |0 x x .. | DCID, as long as we chose it | version specific
 *             +---------+------------------------------+-----------------
 */
export type QuicInvariant =
	| {
			readonly form: "long";
			readonly firstByte: number;
			/** 0 in Version Negotiation. */
			readonly version: number;
			readonly dcid: Uint8Array;
			readonly scid: Uint8Array;
			/** What follows the connection IDs. */
			readonly rest: Uint8Array;
	  }
	| {
			readonly form: "short";
			readonly firstByte: number;
			readonly dcid: Uint8Array;
			readonly rest: Uint8Array;
	  };

/** How a decoder is told what a short header does not say. */
export interface QuicDecodeOptions {
	/** Length of the connection IDs that we gave out, in bytes; 0 by default. */
	readonly connectionIdLength?: number;
}

/** The version-independent part of a packet; its byte fields are views into `bytes`. */
export function decodeQuicInvariant(bytes: Uint8Array, options: QuicDecodeOptions = {}): QuicInvariant | DecodeError {
	const reader = new ByteReader(bytes);
	const firstByte = reader.uint8();
	if ((firstByte & 0x80) === 0) {
		const dcid = reader.bytes(options.connectionIdLength ?? 0);
		return reader.error ?? { form: "short", firstByte, dcid, rest: reader.rest() };
	}
	const version = reader.uint32();
	const dcid = reader.bytes(reader.uint8());
	const scid = reader.bytes(reader.uint8());
	return reader.error ?? { form: "long", firstByte, version, dcid, scid, rest: reader.rest() };
}
