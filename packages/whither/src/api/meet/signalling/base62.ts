/**
 * Bytes as letters and digits alone, which no chat program takes for markup or cuts into links: eight bytes are eleven
 * characters, and fewer at the end as many as they need. Pure.
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BLOCK_BYTES = 8;
/** How many characters a block of so many bytes becomes. */
const CHARACTERS = [0, 2, 3, 5, 6, 7, 9, 10, 11] as const;

/** Text of bytes. */
export function formatBase62(bytes: Uint8Array): string {
	let text = "";
	for (let offset = 0; offset < bytes.length; offset += BLOCK_BYTES) {
		const block = bytes.subarray(offset, offset + BLOCK_BYTES);
		let value = block.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
		let digits = "";
		for (let count = CHARACTERS[block.length] ?? 0; count > 0; count--) {
			digits = `${ALPHABET[Number(value % 62n)]}${digits}`;
			value /= 62n;
		}
		text += digits;
	}
	return text;
}

/** Bytes of text; null: it is none. */
export function parseBase62(text: string): Uint8Array | null {
	const blocks = text.match(/.{1,11}/gs) ?? [];
	const parsed = blocks.map(parseBlock);
	if (parsed.includes(null)) return null;
	return Uint8Array.from(parsed.flatMap((block) => [...(block ?? [])]));
}

function parseBlock(digits: string): Uint8Array | null {
	const length = CHARACTERS.indexOf(digits.length as (typeof CHARACTERS)[number]);
	if (length < 0) return null;
	let value = 0n;
	for (const digit of digits) {
		const worth = ALPHABET.indexOf(digit);
		if (worth < 0) return null;
		value = value * 62n + BigInt(worth);
	}
	const bytes = new Uint8Array(length);
	for (let index = length - 1; index >= 0; index--, value >>= 8n) bytes[index] = Number(value & 0xffn);
	return value === 0n ? bytes : null;
}

/** Characters that so many bytes make. */
export function base62Length(bytes: number): number {
	return Math.floor(bytes / BLOCK_BYTES) * 11 + (CHARACTERS[bytes % BLOCK_BYTES] ?? 0);
}
