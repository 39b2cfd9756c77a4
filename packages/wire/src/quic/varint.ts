import { ByteReader } from "../byte-reader.ts";
import { viewOf } from "../bytes.ts";
import type { DecodeError } from "../error.ts";

/**
 * Variable-length integers (RFC 9000 §16): the first two bits say how long the number is.
 *
 *     00  1 byte,  6 bits     10  4 bytes, 30 bits
 *     01  2 bytes, 14 bits    11  8 bytes, 62 bits
 */
export interface Varint {
	readonly value: number;
	/** Of the encoding, in bytes. */
	readonly length: number;
}

/** The largest number that a varint can say, 2^62 - 1 (RFC 9000 §16). */
const MAXIMUM = 2n ** 62n - 1n;

/** The integer at `offset`. One beyond 2^53 - 1 is `badValue`: nothing that we count comes near it. */
export function decodeVarint(bytes: Uint8Array, offset = 0): Varint | DecodeError {
	const reader = new ByteReader(bytes, offset);
	const start = reader.offset;
	const value = readVarint(reader);
	return reader.error ?? { value, length: reader.offset - start };
}

/** The next integer of a reader; one beyond 2^53 - 1 makes the reader fail with `badValue`. */
export function readVarint(reader: ByteReader): number {
	const start = reader.offset;
	const value = readWideVarint(reader);
	if (typeof value === "number") return value;
	reader.fail("badValue", start, Number.MAX_SAFE_INTEGER, Number(value));
	return 0;
}

/** The next integer of a reader, a bigint only beyond 2^53 - 1. */
export function readWideVarint(reader: ByteReader): number | bigint {
	const first = reader.uint8();
	const bits = first & 0x3f;
	switch (first >> 6) {
		case 0:
			return bits;
		case 1:
			return bits * 0x100 + reader.uint8();
		case 2:
			return bits * 0x1000000 + reader.uint24();
		default:
			return narrow(bits * 0x1000000 + reader.uint24(), reader.uint32());
	}
}

function narrow(high: number, low: number): number | bigint {
	return high < 0x200000 ? high * 0x100000000 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** The shortest encoding, or one of `length` bytes; throws RangeError where the number does not fit. */
export function encodeVarint(value: number | bigint, length?: 1 | 2 | 4 | 8): Uint8Array {
	if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
	const wide = BigInt(value);
	if (wide < 0n || wide > MAXIMUM) throw new RangeError(`a varint is 0 to 2^62 - 1, not ${value}`);
	const size = length ?? shortest(wide);
	if (size < shortest(wide)) throw new RangeError(`${value} needs more than ${size} bytes`);
	const bytes = new Uint8Array(8);
	viewOf(bytes).setBigUint64(0, wide);
	const encoded = bytes.subarray(8 - size);
	encoded[0] = (encoded[0] ?? 0) | (Math.log2(size) << 6);
	return encoded;
}

function shortest(value: bigint): 1 | 2 | 4 | 8 {
	if (value < 0x40n) return 1;
	if (value < 0x4000n) return 2;
	return value < 0x40000000n ? 4 : 8;
}
