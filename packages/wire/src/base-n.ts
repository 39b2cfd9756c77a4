const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32HEX = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

/** Base 64 with padding (RFC 4648 §4). */
export function formatBase64(bytes: Uint8Array): string {
	const text = formatBits(bytes, BASE64, 6);
	return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** Base 32 with the extended hex alphabet, without padding (RFC 4648 §7), as NSEC3 has it. */
export function formatBase32Hex(bytes: Uint8Array): string {
	return formatBits(bytes, BASE32HEX, 5);
}

function formatBits(bytes: Uint8Array, alphabet: string, bits: number): string {
	let text = "";
	let buffer = 0;
	let held = 0;
	for (const byte of bytes) {
		buffer = (buffer << 8) | byte;
		held += 8;
		while (held >= bits) {
			held -= bits;
			text += alphabet[(buffer >> held) & ((1 << bits) - 1)];
		}
		buffer &= (1 << held) - 1;
	}
	return held === 0 ? text : text + alphabet[(buffer << (bits - held)) & ((1 << bits) - 1)];
}
