/** The polynomial 0x04C11DB7 with its bits reversed (ISO/IEC 3309, ITU-T V.42 §8.1.1.6.2). */
const POLYNOMIAL = 0xedb88320;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
	let value = byte;
	for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
	return value;
});

/** CRC-32 of the bytes up to `end`, as an unsigned number (ITU-T V.42, as RFC 8489 §14.7 asks for it). */
export function crc32(bytes: Uint8Array, end = bytes.length): number {
	let value = -1;
	for (let index = 0; index < end; index++) value = (value >>> 8) ^ (TABLE[(value ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
	return ~value >>> 0;
}
