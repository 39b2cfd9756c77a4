import { concatBytes, requireRange, viewOf } from "../bytes.ts";
import { internetChecksum } from "../checksum.ts";
import { type DecodeError, decodeError } from "../error.ts";
import { decodeObject, type IcmpExtension, type IcmpExtensionFields, icmpExtension } from "./objects.ts";

/**
 * The ICMP extension structure (RFC 4884 §7):
 *
 *     byte  0         1         2         3
 *         +----+--------------+-------------------+
 *       0 | 2  | reserved, 12 | checksum          |   over the whole structure; 0: not computed
 *         +----+--------------+---------+---------+
 *       4 | object length     | class   | C-Type  |   once an object; the length counts these 4 bytes
 *         +-------------------+---------+---------+
 *       8 | object payload, a multiple of 4 bytes |
 *         +---------------------------------------+
 */
export const EXTENSION_VERSION = 2;
const HEADER = 4;
const OBJECT_HEADER = 4;

/** All objects of an extension structure that starts at the first byte and ends at the last. */
export function decodeExtensions(bytes: Uint8Array): { readonly extensions: readonly IcmpExtension[] } | DecodeError {
	if (bytes.length < HEADER) return decodeError("truncated", 0, HEADER, bytes.length);
	const view = viewOf(bytes);
	const version = view.getUint8(0) >> 4;
	if (version !== EXTENSION_VERSION) return decodeError("badVersion", 0, EXTENSION_VERSION, version);
	const checksum = view.getUint16(2);
	if (checksum !== 0 && internetChecksum(bytes) !== 0) {
		return decodeError("badChecksum", 2, checksum ^ internetChecksum(bytes), checksum);
	}
	const extensions: IcmpExtension[] = [];
	let offset = HEADER;
	while (offset < bytes.length) {
		const have = bytes.length - offset;
		if (have < OBJECT_HEADER) return decodeError("truncated", offset, OBJECT_HEADER, have);
		const length = view.getUint16(offset);
		if (length < OBJECT_HEADER || length % 4 !== 0) return decodeError("badLength", offset, OBJECT_HEADER, length);
		if (length > have) return decodeError("truncated", offset, length, have);
		const payload = bytes.subarray(offset + OBJECT_HEADER, offset + length);
		extensions.push(decodeObject(view.getUint8(offset + 2), view.getUint8(offset + 3), payload));
		offset += length;
	}
	return { extensions };
}

/**
 * An extension structure with its checksum. An object that has `bytes` goes out with those, whatever its other fields
 * say; one told by its fields alone is encoded from them. Throws RangeError.
 */
export function encodeExtensions(list: readonly (IcmpExtension | IcmpExtensionFields)[]): Uint8Array {
	const parts: Uint8Array[] = [Uint8Array.of(EXTENSION_VERSION << 4, 0, 0, 0)];
	for (const item of list) parts.push(encodeObject("bytes" in item ? item : icmpExtension(item)));
	const bytes = concatBytes(parts);
	viewOf(bytes).setUint16(2, internetChecksum(bytes) || 0xffff);
	return bytes;
}

function encodeObject(object: IcmpExtension): Uint8Array {
	requireRange("class", object.class, 0xff);
	requireRange("C-Type", object.type, 0xff);
	requireRange("object length / 4", (OBJECT_HEADER + object.bytes.length) / 4, 0x3fff);
	const bytes = new Uint8Array(OBJECT_HEADER + object.bytes.length);
	const view = viewOf(bytes);
	view.setUint16(0, bytes.length);
	view.setUint8(2, object.class);
	view.setUint8(3, object.type);
	bytes.set(object.bytes, OBJECT_HEADER);
	return bytes;
}
