/** Escaped characters in URIs (RFC 3261 §19.1.2): `%` and two digits are a byte, and bytes are UTF-8. */
import { decodeUtf8, encodeUtf8 } from "@whither/wire";

/** Characters that stand for themselves, for classes in regular expressions. */
export const UNRESERVED = "A-Za-z0-9\\-_.!~*'()";
const IS_UNRESERVED = new RegExp(`^[${UNRESERVED}]$`);

/** What the escapes stand for; a `%` without its digits stays, and bytes that are not UTF-8 become U+FFFD. */
export function unescapeSip(text: string): string {
	if (!text.includes("%")) return text;
	const parts = text.split(/((?:%[0-9A-Fa-f]{2})+)/);
	return parts.map((part, index) => (index % 2 === 1 ? decodeUtf8(bytesOf(part)) : part)).join("");
}

/** A text with everything escaped that is not of `allowed`, a class' characters. */
export function escapeSip(text: string, allowed: string): string {
	return text.replace(new RegExp(`[^${allowed}]+`, "g"), (part) => {
		let escaped = "";
		for (const byte of encodeUtf8(part)) escaped += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
		return escaped;
	});
}

/** One way of writing for texts that mean the same: no escape that need not be, and capitals in the others. */
export function normalizeEscapes(text: string): string {
	return text.replace(/%[0-9A-Fa-f]{2}/g, (digits) => {
		const character = String.fromCharCode(Number.parseInt(digits.slice(1), 16));
		return IS_UNRESERVED.test(character) ? character : digits.toUpperCase();
	});
}

function bytesOf(escapes: string): Uint8Array {
	return Uint8Array.from(escapes.slice(1).split("%"), (digits) => Number.parseInt(digits, 16));
}
