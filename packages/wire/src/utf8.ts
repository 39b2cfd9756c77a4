/**
 * UTF-8 (RFC 3629) by hand, because this package compiles with the language alone and TextDecoder belongs to the
 * environment.
 */

const REPLACEMENT = "\uFFFD";

/** Bytes of a text; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
	const bytes: number[] = [];
	for (const character of text) {
		const point = character.codePointAt(0) ?? 0;
		pushPoint(bytes, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);
	}
	return Uint8Array.from(bytes);
}

function pushPoint(bytes: number[], point: number): void {
	if (point < 0x80) bytes.push(point);
	else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
	else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
	else {
		bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f));
		bytes.push(0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
	}
}

/** Text of bytes; every byte that belongs to no well-formed sequence becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
	let text = "";
	let offset = 0;
	while (offset < bytes.length) {
		const length = sequenceLength(bytes[offset] ?? 0);
		const point = length === 0 ? -1 : pointAt(bytes, offset, length);
		text += point < 0 ? REPLACEMENT : String.fromCodePoint(point);
		offset += point < 0 ? 1 : length;
	}
	return text;
}

function sequenceLength(first: number): number {
	if (first < 0x80) return 1;
	if (first >= 0xc2 && first <= 0xdf) return 2;
	if (first >= 0xe0 && first <= 0xef) return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

const FIRST_BYTE_MASK = [0, 0x7f, 0x1f, 0x0f, 0x07];
const SMALLEST_POINT = [0, 0, 0x80, 0x800, 0x10000];

function pointAt(bytes: Uint8Array, offset: number, length: number): number {
	let point = (bytes[offset] ?? 0) & (FIRST_BYTE_MASK[length] ?? 0);
	for (let index = 1; index < length; index++) {
		const next = bytes[offset + index] ?? 0;
		if ((next & 0xc0) !== 0x80) return -1;
		point = (point << 6) | (next & 0x3f);
	}
	const surrogate = point >= 0xd800 && point <= 0xdfff;
	return point < (SMALLEST_POINT[length] ?? 0) || point > 0x10ffff || surrogate ? -1 : point;
}
