import { formatIpv6, requireAddress } from "./address.ts";
import { concatBytes, requireRange, viewOf } from "./bytes.ts";
import { type DecodeError, decodeError } from "./error.ts";
import { type Ipv6ExtensionHeader, type Ipv6Fragment, walkExtensionHeaders } from "./ipv6-extensions.ts";
import { IP_HEADER_LENGTH } from "./protocol.ts";

/**
 * The IPv6 header (RFC 8200 §3):
 *
 *     byte  0         1         2         3
 *         +----+---------+----+-------------------+
 *       0 | ver| traffic |    flow label          |
 *         |    | class   |    (20 bits)           |
 *         +----+---------+----+---------+---------+
 *       4 | payload length    | next    | hop     |
 *         |                   | header  | limit   |
 *         +-------------------+---------+---------+
 *       8 | source, 16 bytes                      |
 *      24 | destination, 16 bytes                 |
 *         +---------------------------------------+
 */
export interface Ipv6Header {
	readonly version: 6;
	readonly trafficClass: number;
	readonly flowLabel: number;
	/** In bytes, without this header but with extension headers. */
	readonly payloadLength: number;
	readonly nextHeader: number;
	readonly hopLimit: number;
	readonly source: string;
	readonly destination: string;
}

/** An IPv6 packet taken apart (RFC 8200 §3, §4). */
export interface Ipv6Packet {
	readonly header: Ipv6Header;
	/** The upper layer after the extension headers; an extension header's own number where its bytes end too early. */
	readonly protocol: number;
	readonly extensionHeaders: readonly Ipv6ExtensionHeader[];
	/** What follows the last extension header read, clipped to the payload length. */
	readonly payload: Uint8Array;
	/** Fewer bytes were there than the payload length says, or an extension header ends beyond them. */
	readonly truncated: boolean;
	readonly fragment: Ipv6Fragment | null;
}

/** What `encodeIpv6` is told; the payload length is its own work, the rest defaults to 0 or none. */
export interface Ipv6Fields {
	readonly trafficClass?: number;
	readonly flowLabel?: number;
	/** The upper layer's protocol: what follows the extension headers. */
	readonly protocol: number;
	readonly hopLimit: number;
	readonly source: string;
	readonly destination: string;
	/** In order; each header's first byte (next header) is filled in. */
	readonly extensionHeaders?: readonly Ipv6ExtensionHeader[];
}

const HEADER_LENGTH = IP_HEADER_LENGTH[6];

/** The fixed header alone. */
export function decodeIpv6Header(bytes: Uint8Array): Ipv6Header | DecodeError {
	if (bytes.length < HEADER_LENGTH) return decodeError("truncated", 0, HEADER_LENGTH, bytes.length);
	const view = viewOf(bytes);
	const first = view.getUint32(0);
	if (first >>> 28 !== 6) return decodeError("badVersion", 0, 6, first >>> 28);
	return {
		version: 6,
		trafficClass: (first >>> 20) & 0xff,
		flowLabel: first & 0xfffff,
		payloadLength: view.getUint16(4),
		nextHeader: view.getUint8(6),
		hopLimit: view.getUint8(7),
		source: formatIpv6(bytes, 8),
		destination: formatIpv6(bytes, 24),
	};
}

/** A whole IPv6 packet with its extension headers walked; payload and headers are views into `bytes`. */
export function decodeIpv6(bytes: Uint8Array): Ipv6Packet | DecodeError {
	const header = decodeIpv6Header(bytes);
	if ("error" in header) return header;
	const end = HEADER_LENGTH + header.payloadLength;
	const walk = walkExtensionHeaders(header.nextHeader, bytes.subarray(HEADER_LENGTH, end));
	return {
		header,
		protocol: walk.protocol,
		extensionHeaders: walk.extensionHeaders,
		payload: walk.payload,
		truncated: walk.truncated || bytes.length < end,
		fragment: walk.fragment,
	};
}

/** An IPv6 packet with its payload length and next headers filled in. Throws RangeError for a field that does not fit. */
export function encodeIpv6(fields: Ipv6Fields, payload: Uint8Array): Uint8Array {
	const extensions = fields.extensionHeaders ?? [];
	const body = extensions.length === 0 ? payload : concatBytes([...chainHeaders(extensions, fields.protocol), payload]);
	requireRange("trafficClass", fields.trafficClass ?? 0, 0xff);
	requireRange("flowLabel", fields.flowLabel ?? 0, 0xfffff);
	requireRange("protocol", fields.protocol, 0xff);
	requireRange("hopLimit", fields.hopLimit, 0xff);
	requireRange("payload length", body.length, 0xffff);
	const bytes = new Uint8Array(HEADER_LENGTH + body.length);
	const view = viewOf(bytes);
	view.setUint32(0, 0x60000000 | ((fields.trafficClass ?? 0) << 20) | (fields.flowLabel ?? 0));
	view.setUint16(4, body.length);
	view.setUint8(6, extensions[0]?.type ?? fields.protocol);
	view.setUint8(7, fields.hopLimit);
	bytes.set(requireAddress(fields.source, 6), 8);
	bytes.set(requireAddress(fields.destination, 6), 24);
	bytes.set(body, HEADER_LENGTH);
	return bytes;
}

function chainHeaders(extensions: readonly Ipv6ExtensionHeader[], protocol: number): Uint8Array[] {
	return extensions.map((extension, index) => {
		requireRange("extension header type", extension.type, 0xff);
		if (extension.bytes.length < 8) throw new RangeError("an extension header has at least 8 bytes");
		const bytes = extension.bytes.slice();
		bytes[0] = extensions[index + 1]?.type ?? protocol;
		return bytes;
	});
}
