import { viewOf } from "./bytes.ts";
import { IP_PROTOCOL } from "./protocol.ts";

/**
 * One IPv6 extension header, whole (RFC 8200 §4):
 *
 *     byte  0         1         2         3
 *         +---------+---------+-------------------+
 *       0 | next    | length  | most headers:     |
 *         | header  |         | their own content |
 *         +---------+---------+--------------+--+-+
 *       0 | next    | 0       | offset in    |0 |M|   Fragment (§4.5)
 *         | header  |         | 8-byte units |  | |
 *         +---------+---------+--------------+--+-+
 *       4 | identification                        |
 *         +---------------------------------------+
 */
export interface Ipv6ExtensionHeader {
	readonly type: number;
	readonly bytes: Uint8Array;
}

/** What a fragment header says (RFC 8200 §4.5). `offset` in bytes, a multiple of 8. */
export interface Ipv6Fragment {
	readonly offset: number;
	readonly more: boolean;
	readonly identification: number;
}

/** How far a chain of extension headers could be read. */
export interface Ipv6Walk {
	readonly protocol: number;
	readonly extensionHeaders: readonly Ipv6ExtensionHeader[];
	readonly payload: Uint8Array;
	readonly truncated: boolean;
	readonly fragment: Ipv6Fragment | null;
}

/**
 * How long each extension header is, from its second byte: the headers of RFC 8200 §4, Mobility (RFC 6275), HIP
 * (RFC 7401) and Shim6 (RFC 5533) count 8-byte units beyond the first, a fragment header has no length,
 * the Authentication Header (RFC 4302 §2.2) counts 4-byte units minus 2. ESP is not here: nothing after it can be read.
 */
const EXTENSION_LENGTH: ReadonlyMap<number, (lengthField: number) => number> = new Map([
	[IP_PROTOCOL.hopByHop, eightByteUnits],
	[IP_PROTOCOL.routing, eightByteUnits],
	[IP_PROTOCOL.fragment, () => 8],
	[IP_PROTOCOL.ah, (lengthField: number) => (lengthField + 2) * 4],
	[IP_PROTOCOL.destinationOptions, eightByteUnits],
	[IP_PROTOCOL.mobility, eightByteUnits],
	[IP_PROTOCOL.hip, eightByteUnits],
	[IP_PROTOCOL.shim6, eightByteUnits],
]);

function eightByteUnits(lengthField: number): number {
	return (lengthField + 1) * 8;
}

/** Protocol numbers that are walked as extension headers. */
export const IPV6_EXTENSION_TYPES: readonly number[] = [...EXTENSION_LENGTH.keys()];

const NONE: readonly Ipv6ExtensionHeader[] = [];

/**
 * Walks extension headers from `type` on through `bytes`, up to the first number that is none, to a fragment that is
 * not the first (what follows is no header then), or to the end of the bytes (`truncated`; `protocol` is then the
 * number of the header that could not be read).
 */
export function walkExtensionHeaders(type: number, bytes: Uint8Array): Ipv6Walk {
	let lengthOf = EXTENSION_LENGTH.get(type);
	if (lengthOf === undefined) {
		return { protocol: type, extensionHeaders: NONE, payload: bytes, truncated: false, fragment: null };
	}
	const extensionHeaders: Ipv6ExtensionHeader[] = [];
	let fragment: Ipv6Fragment | null = null;
	let protocol = type;
	let rest = bytes;
	while (lengthOf !== undefined && (fragment === null || fragment.offset === 0)) {
		const length: number = rest.length < 2 ? 8 : lengthOf(rest[1] ?? 0);
		if (rest.length < length) return { protocol, extensionHeaders, payload: rest, truncated: true, fragment };
		extensionHeaders.push({ type: protocol, bytes: rest.subarray(0, length) });
		if (protocol === IP_PROTOCOL.fragment) fragment = decodeFragment(rest);
		protocol = rest[0] ?? 0;
		rest = rest.subarray(length);
		lengthOf = EXTENSION_LENGTH.get(protocol);
	}
	return { protocol, extensionHeaders, payload: rest, truncated: false, fragment };
}

function decodeFragment(bytes: Uint8Array): Ipv6Fragment {
	const view = viewOf(bytes);
	const word = view.getUint16(2);
	return { offset: word & 0xfff8, more: (word & 1) !== 0, identification: view.getUint32(4) };
}
