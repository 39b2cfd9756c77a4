/**
 * Where an ICMP error keeps what (RFC 792, RFC 1191, RFC 4443, RFC 4884 §4): all of them begin alike and have the
 * original datagram from byte 8 on, but the second word differs.
 *
 *     byte  0         1         2         3
 *         +---------+---------+-------------------+
 *       0 | type    | code    | checksum          |
 *         +---------+---------+-------------------+
 *       4 | ICMPv4 12 or 3/4: pointer, length, MTU|
 *         | ICMPv4 5: gateway                     |
 *         | ICMPv6 1, 3: length, unused           |
 *         | ICMPv6 2: MTU; 4: pointer             |
 *         +---------------------------------------+
 *       8 | original datagram, as far as quoted   |
 *         +---------------------------------------+
 *         | extension structure (RFC 4884)        |
 *         +---------------------------------------+
 */
export interface ErrorLayout {
	/** Where the RFC 4884 length stands and how many bytes it counts by; null: the message cannot be extended. */
	readonly length: { readonly offset: number; readonly unit: 4 | 8 } | null;
	/** `code`: the only code with an MTU; null: every one. */
	readonly mtu: { readonly offset: number; readonly bits: 16 | 32; readonly code: number | null } | null;
	readonly pointer: { readonly offset: number; readonly bits: 8 | 32 } | null;
	/** The second word is the address of a better router. */
	readonly gateway: boolean;
}

const PLAIN: ErrorLayout = { length: null, mtu: null, pointer: null, gateway: false };
const V4_LENGTH = { offset: 5, unit: 4 } as const;
const V6_LENGTH = { offset: 4, unit: 8 } as const;

const V4_ERRORS: Readonly<Record<number, ErrorLayout>> = {
	3: { ...PLAIN, length: V4_LENGTH, mtu: { offset: 6, bits: 16, code: 4 } },
	4: PLAIN,
	5: { ...PLAIN, gateway: true },
	11: { ...PLAIN, length: V4_LENGTH },
	12: { ...PLAIN, length: V4_LENGTH, pointer: { offset: 4, bits: 8 } },
};

const V6_ERRORS: Readonly<Record<number, ErrorLayout>> = {
	1: { ...PLAIN, length: V6_LENGTH },
	2: { ...PLAIN, mtu: { offset: 4, bits: 32, code: null } },
	3: { ...PLAIN, length: V6_LENGTH },
	4: { ...PLAIN, pointer: { offset: 4, bits: 32 } },
};

/** Whether a message with this layout and code has an MTU. */
export function hasMtu({ mtu }: ErrorLayout, code: number): boolean {
	return mtu !== null && (mtu.code === null || mtu.code === code);
}

/** The layout of an error message; null for every type that quotes no packet in this way. */
export function errorLayout(family: 4 | 6, type: number): ErrorLayout | null {
	return (family === 4 ? V4_ERRORS : V6_ERRORS)[type] ?? null;
}

/** Types of the echo messages (RFC 792, RFC 4443 §4) and the extended ones (RFC 8335). */
export const ECHO_TYPES = {
	4: { request: 8, reply: 0, extendedRequest: 42, extendedReply: 43 },
	6: { request: 128, reply: 129, extendedRequest: 160, extendedReply: 161 },
} as const;

/** Header of every ICMP message that we know, in bytes. */
export const ICMP_HEADER_LENGTH = 8;

/** The least length of an original datagram with an extension behind it, and the only one before 2007 (RFC 4884 §4, §5). */
export const EXTENDED_ORIGINAL_LENGTH = 128;
