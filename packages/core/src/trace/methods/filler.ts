/** Bytes that stand in a probe only for its length: printable ones, as in other tracers. */
export function filler(length: number): Uint8Array {
	const bytes = new Uint8Array(Math.max(0, length));
	for (let index = 0; index < bytes.length; index++) bytes[index] = 0x40 + (index & 0x3f);
	return bytes;
}
