/** Bytes from hexadecimal text, for fixtures. */
export function fromHex(text: string): Uint8Array {
	return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
