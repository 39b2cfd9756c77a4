import { requireAddress } from "../address.ts";
import { concatBytes, requireRange, roundUp, viewOf } from "../bytes.ts";
import { internetChecksum, transportChecksum } from "../checksum.ts";
import { IP_PROTOCOL } from "../protocol.ts";
import { encodeExtensions } from "./extensions.ts";
import {
	ECHO_TYPES,
	type ErrorLayout,
	EXTENDED_ORIGINAL_LENGTH,
	errorLayout,
	hasMtu,
	ICMP_HEADER_LENGTH,
} from "./layout.ts";
import type { IcmpExtension, IcmpExtensionFields } from "./objects.ts";

/** The IPv6 packet's addresses. Without them an ICMPv6 checksum stays 0, for a kernel that fills it in (RFC 3542 §3.1). */
export interface IcmpAddresses {
	readonly source?: string;
	readonly destination?: string;
}

/** What `encodeIcmpEcho` is told; a request unless `direction` says otherwise. */
export interface IcmpEchoFields extends IcmpAddresses {
	readonly direction?: "request" | "reply";
	readonly id: number;
	readonly sequence: number;
	readonly payload: Uint8Array;
}

/** What `encodeIcmpError` is told. */
export interface IcmpErrorFields extends IcmpAddresses {
	readonly type: number;
	readonly code: number;
	/** Next-hop MTU, for Fragmentation Needed and Packet Too Big. */
	readonly mtu?: number;
	/** For Parameter Problem. */
	readonly pointer?: number;
	/** IPv4 address, for Redirect. */
	readonly gateway?: string;
	/** The original datagram as far as it is to be quoted: the caller keeps to 576 or 1280 bytes in all. */
	readonly quoted: Uint8Array;
	readonly extensions?: readonly (IcmpExtension | IcmpExtensionFields)[];
	/** False: extensions in the layout before RFC 4884, with exactly 128 bytes quoted and no length. Default true. */
	readonly compliant?: boolean;
}

/** An echo request or reply (RFC 792, RFC 4443 §4) with its checksum. Throws RangeError for a field that does not fit. */
export function encodeIcmpEcho(family: 4 | 6, fields: IcmpEchoFields): Uint8Array {
	requireRange("id", fields.id, 0xffff);
	requireRange("sequence", fields.sequence, 0xffff);
	const bytes = new Uint8Array(ICMP_HEADER_LENGTH + fields.payload.length);
	const view = viewOf(bytes);
	view.setUint8(0, ECHO_TYPES[family][fields.direction ?? "request"]);
	view.setUint16(4, fields.id);
	view.setUint16(6, fields.sequence);
	bytes.set(fields.payload, ICMP_HEADER_LENGTH);
	view.setUint16(2, checksum(family, bytes, fields));
	return bytes;
}

/**
 * An ICMP error with its extensions and checksum. Throws RangeError for a type that is no error, for a field that does
 * not fit, and for extensions on a message that cannot have them.
 */
export function encodeIcmpError(family: 4 | 6, fields: IcmpErrorFields): Uint8Array {
	const layout = errorLayout(family, fields.type);
	if (layout === null) throw new RangeError(`ICMPv${family} type ${fields.type} is no error message`);
	requireRange("code", fields.code, 0xff);
	const { original, structure } = encodeOriginal(layout, fields);
	const bytes = concatBytes([new Uint8Array(ICMP_HEADER_LENGTH), original, structure]);
	const view = viewOf(bytes);
	view.setUint8(0, fields.type);
	view.setUint8(1, fields.code);
	writeSecondWord(layout, view, fields);
	if (layout.length !== null && structure.length > 0 && (fields.compliant ?? true)) {
		view.setUint8(layout.length.offset, original.length / layout.length.unit);
	}
	view.setUint16(2, checksum(family, bytes, fields));
	return bytes;
}

interface EncodedOriginal {
	readonly original: Uint8Array;
	readonly structure: Uint8Array;
}

function encodeOriginal(layout: ErrorLayout, fields: IcmpErrorFields): EncodedOriginal {
	const list = fields.extensions ?? [];
	if (list.length === 0) return { original: fields.quoted, structure: new Uint8Array(0) };
	if (layout.length === null) throw new RangeError(`type ${fields.type} cannot carry extensions`);
	const compliant = fields.compliant ?? true;
	const { unit } = layout.length;
	const wanted = Math.max(EXTENDED_ORIGINAL_LENGTH, roundUp(fields.quoted.length, unit));
	const length = compliant ? wanted : EXTENDED_ORIGINAL_LENGTH;
	requireRange("original datagram's length field", length / unit, 0xff);
	const original = new Uint8Array(length);
	original.set(fields.quoted.subarray(0, length));
	return { original, structure: encodeExtensions(list) };
}

function writeSecondWord(layout: ErrorLayout, view: DataView, fields: IcmpErrorFields): void {
	const { mtu, pointer, gateway } = layout;
	if (fields.mtu !== undefined) {
		if (mtu === null || !hasMtu(layout, fields.code)) throw new RangeError(`type ${fields.type} has no MTU`);
		requireRange("mtu", fields.mtu, mtu.bits === 16 ? 0xffff : 0xffffffff);
		if (mtu.bits === 16) view.setUint16(mtu.offset, fields.mtu);
		else view.setUint32(mtu.offset, fields.mtu);
	}
	if (fields.pointer !== undefined) {
		if (pointer === null) throw new RangeError(`type ${fields.type} has no pointer`);
		requireRange("pointer", fields.pointer, pointer.bits === 8 ? 0xff : 0xffffffff);
		if (pointer.bits === 8) view.setUint8(pointer.offset, fields.pointer);
		else view.setUint32(pointer.offset, fields.pointer);
	}
	if (fields.gateway !== undefined) {
		if (!gateway) throw new RangeError(`type ${fields.type} has no gateway`);
		for (const [index, byte] of requireAddress(fields.gateway, 4).entries()) view.setUint8(4 + index, byte);
	}
}

function checksum(family: 4 | 6, bytes: Uint8Array, { source, destination }: IcmpAddresses): number {
	if (family === 4) return internetChecksum(bytes);
	if (source === undefined || destination === undefined) return 0;
	return transportChecksum(6, source, destination, IP_PROTOCOL.icmpv6, bytes);
}
