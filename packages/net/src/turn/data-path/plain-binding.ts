/**
 * The answer to a plain Binding request (RFC 8489 §6.3.1), in the same bytes as core's `StunServer` gives, without a
 * value made for it. Plain is one that is well-formed and has nothing in it that the answer would depend on but a right
 * FINGERPRINT; every other is the server's. Pure.
 */
import type { AnswerCap, Instant } from "@whither/core";
import { crc32, formatAddress, isKnownAttribute, STUN_ATTRIBUTES, STUN_COOKIE } from "@whither/wire";
import { familyOfName } from "./socket-names.ts";

const HEADER = 20;
const SOFTWARE = STUN_ATTRIBUTES.software.type;
const FINGERPRINT = STUN_ATTRIBUTES.fingerprint.type;
const XOR_MAPPED_ADDRESS = STUN_ATTRIBUTES.xorMappedAddress.type;
/** With its head. */
const FINGERPRINT_LENGTH = 8;
const MAPPED_LENGTH = { 4: 12, 6: 24 } as const;
/** What a fingerprint is XORed with (RFC 8489 §14.7). */
const FINGERPRINT_XOR = 0x5354554e;
/** Sources whose text is kept, for the cap knows them by it. */
const KEPT_SOURCES = 1024;

/** The longest answer. */
export const LONGEST_BINDING_ANSWER = HEADER + MAPPED_LENGTH[6] + FINGERPRINT_LENGTH;

/** Answers where a request stood. */
export class PlainBinding {
	readonly #cap: AnswerCap;
	readonly #words = new Int32Array(KEPT_SOURCES * 4);
	readonly #texts: (string | undefined)[] = new Array(KEPT_SOURCES).fill(undefined);

	/** `cap`: the one that the server of all other requests asks too. */
	constructor(cap: AnswerCap) {
		this.#cap = cap;
	}

	/**
	 * Writes the answer over the request, which has room for `LONGEST_BINDING_ANSWER` bytes; its length. 0: the server is to
	 * answer, and nothing has changed. -1: nobody is to, for this source has had enough.
	 */
	answer(bytes: Uint8Array, at: number, length: number, names: Int32Array, name: number, now: Instant): number {
		const marked = plainness(bytes, at, length);
		if (marked === null) return 0;
		if (!this.#cap.allows(this.#textOf(names, name), now)) return -1;
		const family = familyOfName(names[name] as number);
		const body = MAPPED_LENGTH[family] + (marked ? FINGERPRINT_LENGTH : 0);
		bytes[at] = 1;
		bytes[at + 1] = 1;
		bytes[at + 2] = 0;
		bytes[at + 3] = body;
		writeMapped(bytes, at, names, name);
		if (marked) writeFingerprint(bytes, at, HEADER + MAPPED_LENGTH[family]);
		return HEADER + body;
	}

	#textOf(names: Int32Array, name: number): string {
		const from = familyOfName(names[name] as number) === 4 ? name + 1 : name + 2;
		const words = from === name + 1 ? 1 : 4;
		const first = names[from] as number;
		const last = names[from + words - 1] as number;
		const place = (Math.imul(first ^ (last >>> 16) ^ words, 0x9e3779b1) >>> 22) & (KEPT_SOURCES - 1);
		const kept = this.#words;
		const at = place * 4;
		const known = this.#texts[place];
		let same = known !== undefined && known.includes(":") === (words === 4);
		for (let index = 0; index < words; index++) same &&= kept[at + index] === names[from + index];
		if (same) return known as string;
		for (let index = 0; index < words; index++) kept[at + index] = names[from + index] as number;
		const text = formatAddress(new Uint8Array(names.buffer, names.byteOffset + from * 4, words * 4));
		this.#texts[place] = text;
		return text;
	}
}

/** Whether a plain request has a fingerprint; null: it is not a plain one. */
function plainness(bytes: Uint8Array, at: number, length: number): boolean | null {
	if (length < HEADER || bytes[at] !== 0 || bytes[at + 1] !== 1 || uint32(bytes, at + 4) !== STUN_COOKIE) return null;
	if (uint16(bytes, at + 2) !== length - HEADER || (length & 3) !== 0) return null;
	const end = at + length;
	for (let offset = at + HEADER; offset < end; ) {
		const type = uint16(bytes, offset);
		const next = offset + 4 + ((uint16(bytes, offset + 2) + 3) & ~3);
		if (next > end) return null;
		if (type === FINGERPRINT)
			return next === end && next - offset === FINGERPRINT_LENGTH && isMarkRight(bytes, at, offset) ? true : null;
		if (type !== SOFTWARE && (type < 0x8000 || isKnownAttribute(type))) return null;
		offset = next;
	}
	return false;
}

function isMarkRight(bytes: Uint8Array, at: number, offset: number): boolean {
	return bytes[offset + 3] === 4 && uint32(bytes, offset + 4) === markOf(bytes, at, offset);
}

function markOf(bytes: Uint8Array, at: number, offset: number): number {
	return (crc32(bytes.subarray(at, offset)) ^ FINGERPRINT_XOR) >>> 0;
}

/** XOR-MAPPED-ADDRESS (RFC 8489 §14.2), right behind the header. */
function writeMapped(bytes: Uint8Array, at: number, names: Int32Array, name: number): void {
	const family = familyOfName(names[name] as number);
	const to = at + HEADER;
	bytes[to] = XOR_MAPPED_ADDRESS >>> 8;
	bytes[to + 1] = XOR_MAPPED_ADDRESS & 0xff;
	bytes[to + 2] = 0;
	bytes[to + 3] = MAPPED_LENGTH[family] - 4;
	bytes[to + 4] = 0;
	bytes[to + 5] = family === 4 ? 1 : 2;
	// The name has the port in network order behind its family.
	const port = (names[name] as number) >>> 16;
	bytes[to + 6] = (port & 0xff) ^ (STUN_COOKIE >>> 24);
	bytes[to + 7] = (port >>> 8) ^ ((STUN_COOKIE >>> 16) & 0xff);
	const from = family === 4 ? name + 1 : name + 2;
	const count = family === 4 ? 4 : 16;
	// Cookie and transaction id lie in the header as they are XORed with.
	for (let index = 0; index < count; index++) {
		const byte = ((names[from + (index >> 2)] as number) >>> (8 * (index & 3))) & 0xff;
		bytes[to + 8 + index] = byte ^ (bytes[at + 4 + index] as number);
	}
}

function writeFingerprint(bytes: Uint8Array, at: number, offset: number): void {
	const to = at + offset;
	const mark = markOf(bytes, at, to);
	bytes[to] = FINGERPRINT >>> 8;
	bytes[to + 1] = FINGERPRINT & 0xff;
	bytes[to + 2] = 0;
	bytes[to + 3] = 4;
	for (let index = 0; index < 4; index++) bytes[to + 4 + index] = mark >>> (24 - 8 * index);
}

function uint16(bytes: Uint8Array, at: number): number {
	return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32(bytes: Uint8Array, at: number): number {
	return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}
