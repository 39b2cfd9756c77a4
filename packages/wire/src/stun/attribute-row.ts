import { formatIpv4, formatIpv6, parseAddress } from "../address.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { requireRange } from "../bytes.ts";
import { isDecodeError } from "../error.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

/** What some attributes need to know of the message that they stand in. */
export interface StunHead {
	/** Without the cookie: RFC 3489, whose attributes have no padding. */
	readonly classic: boolean;
	/** Cookie and transaction id, 16 bytes: what addresses are XORed with. */
	readonly mask: Uint8Array;
}

/** One row of the attribute table. */
export interface StunAttributeRow<Value> {
	readonly type: number;
	/** The registry's name; that of its document where it has none. */
	readonly meaning: string;
	/** In messages with a cookie its type is reserved, or another row's. */
	readonly classicAlone?: true;
	/** The value from an attribute's bytes, without padding; null where they do not fit. */
	decode(bytes: Uint8Array, head: StunHead): Value | null;
	/** Writes an attribute's bytes, without padding; throws RangeError. */
	write(writer: ByteWriter, value: Value, head: StunHead): void;
}

/** A transport address: `203.0.113.7` or IPv6 text, and a port. */
export interface StunAddress {
	readonly address: string;
	readonly port: number;
}

/** The number in bytes `from` to `from + size` (at most 6), which must be there. */
export function uintAt(bytes: Uint8Array, from: number, size: number): number {
	let value = 0;
	for (let index = from; index < from + size; index++) value = value * 256 + (bytes[index] ?? 0);
	return value;
}

/** The 16-bit number at `from`: what a message's walk reads, too often for a loop. */
export function uint16At(bytes: Uint8Array, from: number): number {
	return ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0);
}

/** The 64-bit number at `from`. */
export function uint64At(bytes: Uint8Array, from: number): bigint {
	return (BigInt(uintAt(bytes, from, 4)) << 32n) | BigInt(uintAt(bytes, from + 4, 4));
}

/** A number of 32 bits. */
export function uint32Row(type: number, meaning: string): StunAttributeRow<number> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length === 4 ? uintAt(bytes, 0, 4) : null),
		write: (writer, value) => writer.uint32(meaning, value),
	};
}

/** A number of 64 bits. */
export function uint64Row(type: number, meaning: string): StunAttributeRow<bigint> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length === 8 ? uint64At(bytes, 0) : null),
		write: (writer, value) => writer.uint64(meaning, value),
	};
}

/** A number of `size` bytes with zeros behind it up to four bytes, which are ignored. */
export function shortRow(type: number, meaning: string, size: 1 | 2): StunAttributeRow<number> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length === 4 ? uintAt(bytes, 0, size) : null),
		write(writer, value) {
			if (size === 1) writer.uint8(meaning, value);
			else writer.uint16(meaning, value);
			writer.zeros(4 - size);
		},
	};
}

/** Attributes that say something by being there. */
export function presenceRow(type: number, meaning: string): StunAttributeRow<true> {
	return { type, meaning, decode: (bytes) => (bytes.length === 0 ? true : null), write: () => {} };
}

/** Bytes that mean nothing to us, of so many at least and at most. */
export function bytesRow(
	type: number,
	meaning: string,
	length: { readonly minimum?: number; readonly maximum?: number; readonly multiple?: number } = {},
): StunAttributeRow<Uint8Array> {
	const { minimum = 0, maximum = 0xffff, multiple = 1 } = length;
	const fits = (bytes: Uint8Array) =>
		bytes.length >= minimum && bytes.length <= maximum && bytes.length % multiple === 0;
	return {
		type,
		meaning,
		decode: (bytes) => (fits(bytes) ? bytes : null),
		write(writer, value) {
			if (!fits(value)) throw new RangeError(`${meaning} cannot have ${value.length} bytes`);
			writer.bytes(value);
		},
	};
}

/** Text in UTF-8 of at most so many bytes. */
export function textRow(type: number, meaning: string, maximum: number): StunAttributeRow<string> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length <= maximum ? textOf(bytes) : null),
		write(writer, value) {
			const before = writer.length;
			writer.text(value);
			if (writer.length - before > maximum) throw new RangeError(`${meaning} has at most ${maximum} bytes`);
		},
	};
}

/** The text of well-formed UTF-8, else null. */
function textOf(bytes: Uint8Array): string | null {
	for (let index = 0; index < bytes.length; index++) if ((bytes[index] ?? 0) >= 0x80) return wideTextOf(bytes);
	return latinTextOf(bytes);
}

/** One character for each of at most 1024 bytes in one go: a text that grows is made of as many pieces. */
const MOST_AT_ONCE = 1024;

/** A character a byte, with the byte's number. */
function latinTextOf(bytes: Uint8Array): string {
	if (bytes.length <= MOST_AT_ONCE) return String.fromCharCode.apply(null, bytes as unknown as number[]);
	return latinTextOf(bytes.subarray(0, MOST_AT_ONCE)) + latinTextOf(bytes.subarray(MOST_AT_ONCE));
}

function wideTextOf(bytes: Uint8Array): string | null {
	const text = decodeUtf8(bytes);
	if (!text.includes("\uFFFD")) return text;
	const again = encodeUtf8(text);
	return again.length === bytes.length && again.every((byte, index) => byte === bytes[index]) ? text : null;
}

/** Numbers of 16 bits, as many as fit. */
export function uint16sOf(bytes: Uint8Array): readonly number[] | null {
	if (bytes.length % 2 !== 0) return null;
	return Array.from({ length: bytes.length / 2 }, (_, index) => uintAt(bytes, 2 * index, 2));
}

/** The address families of RFC 8489 §14.1. */
export const STUN_FAMILIES = { 1: 4, 2: 6 } as const;

/** One byte that ignored zeros follow: 1 for IPv4, 2 for IPv6. */
export function familyRow(type: number, meaning: string): StunAttributeRow<4 | 6> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length === 4 ? (STUN_FAMILIES[(bytes[0] ?? 0) as 1 | 2] ?? null) : null),
		write(writer, value) {
			writer.uint8(meaning, value === 4 ? 1 : 2);
			writer.zeros(3);
		},
	};
}

/** Read as ignored, and what an address that is not XORed is XORed with. */
const NO_MASK = new Uint8Array(16);

/** Bytes of an address in the making; nothing here waits, so one for all suffices. */
const scratch = new Uint8Array(16);

/** A transport address (RFC 8489 §14.1), XORed with cookie and transaction id (§14.2) where `xor` says so. */
export function addressRow(type: number, meaning: string, form: "plain" | "xor"): StunAttributeRow<StunAddress> {
	const maskOf = (head: StunHead) => (form === "xor" ? head.mask : NO_MASK);
	return {
		type,
		meaning,
		decode: (bytes, head) => decodeAddress(bytes, maskOf(head)),
		write: (writer, value, head) => writeAddress(writer, value, maskOf(head)),
	};
}

function decodeAddress(bytes: Uint8Array, mask: Uint8Array): StunAddress | null {
	const family = bytes[1];
	if (!(family === 1 && bytes.length === 8) && !(family === 2 && bytes.length === 20)) return null;
	const port = uint16At(bytes, 2) ^ uint16At(mask, 0);
	for (let index = 4; index < bytes.length; index++) scratch[index - 4] = (bytes[index] ?? 0) ^ (mask[index - 4] ?? 0);
	return { address: family === 1 ? formatIpv4(scratch, 0) : formatIpv6(scratch, 0), port };
}

function writeAddress(writer: ByteWriter, value: StunAddress, mask: Uint8Array): void {
	// A zone (`fe80::1%eth0`) means something on its own machine alone.
	const zone = value.address.indexOf("%");
	const bytes = parseAddress(zone < 0 ? value.address : value.address.slice(0, zone));
	if (isDecodeError(bytes)) throw new RangeError(`not an address: ${value.address}`);
	requireRange("port", value.port, 0xffff);
	writer.uint16("family", bytes.length === 4 ? 1 : 2);
	writer.uint16("port", value.port ^ uint16At(mask, 0));
	for (let index = 0; index < bytes.length; index++) writer.uint8("address", (bytes[index] ?? 0) ^ (mask[index] ?? 0));
}
