import { requireAddress } from "./address.ts";

/**
 * The Internet checksum of RFC 1071 over the bytes from `from` up to `to`, an odd last byte padded with zero. `initial` is
 * the unfolded sum of the words before them. Over bytes that hold a right checksum the answer is 0.
 */
export function internetChecksum(bytes: Uint8Array, initial = 0, from = 0, to = bytes.length): number {
	return ~fold(checksumSum(bytes, initial, from, to)) & 0xffff;
}

/** The unfolded sum of 16-bit words, for checksums over several pieces; each piece but the last must have an even length. */
export function checksumSum(bytes: Uint8Array, initial = 0, from = 0, to = bytes.length): number {
	let high = 0;
	let low = 0;
	const even = from + ((to - from) & ~1);
	for (let index = from; index < even; index += 2) {
		high += bytes[index] ?? 0;
		low += bytes[index + 1] ?? 0;
	}
	if (even < to) high += bytes[even] ?? 0;
	return initial + high * 256 + low;
}

/** One's complement folding of a sum to 16 bits. */
function fold(sum: number): number {
	let folded = sum;
	while (folded > 0x7fff_ffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
	while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
	return folded;
}

/**
 * The checksum of a TCP, UDP or ICMPv6 segment with its pseudo-header (RFC 9293 §3.1, RFC 768, RFC 8200 §8.1). The
 * segment's own checksum field must be 0, or the answer is 0 where that field is right. UDP sends an answer of 0 as 0xFFFF.
 */
export function transportChecksum(
	family: 4 | 6,
	source: string,
	destination: string,
	protocol: number,
	segment: Uint8Array,
): number {
	return internetChecksum(segment, pseudoHeaderSum(family, source, destination, protocol, segment.length));
}

/** The unfolded sum of a pseudo-header; `length` is that of the whole transport packet, however much of it is covered. */
export function pseudoHeaderSum(
	family: 4 | 6,
	source: string,
	destination: string,
	protocol: number,
	length: number,
): number {
	const addresses = checksumSum(requireAddress(destination, family), checksumSum(requireAddress(source, family)));
	// Both pseudo-headers sum to the same: addresses, protocol, and the length in one or two words.
	return addresses + protocol + (length >>> 16) + (length & 0xffff);
}
