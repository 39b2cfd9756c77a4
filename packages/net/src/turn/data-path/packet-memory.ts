/**
 * The one piece of memory that a worker's sockets read into and send from, so that what comes in can leave again from
 * where it lies. Places in it are byte offsets.
 */
import { Arena } from "../../native/arena.ts";
import type { Libc } from "../../native/libc.ts";

/** Hands out places in one buffer and has it as bytes and as words. */
export class PacketMemory {
	readonly bytes: Uint8Array;
	readonly words: Int32Array;
	/** The address of the buffer, in halves of 32 bits. */
	readonly low: number;
	readonly high: number;
	readonly address: number;
	#used = 0;

	constructor(bytes: number, libc: Pick<Libc, "addressOf">) {
		const slab = new Arena(bytes, libc.addressOf).reserve(bytes);
		this.bytes = slab.bytes;
		this.words = new Int32Array(slab.bytes.buffer);
		this.address = slab.address;
		this.low = slab.address >>> 0;
		this.high = Math.floor(slab.address / 2 ** 32);
	}

	/** The offset of the next so many bytes, at the beginning of a line of the processor's cache. */
	reserve(bytes: number): number {
		const offset = this.#used;
		if (offset + bytes > this.bytes.length) throw new RangeError("packet memory is full");
		this.#used = (offset + bytes + 63) & ~63;
		return offset;
	}

	/** Writes the address of a place as 64 bits. */
	writeAddress(at: number, place: number): void {
		const low = this.low + place;
		this.words[at >> 2] = low;
		this.words[(at >> 2) + 1] = low > 0xffffffff ? this.high + 1 : this.high;
	}
}
