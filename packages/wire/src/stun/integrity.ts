import { roundUp } from "../bytes.ts";
import { crc32 } from "../digest/crc32.ts";
import { type HmacKey, hmacOfParts } from "../digest/hmac.ts";
import { uintAt } from "./attribute-row.ts";
import { STUN_ATTRIBUTES } from "./attributes.ts";
import { type AttributePlace, findAttribute, type StunMessage } from "./message.ts";
import { STUN_HEADER_LENGTH } from "./types.ts";

/** What a fingerprint is XORed with, so that it is not the CRC of another protocol (RFC 8489 §14.7). */
const FINGERPRINT_XOR = 0x5354554e;

/** Bytes of MESSAGE-INTEGRITY with its head. */
const INTEGRITY_LENGTH = 24;

/** The header's first four bytes with the length that a digest is to see, and the digest: nothing here waits. */
const head = new Uint8Array(4);
const digest = new Uint8Array(32);

/**
 * HMAC over everything before the attribute at `offset`, with a header whose length ends behind that attribute, which
 * has `attributeLength` bytes with its head (RFC 8489 §14.5). Valid until the next call, as that of the classic one.
 */
export function integrityOf(
	hash: "sha1" | "sha256",
	key: HmacKey,
	bytes: Uint8Array,
	offset: number,
	attributeLength: number,
): Uint8Array {
	const length = offset + attributeLength - STUN_HEADER_LENGTH;
	head[0] = bytes[0] ?? 0;
	head[1] = bytes[1] ?? 0;
	head[2] = length >>> 8;
	head[3] = length;
	return hmacOfParts(hash, key, head, bytes, head.length, offset, digest);
}

/** As RFC 3489 §11.2.8 has it: over everything before the attribute, filled up with zeros to a multiple of 64 bytes. */
export function classicIntegrityOf(key: HmacKey, bytes: Uint8Array, offset: number): Uint8Array {
	const padded = new Uint8Array(roundUp(offset, 64));
	padded.set(bytes.subarray(0, offset));
	const length = offset + INTEGRITY_LENGTH - STUN_HEADER_LENGTH;
	padded[2] = length >>> 8;
	padded[3] = length;
	return hmacOfParts("sha1", key, padded.subarray(0, 4), padded, 4, padded.length, digest);
}

/** The fingerprint of the message up to `offset`, whose header already has its final length. */
export function fingerprintOf(bytes: Uint8Array, offset: number): number {
	return (crc32(bytes, offset) ^ FINGERPRINT_XOR) >>> 0;
}

/**
 * Whether the digest at `place` is this one, or its beginning. Every byte of it is looked at, whatever differs: the time
 * tells nobody how much of a forged one was right.
 */
export function sameDigest(
	bytes: Uint8Array,
	place: Pick<AttributePlace, "value" | "end">,
	expected: Uint8Array,
): boolean {
	let difference = 0;
	for (let index = place.value; index < place.end; index++)
		difference |= (bytes[index] ?? 0) ^ (expected[index - place.value] ?? 0);
	return difference === 0;
}

/**
 * Whether the message has a MESSAGE-INTEGRITY (RFC 8489 §14.5, in classic messages RFC 3489 §11.2.8) made with this key.
 * It speaks for the attributes marked `protected`.
 */
export function verifyIntegrity(message: StunMessage, key: HmacKey): boolean {
	const { bytes, classic } = message;
	const place = findAttribute(bytes, STUN_ATTRIBUTES.messageIntegrity.type);
	if (place === null || place.end - place.offset !== INTEGRITY_LENGTH) return false;
	const expected = classic
		? classicIntegrityOf(key, bytes, place.offset)
		: integrityOf("sha1", key, bytes, place.offset, INTEGRITY_LENGTH);
	return sameDigest(bytes, place, expected);
}

/** Whether the message has a MESSAGE-INTEGRITY-SHA256 of 16 to 32 bytes made with this key (RFC 8489 §14.6). */
export function verifyIntegritySha256(message: StunMessage, key: HmacKey): boolean {
	const { bytes } = message;
	const place = findAttribute(bytes, STUN_ATTRIBUTES.messageIntegritySha256.type);
	if (place === null) return false;
	const length = place.end - place.value;
	if (length < 16 || length > 32 || length % 4 !== 0) return false;
	return sameDigest(bytes, place, integrityOf("sha256", key, bytes, place.offset, length + 4));
}

/** Whether the message ends with a right FINGERPRINT (RFC 8489 §14.7). */
export function verifyFingerprint(message: StunMessage): boolean {
	return hasFingerprint(message.bytes);
}

/** The same of a message's bytes. */
export function hasFingerprint(bytes: Uint8Array): boolean {
	const place = findAttribute(bytes, STUN_ATTRIBUTES.fingerprint.type);
	if (place === null || place.end !== bytes.length || place.end - place.value !== 4) return false;
	return uintAt(bytes, place.value, 4) === fingerprintOf(bytes, place.offset);
}
