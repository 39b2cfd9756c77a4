/** Copies of packets, many in one piece of memory: an array of its own for each costs more than all else done to a packet. */

/** Large enough that few are made, small enough that a packet that is kept does not hold on to much. */
const SLAB_BYTES = 65_536;

let slab = new Uint8Array(0);
let used = 0;

/** The same bytes, free to be written over. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
	if (used + bytes.length > slab.length) {
		slab = new Uint8Array(Math.max(SLAB_BYTES, bytes.length));
		used = 0;
	}
	const copy = slab.subarray(used, used + bytes.length);
	used += bytes.length;
	copy.set(bytes);
	return copy;
}
