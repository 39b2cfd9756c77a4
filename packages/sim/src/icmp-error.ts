/** The ICMP errors that simulated nodes write. */
import type { Family } from "@whither/core";
import { encodeIcmpError, ICMP_HEADER_LENGTH, type IcmpExtension, IP_HEADER_LENGTH } from "@whither/wire";
import { buildPacket, type IpPacket, icmpProtocol } from "./packet.ts";
import type { UnreachableCode } from "./scenario.ts";

/** What went wrong with a packet. */
export type ErrorCause =
	| { readonly what: "timeExceeded" }
	| { readonly what: "unreachable"; readonly code: UnreachableCode | "port" | "protocol" }
	| { readonly what: "tooBig"; readonly mtu: number };

/** A cause in words, for the record of packets. */
export function formatCause(cause: ErrorCause): string {
	if (cause.what === "unreachable") return `unreachable: ${cause.code}`;
	return cause.what === "tooBig" ? `longer than the MTU of ${cause.mtu}` : "TTL ran out";
}

/** How the node writes its errors. */
export interface ErrorStyle {
	/** The sender's address. */
	readonly source: string;
	readonly ttl: number;
	readonly identification: number;
	readonly quoteBytes: number | "all";
	readonly extensions: readonly IcmpExtension[];
	readonly layout: "rfc4884" | "old";
}

interface ErrorHeader {
	readonly type: number;
	readonly code: number;
	readonly mtu?: number;
	readonly pointer?: number;
}

/** ICMP types 3 and 11 (RFC 792), code 13 (RFC 1812 §5.2.7.1); ICMPv6 types 1, 3 and 4 (RFC 4443 §3). */
const UNREACHABLE: Readonly<Record<Family, Readonly<Record<UnreachableCode | "port" | "protocol", ErrorHeader>>>> = {
	4: {
		net: { type: 3, code: 0 },
		host: { type: 3, code: 1 },
		protocol: { type: 3, code: 2 },
		port: { type: 3, code: 3 },
		adminProhibited: { type: 3, code: 13 },
	},
	6: {
		net: { type: 1, code: 0 },
		adminProhibited: { type: 1, code: 1 },
		host: { type: 1, code: 3 },
		port: { type: 1, code: 4 },
		// Unrecognized Next Header; the pointer is the offset of that field in the IPv6 header.
		protocol: { type: 4, code: 1, pointer: 6 },
	},
};

/** The original datagram is cut to this before an extension: the least that RFC 4884 §4 allows. */
const QUOTE_BEFORE_EXTENSION = 128;
/** Largest ICMP error: 576 bytes (RFC 1812 §4.3.2.3), ICMPv6: 1280 (RFC 4443 §2.4), less IP and ICMP headers. */
const MOST_QUOTED: Readonly<Record<Family, number>> = {
	4: 576 - IP_HEADER_LENGTH[4] - ICMP_HEADER_LENGTH,
	6: 1280 - IP_HEADER_LENGTH[6] - ICMP_HEADER_LENGTH,
};
/** Precedence "internetwork control" of IPv4 ICMP errors (RFC 1812 §4.3.2.5). */
const CONTROL_PRECEDENCE = 0xc0;

/** A whole IP packet with an ICMP error about `original`, addressed to its source. */
export function buildIcmpError(original: IpPacket, cause: ErrorCause, style: ErrorStyle): Uint8Array {
	const { family, tos } = original;
	const { source, ttl, identification } = style;
	const destination = original.source;
	const message = encodeIcmpError(family, {
		...errorHeader(family, cause),
		quoted: quote(original, style),
		source,
		destination,
		...(style.extensions.length > 0 && { extensions: style.extensions, compliant: style.layout === "rfc4884" }),
	});
	const control = family === 4 ? CONTROL_PRECEDENCE | (tos & 0x1e) : 0;
	return buildPacket(
		{ family, source, destination, protocol: icmpProtocol(family), ttl, identification, tos: control },
		message,
	);
}

function errorHeader(family: Family, cause: ErrorCause): ErrorHeader {
	if (cause.what === "unreachable") return UNREACHABLE[family][cause.code];
	if (cause.what === "timeExceeded") return { type: family === 4 ? 11 : 3, code: 0 };
	return family === 4 ? { type: 3, code: 4, mtu: cause.mtu } : { type: 2, code: 0, mtu: cause.mtu };
}

function quote(original: IpPacket, style: ErrorStyle): Uint8Array {
	const header = original.bytes.length - original.payload.length;
	const asked = style.quoteBytes === "all" ? Number.POSITIVE_INFINITY : header + style.quoteBytes;
	const most = style.extensions.length > 0 ? QUOTE_BEFORE_EXTENSION : MOST_QUOTED[original.family];
	return original.bytes.subarray(0, Math.min(asked, most));
}
