import { viewOf } from "../bytes.ts";
import { isDecodeError } from "../error.ts";
import { decodeExtensions, EXTENSION_VERSION } from "./extensions.ts";
import { EXTENDED_ORIGINAL_LENGTH, ICMP_HEADER_LENGTH } from "./layout.ts";
import type { IcmpExtension } from "./objects.ts";

/** What follows an ICMP error's header, taken apart by RFC 4884. */
export interface SplitOriginal {
	/** The original datagram as far as quoted; with an extension behind it, zero padded. */
	readonly quoted: Uint8Array;
	readonly extensions: readonly IcmpExtension[];
	/** The message says that extensions follow, but they are damaged; they are left out then. */
	readonly extensionsInvalid: boolean;
	/** How the extensions were announced: by the length field, or not at all as before RFC 4884; null: there are none. */
	readonly extensionLayout: "compliant" | "nonCompliant" | null;
}

/** Whether extensions of the layout in use before RFC 4884 are looked for (§5.5). */
export type OldLayout = "accept" | "ignore";

const NO_EXTENSIONS: readonly IcmpExtension[] = [];

/**
 * Splits an ICMP error (from its first byte) into original datagram and extensions. `originalLength` is what the
 * message's length field says, in bytes; null where the message has no such field.
 *
 * Deviation: RFC 4884 §4 wants at least 128 bytes of original datagram; a shorter one is believed if a valid extension
 * structure follows it.
 */
export function splitOriginal(bytes: Uint8Array, originalLength: number | null, oldLayout: OldLayout): SplitOriginal {
	if (originalLength === null) return unextended(bytes);
	if (originalLength === 0) return oldLayout === "accept" ? splitOldLayout(bytes) : unextended(bytes);
	const start = ICMP_HEADER_LENGTH + originalLength;
	if (start === bytes.length) return unextended(bytes);
	const decoded = start > bytes.length ? null : decodeExtensions(bytes.subarray(start));
	if (decoded !== null && !isDecodeError(decoded)) {
		const quoted = bytes.subarray(ICMP_HEADER_LENGTH, start);
		return { quoted, extensions: decoded.extensions, extensionsInvalid: false, extensionLayout: "compliant" };
	}
	return damaged(originalLength < EXTENDED_ORIGINAL_LENGTH ? bytes : bytes.subarray(0, start));
}

/**
 * No length field, 128 bytes of original datagram, and behind it version 2 and a good checksum.
 *
 * Deviation: RFC 4884 §5.5 keeps this for a mode that is not the default; routers that send such messages are still
 * there, so we look unless told not to.
 */
function splitOldLayout(bytes: Uint8Array): SplitOriginal {
	const start = ICMP_HEADER_LENGTH + EXTENDED_ORIGINAL_LENGTH;
	if (bytes.length < start + 8) return unextended(bytes);
	const view = viewOf(bytes);
	if (view.getUint8(start) >> 4 !== EXTENSION_VERSION || view.getUint16(start + 2) === 0) return unextended(bytes);
	const decoded = decodeExtensions(bytes.subarray(start));
	if (isDecodeError(decoded)) return unextended(bytes);
	const quoted = bytes.subarray(ICMP_HEADER_LENGTH, start);
	return { quoted, extensions: decoded.extensions, extensionsInvalid: false, extensionLayout: "nonCompliant" };
}

function unextended(bytes: Uint8Array): SplitOriginal {
	const quoted = bytes.subarray(ICMP_HEADER_LENGTH);
	return { quoted, extensions: NO_EXTENSIONS, extensionsInvalid: false, extensionLayout: null };
}

function damaged(bytes: Uint8Array): SplitOriginal {
	return { ...unextended(bytes), extensionsInvalid: true };
}
