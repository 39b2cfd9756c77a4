import { formatAddress, requireAddress } from "../address.ts";
import { concatBytes, requireRange, roundUp, viewOf } from "../bytes.ts";
import { encodeUtf8 } from "../utf8.ts";
import { decodeName } from "./object-parts.ts";
import type { ObjectRow } from "./object-row.ts";

/** Which interface an Extended Echo asks about: exactly one of the three is not null. */
export interface InterfaceIdentification {
	readonly name: string | null;
	readonly index: number | null;
	readonly address: string | null;
}

const BY_NAME = 1;
const BY_INDEX = 2;
const BY_ADDRESS = 3;
const NOTHING: InterfaceIdentification = { name: null, index: null, address: null };

/**
 * Interface Identification Object (RFC 8335 §2.1): C-Type 1 a NUL-padded name, C-Type 2 an index of four bytes,
 * C-Type 3 an address:
 *
 *     byte  0         1         2         3
 *         +-------------------+---------+---------+
 *         | AFI               | address | reserved|   then the address, zero padded
 *         |                   | length  |         |
 *         +-------------------+---------+---------+
 */
export const IDENTIFICATION_OBJECT: ObjectRow<3, InterfaceIdentification> = {
	class: 3,
	meaning: "Interface Identification Object",
	decode(type, payload) {
		if (type === BY_NAME) return payload.length === 0 ? null : { ...NOTHING, name: decodeName(payload) };
		if (type === BY_INDEX && payload.length === 4) return { ...NOTHING, index: viewOf(payload).getUint32(0) };
		const address = type === BY_ADDRESS ? decodeAddress(payload) : null;
		return address === null ? null : { ...NOTHING, address };
	},
	encode({ name, index, address }) {
		if ([name, index, address].filter((part) => part !== null).length !== 1) {
			throw new RangeError("an interface is identified by exactly one of name, index and address");
		}
		if (name !== null) return { type: BY_NAME, bytes: padded(encodeUtf8(name)) };
		if (index !== null) return { type: BY_INDEX, bytes: encodeIndex(index) };
		return { type: BY_ADDRESS, bytes: encodeAddress(address ?? "") };
	},
};

function decodeAddress(payload: Uint8Array): string | null {
	if (payload.length < 4) return null;
	const family = viewOf(payload).getUint16(0);
	const length = payload[2] ?? 0;
	const fits = (family === 1 && length === 4) || (family === 2 && length === 16);
	return fits && payload.length === 4 + length ? formatAddress(payload.subarray(4)) : null;
}

function encodeAddress(address: string): Uint8Array {
	const family = address.includes(":") ? 6 : 4;
	const bytes = requireAddress(address, family);
	return concatBytes([Uint8Array.of(0, family === 4 ? 1 : 2, bytes.length, 0), bytes]);
}

function encodeIndex(index: number): Uint8Array {
	requireRange("interface index", index, 0xffffffff);
	const bytes = new Uint8Array(4);
	viewOf(bytes).setUint32(0, index);
	return bytes;
}

function padded(name: Uint8Array): Uint8Array {
	if (name.length === 0) throw new RangeError("an interface name is not empty");
	const bytes = new Uint8Array(roundUp(name.length, 4));
	bytes.set(name);
	return bytes;
}
