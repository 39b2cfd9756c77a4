/** Base 64 with the alphabet of URLs, without padding (RFC 4648 §5). Pure. */
import { formatBase64 } from "@whither/wire";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));

/** Text of bytes. */
export function formatBase64Url(bytes: Uint8Array): string {
	return formatBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Bytes of text; null: it is none, or not the one text that those bytes have. */
export function parseBase64Url(text: string): Uint8Array | null {
	if (text.length % 4 === 1) return null;
	const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
	let [buffer, held, offset] = [0, 0, 0];
	for (const character of text) {
		const value = VALUES.get(character);
		if (value === undefined) return null;
		buffer = (buffer << 6) | value;
		held += 6;
		if (held < 8) continue;
		held -= 8;
		bytes[offset++] = buffer >> held;
		buffer &= (1 << held) - 1;
	}
	return buffer === 0 ? bytes : null;
}
