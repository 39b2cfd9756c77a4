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

/**
 * The bytes of a message. Throws RangeError for values that do not fit, for more than 65,535 bytes of attributes, for
 * anything behind a fingerprint, and for an attribute of a classic message whose length is no multiple of four.
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
	const head: StunHead = { classic, mask: writer.room.slice(4, STUN_HEADER_LENGTH) };
	for (const [index, item] of attributes.entries()) {
		if (item.name === "fingerprint" && index < attributes.length - 1)
			throw new RangeError("a fingerprint is the last attribute");
		writeItem(item, head);
	}
	setLength(writer.length);
	return writer.copy();
}

/** The header's length for a message that ends at `end`. */
function setLength(end: number): void {
	if (end - STUN_HEADER_LENGTH > 0xffff) throw new RangeError("a message has at most 65,535 bytes of attributes");
	writer.setUint16(2, end - STUN_HEADER_LENGTH);
}

function writeItem(item: StunItem, head: StunHead): void {
	if (item.name === "unknown") {
		writeAttribute(item.type, head, () => writer.bytes(item.value));
	} else if ("value" in item) {
		const row: AnyRow = STUN_ATTRIBUTES[item.name];
		writeAttribute(row.type, head, () => row.write(writer, item.value, head));
	} else {
		const offset = writer.length;
		writeAttribute(STUN_ATTRIBUTES[item.name].type, head, () => writeDigest(item, head, offset));
	}
}

/** A digest over everything before the attribute at `offset`. */
function writeDigest(item: Exclude<StunItem, { readonly value: unknown }>, head: StunHead, offset: number): void {
	if (item.name === "messageIntegrity") writer.bytes(integrity(item.key, head, offset));
	else if (item.name === "messageIntegritySha256") writer.bytes(integritySha256(item.key, item.length ?? 32, offset));
	else writeFingerprint(offset);
}

function integrity(key: HmacKey, head: StunHead, offset: number): Uint8Array {
	return head.classic
		? classicIntegrityOf(key, writer.room, offset)
		: integrityOf("sha1", key, writer.room, offset, 24);
}

function integritySha256(key: HmacKey, length: number, offset: number): Uint8Array {
	if (length % 4 !== 0 || length < 16 || length > 32)
		throw new RangeError(`MESSAGE-INTEGRITY-SHA256 has 16 to 32 bytes in fours, not ${length}`);
	return integrityOf("sha256", key, writer.room, offset, length + 4).subarray(0, length);
}

function writeFingerprint(offset: number): void {
	setLength(offset + 8);
	writer.uint32("fingerprint", fingerprintOf(writer.room, offset));
}

/** Head, value and padding, which the value's length does not count. */
function writeAttribute(type: number, { classic }: StunHead, writeValue: () => void): void {
	writer.uint16("attribute type", type);
	const lengthAt = writer.length;
	writer.zeros(2);
	writeValue();
	const length = writer.length - lengthAt - 2;
	if (length > 0xffff) throw new RangeError(`an attribute has at most 65,535 bytes, not ${length}`);
	writer.setUint16(lengthAt, length);
	if (classic && length % 4 !== 0)
		throw new RangeError(`an attribute of a classic message has a multiple of four bytes, not ${length}`);
	writer.zeros(-length & 3);
}
