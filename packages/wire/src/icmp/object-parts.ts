/**
 * The sub-objects that interface information (RFC 5837 §4) and node identification share: an index or MTU of four
 * bytes, an address behind its family, a name behind its length.
 *
 *     byte  0         1         2         3
 *         +-------------------+-------------------+
 *         | AFI, 1 or 2       | reserved          |   then 4 or 16 bytes of address
 *         +---------+---------+-------------------+
 *         | length  | name, UTF-8, NUL padded so that length is a multiple of 4, at most 64
 *         +---------+-----------------------------
 */
import { formatAddress, requireAddress } from "../address.ts";
import { requireRange, roundUp, viewOf } from "../bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

/** What the C-Type's low bits announce, in the order in which the parts stand (RFC 5837 §4.1). */
export const PART = { index: 0x08, address: 0x04, name: 0x02, mtu: 0x01 } as const;

/** The parts of one object; null where the C-Type does not announce one. */
export interface ObjectParts {
	readonly index: number | null;
	readonly address: string | null;
	readonly name: string | null;
	readonly mtu: number | null;
}

interface Read<Value> {
	readonly value: Value | null;
	readonly offset: number;
}

type Reader<Value> = (payload: Uint8Array, offset: number) => Read<Value>;

/** All parts that `type` announces; null where the payload is too short for them. What follows them is ignored. */
export function decodeParts(type: number, payload: Uint8Array): ObjectParts | null {
	const read = <Value>(part: number, reader: Reader<Value>, offset: number): Read<Value> =>
		(type & part) === 0 ? { value: null, offset } : reader(payload, offset);
	const index = read(PART.index, readUint32, 0);
	const address = read(PART.address, readAddress, index.offset);
	const name = read(PART.name, readName, address.offset);
	const mtu = read(PART.mtu, readUint32, name.offset);
	if (mtu.offset > payload.length) return null;
	return { index: index.value, address: address.value, name: name.value, mtu: mtu.value };
}

/** An offset that no payload ends at: reading went wrong. */
const NOWHERE = Number.POSITIVE_INFINITY;

function readUint32(payload: Uint8Array, offset: number): Read<number> {
	if (offset + 4 > payload.length) return { value: null, offset: NOWHERE };
	return { value: viewOf(payload).getUint32(offset), offset: offset + 4 };
}

/** Lengths of addresses by IANA Address Family Number: 1 is IPv4, 2 is IPv6. */
const ADDRESS_LENGTH: ReadonlyMap<number, number> = new Map([
	[1, 4],
	[2, 16],
]);

function readAddress(payload: Uint8Array, offset: number): Read<string> {
	if (offset + 4 > payload.length) return { value: null, offset: NOWHERE };
	const length = ADDRESS_LENGTH.get(viewOf(payload).getUint16(offset)) ?? NOWHERE;
	const end = offset + 4 + length;
	if (end > payload.length) return { value: null, offset: NOWHERE };
	return { value: formatAddress(payload.subarray(offset + 4, end)), offset: end };
}

function readName(payload: Uint8Array, offset: number): Read<string> {
	const length = payload[offset] ?? 0;
	if (length === 0 || length % 4 !== 0 || offset + length > payload.length) return { value: null, offset: NOWHERE };
	return { value: decodeName(payload.subarray(offset + 1, offset + length)), offset: offset + length };
}

/** A NUL-padded name in UTF-8. */
export function decodeName(bytes: Uint8Array): string {
	let end = bytes.length;
	while (end > 0 && bytes[end - 1] === 0) end--;
	return decodeUtf8(bytes.subarray(0, end));
}

/** The bytes of all parts that are not null. Throws RangeError. */
export function encodeParts(parts: ObjectParts): { readonly flags: number; readonly bytes: Uint8Array } {
	const bytes: number[] = [];
	let flags = 0;
	if (parts.index !== null) {
		flags |= PART.index;
		pushUint32(bytes, "interface index", parts.index);
	}
	if (parts.address !== null) {
		flags |= PART.address;
		pushAddress(bytes, parts.address);
	}
	if (parts.name !== null) {
		flags |= PART.name;
		pushName(bytes, parts.name);
	}
	if (parts.mtu !== null) {
		flags |= PART.mtu;
		pushUint32(bytes, "MTU", parts.mtu);
	}
	return { flags, bytes: Uint8Array.from(bytes) };
}

function pushUint32(bytes: number[], name: string, value: number): void {
	requireRange(name, value, 0xffffffff);
	bytes.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function pushAddress(bytes: number[], address: string): void {
	const family = address.includes(":") ? 6 : 4;
	bytes.push(0, family === 4 ? 1 : 2, 0, 0, ...requireAddress(address, family));
}

function pushName(bytes: number[], name: string): void {
	const text = encodeUtf8(name);
	if (text.length > 63) throw new RangeError(`a name has at most 63 bytes, not ${text.length}`);
	const length = roundUp(1 + text.length, 4);
	bytes.push(length, ...text);
	for (let index = 1 + text.length; index < length; index++) bytes.push(0);
}
