/**
 * Netlink messages and their attributes (netlink(7), include/uapi/linux/netlink.h), bytes to values and back. Headers
 * are in host order, which is little endian on every machine that we load libc on. Pure.
 *
 *     byte  0         4      6      8         12        16
 *         +---------+------+------+---------+---------+-----------------------+
 *         | length  | type | flags| sequence| port id | body, padded to 4     |
 *         +---------+------+------+---------+---------+-----------------------+
 *     in a body, behind the family's own header:
 *         +------+------+-----------------------------+
 *         |length| type | value, padded to 4          |   the length counts these 4 bytes, not the padding
 *         +------+------+-----------------------------+
 */

/** One message; `body` is a view into what was decoded. */
export interface NetlinkMessage {
	readonly type: number;
	readonly flags: number;
	readonly sequence: number;
	/** Of the socket that the message is from or for; 0: the kernel. */
	readonly portId: number;
	readonly body: Uint8Array;
}

/** What `encodeNetlink` is told; the port id is the kernel's to fill in. */
export interface NetlinkFields {
	readonly type: number;
	readonly flags: number;
	readonly sequence: number;
	readonly body: Uint8Array;
}

/** One attribute with its type as it is, without the flag bits. */
export interface NetlinkAttribute {
	readonly type: number;
	readonly value: Uint8Array;
}

const HEADER = 16;
const ATTRIBUTE_HEADER = 4;
/** NLA_TYPE_MASK: without NLA_F_NESTED (0x8000) and NLA_F_NET_BYTEORDER (0x4000). */
const TYPE_MASK = 0x3fff;

/** Message types below 16 are netlink's own; these flags go with any. */
export const NETLINK = { error: 2, done: 3, request: 1, acknowledge: 4, dump: 0x300 } as const;

/** The whole messages of one datagram; what is cut off at its end, or claims a length that cannot be, is left out. */
export function decodeNetlink(bytes: Uint8Array): readonly NetlinkMessage[] {
	const view = viewOf(bytes);
	const messages: NetlinkMessage[] = [];
	let offset = 0;
	while (offset + HEADER <= bytes.length) {
		const length = view.getUint32(offset, true);
		if (length < HEADER || offset + length > bytes.length) break;
		messages.push({
			type: view.getUint16(offset + 4, true),
			flags: view.getUint16(offset + 6, true),
			sequence: view.getUint32(offset + 8, true),
			portId: view.getUint32(offset + 12, true),
			body: bytes.subarray(offset + HEADER, offset + length),
		});
		offset += padded(length);
	}
	return messages;
}

/** One message, padded, so that several can stand behind each other in a datagram. */
export function encodeNetlink({ type, flags, sequence, body }: NetlinkFields): Uint8Array {
	const bytes = new Uint8Array(padded(HEADER + body.length));
	const view = viewOf(bytes);
	view.setUint32(0, HEADER + body.length, true);
	view.setUint16(4, type, true);
	view.setUint16(6, flags, true);
	view.setUint32(8, sequence, true);
	bytes.set(body, HEADER);
	return bytes;
}

/** Attributes from `offset` on, the last of each type; what is cut off ends the list. Values are views. */
export function decodeAttributes(bytes: Uint8Array, offset: number): ReadonlyMap<number, Uint8Array> {
	const view = viewOf(bytes);
	const found = new Map<number, Uint8Array>();
	let at = offset;
	while (at + ATTRIBUTE_HEADER <= bytes.length) {
		const length = view.getUint16(at, true);
		if (length < ATTRIBUTE_HEADER || at + length > bytes.length) break;
		found.set(view.getUint16(at + 2, true) & TYPE_MASK, bytes.subarray(at + ATTRIBUTE_HEADER, at + length));
		at += padded(length);
	}
	return found;
}

/** A body: the family's own header, padded, then the attributes in their order. Throws RangeError for one that is too long. */
export function encodeBody(header: Uint8Array, attributes: readonly NetlinkAttribute[]): Uint8Array {
	const length = attributes.reduce((sum, { value }) => sum + padded(ATTRIBUTE_HEADER + value.length), 0);
	const bytes = new Uint8Array(padded(header.length) + length);
	const view = viewOf(bytes);
	bytes.set(header, 0);
	let offset = padded(header.length);
	for (const { type, value } of attributes) {
		if (ATTRIBUTE_HEADER + value.length > 0xffff) throw new RangeError(`attribute ${type} is too long`);
		view.setUint16(offset, ATTRIBUTE_HEADER + value.length, true);
		view.setUint16(offset + 2, type, true);
		bytes.set(value, offset + ATTRIBUTE_HEADER);
		offset += padded(ATTRIBUTE_HEADER + value.length);
	}
	return bytes;
}

/** The errno that an error message bears, 0 for an acknowledgment; null for a message of another type. */
export function netlinkErrno({ type, body }: NetlinkMessage): number | null {
	return type === NETLINK.error && body.length >= 4 ? Math.abs(viewOf(body).getInt32(0, true)) : null;
}

/** NLMSG_ALIGN and NLA_ALIGN: to 4. */
function padded(length: number): number {
	return (length + 3) & ~3;
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
