/** Copies of packets, many in one piece of memory: an array of its own for each costs more than all else done to a packet. */

/** Large enough that few are made, small enough that a packet that is kept does not hold on to much. */
const SLAB_BYTES = 65_536;

let slab = new Uint8Array(0);
let used = 0;

/** So many zeros, free to be written over. */
export function newBytes(length: number): Uint8Array {
	if (used + length > slab.length) {
		slab = new Uint8Array(Math.max(SLAB_BYTES, length));
		used = 0;
	}
	const bytes = slab.subarray(used, used + length);
	used += length;
	return bytes;
}

/** The same bytes, free to be written over. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
	const copy = newBytes(bytes.length);
	copy.set(bytes);
	return copy;
}
