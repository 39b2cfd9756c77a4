import { formatIpv4 } from "../address.ts";
import { viewOf } from "../bytes.ts";
import { internetChecksum, transportChecksum } from "../checksum.ts";
import { type DecodeError, decodeError } from "../error.ts";
import { IP_PROTOCOL } from "../protocol.ts";
import { ECHO_TYPES, type ErrorLayout, errorLayout, hasMtu, ICMP_HEADER_LENGTH } from "./layout.ts";
import { type OldLayout, type SplitOriginal, splitOriginal } from "./original.ts";

/**
 * An echo request or reply (RFC 792, RFC 4443 §4):
 *
 *     byte  0         1         2         3
 *         +---------+---------+-------------------+
 *       0 | type    | code    | checksum          |
 *         +---------+---------+-------------------+
 *       4 | id                | sequence          |
 *         +-------------------+-------------------+
 *       8 | payload                               |
 *         +---------------------------------------+
 */
export interface IcmpEchoBody {
	readonly kind: "echo";
	readonly id: number;
	readonly sequence: number;
	readonly payload: Uint8Array;
}

/** A message about a packet that it quotes. */
export interface IcmpErrorBody extends SplitOriginal {
	readonly kind: "error";
	/** Next-hop MTU of Fragmentation Needed (0 from routers older than RFC 1191) or Packet Too Big, else null. */
	readonly mtu: number | null;
	/** Offset of the fault in the quoted packet, in bytes, of a Parameter Problem, else null. */
	readonly pointer: number | null;
	/** The better router that a Redirect names, else null. */
	readonly gateway: string | null;
}

/** Any other message: everything from byte 4 on. */
export interface IcmpOtherBody {
	readonly kind: "other";
	readonly bytes: Uint8Array;
}

/** An ICMP (RFC 792) or ICMPv6 (RFC 4443) message. */
export interface IcmpMessage {
	readonly type: number;
	readonly code: number;
	readonly checksum: number;
	/** For ICMPv6 without addresses nothing can be checked and this is true: the kernel has done it before a socket hears. */
	readonly checksumValid: boolean;
	readonly body: IcmpEchoBody | IcmpErrorBody | IcmpOtherBody;
}

/** What `decodeIcmp` may be told beside the bytes. */
export interface IcmpDecodeOptions {
	/** The IPv6 packet's addresses, for the checksum. */
	readonly source?: string;
	readonly destination?: string;
	/** Look for extensions of the layout in use before RFC 4884 (§5.5); true unless said otherwise. */
	readonly nonCompliant?: boolean;
}

/** An ICMP message; what it quotes and carries are views into `bytes`. */
export function decodeIcmp(
	family: 4 | 6,
	bytes: Uint8Array,
	options: IcmpDecodeOptions = {},
): IcmpMessage | DecodeError {
	if (bytes.length < 4) return decodeError("truncated", 0, 4, bytes.length);
	const view = viewOf(bytes);
	const type = view.getUint8(0);
	const checksumValid = family === 4 ? internetChecksum(bytes) === 0 : icmpv6ChecksumValid(bytes, options);
	const body = decodeBody(family, type, view, bytes, options.nonCompliant === false ? "ignore" : "accept");
	return { type, code: view.getUint8(1), checksum: view.getUint16(2), checksumValid, body };
}

function icmpv6ChecksumValid(bytes: Uint8Array, { source, destination }: IcmpDecodeOptions): boolean {
	if (source === undefined || destination === undefined) return true;
	return transportChecksum(6, source, destination, IP_PROTOCOL.icmpv6, bytes) === 0;
}

function decodeBody(
	family: 4 | 6,
	type: number,
	view: DataView,
	bytes: Uint8Array,
	oldLayout: OldLayout,
): IcmpMessage["body"] {
	const echo = ECHO_TYPES[family];
	if (bytes.length < ICMP_HEADER_LENGTH) return { kind: "other", bytes: bytes.subarray(4) };
	if (type === echo.request || type === echo.reply) {
		const payload = bytes.subarray(ICMP_HEADER_LENGTH);
		return { kind: "echo", id: view.getUint16(4), sequence: view.getUint16(6), payload };
	}
	const layout = errorLayout(family, type);
	return layout === null
		? { kind: "other", bytes: bytes.subarray(4) }
		: decodeErrorBody(layout, view, bytes, oldLayout);
}

function decodeErrorBody(layout: ErrorLayout, view: DataView, bytes: Uint8Array, oldLayout: OldLayout): IcmpErrorBody {
	const { length, mtu, pointer, gateway } = layout;
	const { quoted, extensions, extensionsInvalid, extensionLayout } = splitOriginal(
		bytes,
		length === null ? null : view.getUint8(length.offset) * length.unit,
		oldLayout,
	);
	return {
		kind: "error",
		quoted,
		extensions,
		extensionsInvalid,
		extensionLayout,
		mtu: mtu !== null && hasMtu(layout, view.getUint8(1)) ? readBits(view, mtu) : null,
		pointer: pointer === null ? null : readBits(view, pointer),
		gateway: gateway ? formatIpv4(bytes, 4) : null,
	};
}

function readBits(view: DataView, { offset, bits }: { readonly offset: number; readonly bits: 8 | 16 | 32 }): number {
	if (bits === 8) return view.getUint8(offset);
	return bits === 16 ? view.getUint16(offset) : view.getUint32(offset);
}
