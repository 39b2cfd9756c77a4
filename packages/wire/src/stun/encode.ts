import { ByteWriter } from "../byte-writer.ts";
import type { HmacKey } from "../digest/hmac.ts";
import type { StunHead } from "./attribute-row.ts";
import { type AnyRow, STUN_ATTRIBUTES, type StunAttributeName, type StunAttributeValue } from "./attributes.ts";
import { classicIntegrityOf, fingerprintOf, integrityOf } from "./integrity.ts";
import { STUN_COOKIE, STUN_HEADER_LENGTH, type StunClass, type StunMethod, stunType } from "./types.ts";

/**
 * What a message is to be made of: an attribute by name and value; one of an unknown type with its bytes; or a digest by
 * its key (a fingerprint by its name alone), which is worked out over what stands before it.
 */
export type StunItem =
	| {
			readonly [Name in StunAttributeName]: { readonly name: Name; readonly value: StunAttributeValue<Name> };
	  }[StunAttributeName]
	| { readonly name: "unknown"; readonly type: number; readonly value: Uint8Array }
	| { readonly name: "messageIntegrity"; readonly key: HmacKey }
	/** `length`: bytes of the digest, 16 to 32, by default 32. */
	| { readonly name: "messageIntegritySha256"; readonly key: HmacKey; readonly length?: number }
	| { readonly name: "fingerprint" };

/** A message to encode. */
export interface StunFields {
	readonly class: StunClass;
	readonly method: StunMethod | number;
	/** 12 bytes; 16 for a classic message, which has no cookie (RFC 3489). */
	readonly transactionId: Uint8Array;
	/** Written in this order. */
	readonly attributes: readonly StunItem[];
}

/** Room for the message in the making: encoding never waits, so one for all suffices. */
const writer = new ByteWriter(2048);
const mask = new Uint8Array(STUN_HEADER_LENGTH - 4);
const HEAD: StunHead = { classic: false, mask };
const CLASSIC_HEAD: StunHead = { classic: true, mask };

/**
 * The bytes of a message. Throws RangeError for values that do not fit, for more than 65,535 bytes of attributes, for
 * anything behind a fingerprint that is to be worked out, and for an attribute of a classic message whose length is no multiple of four.
 */
export function encodeStun({ class: stunClass, method, transactionId, attributes }: StunFields): Uint8Array {
	const classic = transactionId.length === 16;
	if (!classic && transactionId.length !== 12)
		throw new RangeError(`a transaction id has 12 bytes, or 16 in classic messages, not ${transactionId.length}`);
	writer.clear();
	writer.uint16("message type", stunType(stunClass, method));
	writer.zeros(2);
	if (!classic) writer.uint32("cookie", STUN_COOKIE);
	writer.bytes(transactionId);
	for (let index = 4; index < STUN_HEADER_LENGTH; index++) mask[index - 4] = writer.room[index] ?? 0;
	const head = classic ? CLASSIC_HEAD : HEAD;
	let ended = false;
	for (const item of attributes) {
		if (ended) throw new RangeError("a fingerprint is the last attribute");
		writeItem(item, head);
		ended = item.name === "fingerprint" && !("value" in item);
	}
	setLength(writer.length);
	return writer.copy();
}

/** The header's length for a message that ends at `end`. */
function setLength(end: number): void {
	if (end - STUN_HEADER_LENGTH > 0xffff) throw new RangeError("a message has at most 65,535 bytes of attributes");
	writer.setUint16(2, end - STUN_HEADER_LENGTH);
}

/** Head, value and padding, which the value's length does not count. */
function writeItem(item: StunItem, head: StunHead): void {
	const row: AnyRow | null = item.name === "unknown" ? null : STUN_ATTRIBUTES[item.name];
	const offset = writer.length;
	writer.uint16("attribute type", item.name === "unknown" ? item.type : (row?.type ?? 0));
	writer.zeros(2);
	if (!("value" in item)) writeDigest(item, head, offset);
	else if (row === null) writer.bytes(item.value as Uint8Array);
	else row.write(writer, item.value, head);
	const length = writer.length - offset - 4;
	if (length > 0xffff) throw new RangeError(`an attribute has at most 65,535 bytes, not ${length}`);
	writer.setUint16(offset + 2, length);
	if (head.classic && length % 4 !== 0)
		throw new RangeError(`an attribute of a classic message has a multiple of four bytes, not ${length}`);
	writer.zeros(-length & 3);
}

/** A digest over everything before the attribute at `offset`, whose head is already written. */
function writeDigest(item: Exclude<StunItem, { readonly value: unknown }>, head: StunHead, offset: number): void {
	if (item.name === "messageIntegrity") writer.bytes(integrity(item.key, head, offset), 20);
	else if (item.name === "messageIntegritySha256") writeIntegritySha256(item.key, item.length ?? 32, offset);
	else writeFingerprint(offset);
}

function integrity(key: HmacKey, head: StunHead, offset: number): Uint8Array {
	return head.classic
		? classicIntegrityOf(key, writer.room, offset)
		: integrityOf("sha1", key, writer.room, offset, 24);
}

function writeIntegritySha256(key: HmacKey, length: number, offset: number): void {
	if (length % 4 !== 0 || length < 16 || length > 32)
		throw new RangeError(`MESSAGE-INTEGRITY-SHA256 has 16 to 32 bytes in fours, not ${length}`);
	writer.bytes(integrityOf("sha256", key, writer.room, offset, length + 4), length);
}

function writeFingerprint(offset: number): void {
	setLength(offset + 8);
	writer.uint32("fingerprint", fingerprintOf(writer.room, offset));
}
