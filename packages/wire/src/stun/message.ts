import { type DecodeError, decodeError } from "../error.ts";
import { type StunAddress, type StunHead, uint16At } from "./attribute-row.ts";
import {
	type AnyRow,
	decodeAttribute,
	STUN_ATTRIBUTES,
	type StunAttribute,
	type StunAttributeName,
	type StunAttributeValue,
} from "./attributes.ts";
import {
	STUN_COOKIE,
	STUN_HEADER_LENGTH,
	type StunClass,
	type StunMethod,
	stunClassOf,
	stunMethodOf,
} from "./types.ts";

/**
 * A STUN message (RFC 8489 §5; without its cookie RFC 3489 §11.1):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---+---------------------------+-------------------------------+
 *     |0 0|  class and method         |  length of all that follows   |
 *     +---+---------------------------+  the header                   |
 *     |                          cookie (0x2112A442)                  |
 *     +---------------------------------------------------------------+
 *     |                     transaction id (96 bits)                  |
 *     +---------------------------------------------------------------+
 */
export interface StunMessage {
	readonly class: StunClass;
	/** A number where the table has no name for it. */
	readonly method: StunMethod | number;
	/** Without the cookie: RFC 3489. */
	readonly classic: boolean;
	/** 12 bytes, in classic messages 16. A view of `bytes`. */
	readonly transactionId: Uint8Array;
	/** All of them in their order, decoded on first use. */
	readonly attributes: readonly StunAttribute[];
	/** The whole message, as it was received. */
	readonly bytes: Uint8Array;
}

/** Where an attribute stands: its head, its value and the end of its value, without padding. */
export interface AttributePlace {
	readonly type: number;
	readonly offset: number;
	readonly value: number;
	readonly end: number;
}

class ReadMessage implements StunMessage {
	readonly class: StunClass;
	readonly method: StunMethod | number;
	readonly classic: boolean;
	readonly bytes: Uint8Array;
	#attributes: readonly StunAttribute[] | null = null;
	#transactionId: Uint8Array | null = null;

	constructor(bytes: Uint8Array) {
		const type = uint16At(bytes, 0);
		this.class = stunClassOf(type);
		this.method = stunMethodOf(type);
		this.classic = isClassic(bytes);
		this.bytes = bytes;
	}

	get transactionId(): Uint8Array {
		this.#transactionId ??= this.bytes.subarray(this.classic ? 4 : 8, STUN_HEADER_LENGTH);
		return this.#transactionId;
	}

	get attributes(): readonly StunAttribute[] {
		this.#attributes ??= readAttributes(this.bytes, this.classic);
		return this.#attributes;
	}
}

/** Whether bytes with a whole header lack the cookie. */
export function isClassic(bytes: Uint8Array): boolean {
	return uint16At(bytes, 4) * 0x1_0000 + uint16At(bytes, 6) !== STUN_COOKIE;
}

/**
 * A message that fills the bytes exactly; anything else is an error, as are attributes that run over its end. Without a
 * cookie it is a classic one, which any bytes with two leading zero bits and a fitting length are: mind where they came from.
 */
export function decodeStun(bytes: Uint8Array): StunMessage | DecodeError {
	if (bytes.length < STUN_HEADER_LENGTH) return decodeError("truncated", 0, STUN_HEADER_LENGTH, bytes.length);
	if ((bytes[0] ?? 0) > 0x3f) return decodeError("badValue", 0, 0, (bytes[0] ?? 0) >> 6);
	const length = uint16At(bytes, 2);
	if (length % 4 !== 0) return decodeError("badLength", 2, length & ~3, length);
	const have = bytes.length - STUN_HEADER_LENGTH;
	if (length > have) return decodeError("truncated", STUN_HEADER_LENGTH, length, have);
	if (length < have) return decodeError("badLength", 2, have, length);
	return checkAttributes(bytes) ?? new ReadMessage(bytes);
}

/** What is wrong with the attributes' lengths, or null. */
function checkAttributes(bytes: Uint8Array): DecodeError | null {
	const classic = isClassic(bytes);
	for (let offset = STUN_HEADER_LENGTH; offset < bytes.length; ) {
		const room = bytes.length - offset - 4;
		if (room < 0) return decodeError("truncated", offset, 4, bytes.length - offset);
		const length = uint16At(bytes, offset + 2);
		if (length > room) return decodeError("badLength", offset + 2, room, length);
		offset = nextOffset(offset + 4 + length, classic);
	}
	return null;
}

/** Where the attribute behind one that ends here begins. */
function nextOffset(end: number, classic: boolean): number {
	return classic ? end : (end + 3) & ~3;
}

/** Calls `visit` for every attribute, from the first on, until it answers true. */
export function visitAttributes(
	bytes: Uint8Array,
	visit: (type: number, offset: number, end: number) => boolean,
): void {
	const classic = isClassic(bytes);
	for (let offset = STUN_HEADER_LENGTH; offset + 4 <= bytes.length; ) {
		const end = offset + 4 + uint16At(bytes, offset + 2);
		if (end > bytes.length || visit(uint16At(bytes, offset), offset, end)) return;
		offset = nextOffset(end, classic);
	}
}

const INTEGRITY_TYPE = STUN_ATTRIBUTES.messageIntegrity.type;
const INTEGRITY_SHA256_TYPE = STUN_ATTRIBUTES.messageIntegritySha256.type;
const FINGERPRINT_TYPE = STUN_ATTRIBUTES.fingerprint.type;

/** Whether this is a type of attribute that protects those before it. */
export function isIntegrityType(type: number): boolean {
	return type === INTEGRITY_TYPE || type === INTEGRITY_SHA256_TYPE;
}

/** Where the first attribute of this type stands; null: nowhere. */
export function findAttribute(bytes: Uint8Array, wanted: number): AttributePlace | null {
	const classic = isClassic(bytes);
	for (let offset = STUN_HEADER_LENGTH; offset + 4 <= bytes.length; ) {
		const end = offset + 4 + uint16At(bytes, offset + 2);
		if (end > bytes.length) return null;
		if (uint16At(bytes, offset) === wanted) return { type: wanted, offset, value: offset + 4, end };
		offset = nextOffset(end, classic);
	}
	return null;
}

/** Where the first attribute stands that protects those before it; the message's end where there is none. */
export function protectedEnd(bytes: Uint8Array): number {
	let protectedUpTo = bytes.length;
	visitAttributes(bytes, (type, offset) => {
		if (isIntegrityType(type)) protectedUpTo = offset;
		return isIntegrityType(type);
	});
	return protectedUpTo;
}

/** What rows read besides an attribute's bytes; they keep none of it, and nothing here waits, so that one for all suffices. */
const mask = new Uint8Array(STUN_HEADER_LENGTH - 4);
const HEAD: StunHead = { classic: false, mask };
const CLASSIC_HEAD: StunHead = { classic: true, mask };

function headOf(bytes: Uint8Array, classic: boolean): StunHead {
	for (let index = 0; index < mask.length; index++) mask[index] = bytes[index + 4] ?? 0;
	return classic ? CLASSIC_HEAD : HEAD;
}

function readAttributes(bytes: Uint8Array, classic: boolean): readonly StunAttribute[] {
	const attributes: StunAttribute[] = [];
	const head = headOf(bytes, classic);
	const end = protectedEnd(bytes);
	visitAttributes(bytes, (type, offset, valueEnd) => {
		const isProtected = end < bytes.length && offset < end;
		attributes.push(decodeAttribute(type, bytes.subarray(offset + 4, valueEnd), head, isProtected));
		return false;
	});
	return attributes;
}

/**
 * The value of the first attribute of this name that counts: what stands behind an integrity attribute does not, except
 * MESSAGE-INTEGRITY-SHA256 and FINGERPRINT (RFC 8489 §14.5). Undefined where there is none, or none whose bytes fit.
 */
export function attributeOf<Name extends StunAttributeName>(
	message: StunMessage,
	name: Name,
): StunAttributeValue<Name> | undefined {
	const { bytes, classic } = message;
	const row: AnyRow = STUN_ATTRIBUTES[name];
	let behind = false;
	// Asked several times of every message: a loop of its own is worth it.
	for (let offset = STUN_HEADER_LENGTH; offset + 4 <= bytes.length; ) {
		const type = uint16At(bytes, offset);
		const end = offset + 4 + uint16At(bytes, offset + 2);
		if (end > bytes.length) return undefined;
		const counts = !behind || type === INTEGRITY_SHA256_TYPE || type === FINGERPRINT_TYPE;
		if (type === row.type && counts) {
			const value = row.decode(bytes.subarray(offset + 4, end), headOf(bytes, classic)) ?? undefined;
			if (value !== undefined) return value as StunAttributeValue<Name>;
		}
		behind ||= isIntegrityType(type);
		offset = nextOffset(end, classic);
	}
	return undefined;
}

/**
 * The value of the last attribute of this name that nothing protects: behind the last integrity attribute, or anywhere
 * in a message that has none. Where routers write NETWORK-STATUS. Deviation: draft-martinsen-tram-discuss-02 offers it
 * behind MESSAGE-INTEGRITY alone; in a message without one nothing is protected.
 */
export function trailingAttributeOf<Name extends StunAttributeName>(
	message: StunMessage,
	name: Name,
): StunAttributeValue<Name> | undefined {
	const place = findTrailing(message.bytes, STUN_ATTRIBUTES[name].type);
	if (place === null) return undefined;
	const row: AnyRow = STUN_ATTRIBUTES[name];
	const value = row.decode(message.bytes.subarray(place.value, place.end), headOf(message.bytes, message.classic));
	return (value ?? undefined) as StunAttributeValue<Name> | undefined;
}

/** Where the last attribute of this type stands that no integrity attribute follows; null: nowhere. */
export function findTrailing(bytes: Uint8Array, wanted: number): AttributePlace | null {
	let found: AttributePlace | null = null;
	visitAttributes(bytes, (type, offset, end) => {
		if (isIntegrityType(type)) found = null;
		else if (type === wanted) found = { type, offset, value: offset + 4, end };
		return false;
	});
	return found;
}

/** The address that a response says it goes to; servers of RFC 3489 tell it plain. Null: it says none. */
export function mappedAddressOf(message: StunMessage): StunAddress | null {
	return attributeOf(message, "xorMappedAddress") ?? attributeOf(message, "mappedAddress") ?? null;
}
