/** A DataView over the same bytes, for reading and writing network byte order. */
export function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The smallest multiple of `unit` that is not below `length`. */
export function roundUp(length: number, unit: number): number {
	return Math.ceil(length / unit) * unit;
}

/** All parts, one after the other, in one new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const part of parts) length += part.length;
	const joined = new Uint8Array(length);
	let offset = 0;
	for (const part of parts) {
		joined.set(part, offset);
		offset += part.length;
	}
	return joined;
}

/** Throws RangeError unless `value` is an integer from 0 to `maximum`: a field that does not fit is the caller's mistake. */
export function requireRange(name: string, value: number, maximum: number): void {
	if (!Number.isInteger(value) || value < 0 || value > maximum) {
		throw new RangeError(`${name} must be an integer from 0 to ${maximum}, not ${value}`);
	}
}

/** `value` in `size` bytes (1 to 6), network byte order; throws RangeError where it does not fit. */
export function encodeUint(name: string, value: number, size: 1 | 2 | 3 | 4 | 6): Uint8Array {
	requireRange(name, value, 2 ** (8 * size) - 1);
	const bytes = new Uint8Array(size);
	let rest = value;
	for (let index = size - 1; index >= 0; index--) {
		bytes[index] = rest % 256;
		rest = Math.floor(rest / 256);
	}
	return bytes;
}

/** Whether both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
	return true;
}
