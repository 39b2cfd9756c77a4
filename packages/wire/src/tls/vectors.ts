import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";

/** A vector's bytes behind a length of `size` bytes (RFC 8446 §3.4); throws RangeError where they are too many. */
export function encodeVector(name: string, bytes: Uint8Array, size: 1 | 2 | 3): Uint8Array {
	return concatBytes([encodeUint(`length of ${name}`, bytes.length, size), bytes]);
}

/** The bytes of the vector that comes next. */
export function readVector(reader: ByteReader, size: 1 | 2 | 3): Uint8Array {
	return reader.bytes(size === 1 ? reader.uint8() : size === 2 ? reader.uint16() : reader.uint24());
}

/** Numbers of `size` bytes each as a vector. */
export function encodeNumbers(name: string, values: readonly number[], size: 1 | 2, lengthSize: 1 | 2): Uint8Array {
	return encodeVector(name, concatBytes(values.map((value) => encodeUint(name, value, size))), lengthSize);
}

/** The numbers of a vector, `size` bytes each; an odd end makes the reader fail. */
export function readNumbers(reader: ByteReader, size: 1 | 2, lengthSize: 1 | 2): readonly number[] {
	const start = reader.offset;
	const items = new ByteReader(readVector(reader, lengthSize));
	const values: number[] = [];
	while (items.remaining > 0 && items.error === null) values.push(size === 1 ? items.uint8() : items.uint16());
	if (items.error !== null) reader.fail("badLength", start, size, items.remaining);
	return values;
}

/** A value read from the whole of `bytes`; null where they are too few or too many. */
export function readWhole<Value>(bytes: Uint8Array, read: (reader: ByteReader) => Value): Value | null {
	const reader = new ByteReader(bytes);
	const value = read(reader);
	return reader.error === null && reader.remaining === 0 ? value : null;
}
