/** Bytes as lower-case hexadecimal digits. */
export function formatHex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
	return text;
}

/** Bytes of hexadecimal digits that stand in our own source; throws RangeError for anything else. */
export function parseHex(text: string): Uint8Array {
	if (!/^([0-9a-fA-F]{2})*$/.test(text)) throw new RangeError(`not hexadecimal: ${text}`);
	const bytes = new Uint8Array(text.length / 2);
	for (let index = 0; index < bytes.length; index++)
		bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
	return bytes;
}
