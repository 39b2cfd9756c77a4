/**
 * Memory that the kernel sees. Small typed arrays live on a heap that moves and a pointer is invisible to the
 * collector, so every structure lies in one long-lived ArrayBuffer whose owner keeps it, and addresses are taken once.
 */

/** A piece of an arena: its address for the kernel, and views on the same bytes for us. */
export interface Slab {
	readonly address: number;
	readonly bytes: Uint8Array;
	readonly view: DataView;
}

/** Hands out pieces of one ArrayBuffer; nothing is ever given back. Its owner must keep it referenced. */
export class Arena {
	readonly #buffer: ArrayBuffer;
	readonly #address: number;
	#used = 0;

	/** `bytes` must be above 64, or V8 may keep the buffer on its moving heap. `addressOf` is asked once. */
	constructor(bytes: number, addressOf: (buffer: ArrayBuffer) => number) {
		if (bytes <= 64) throw new RangeError("an arena must be larger than 64 bytes");
		this.#buffer = new ArrayBuffer(bytes);
		this.#address = addressOf(this.#buffer);
	}

	/** The next `bytes` bytes, zeroed, aligned to 8. Throws RangeError when the arena is full. */
	reserve(bytes: number): Slab {
		const offset = this.#used;
		if (offset + bytes > this.#buffer.byteLength) throw new RangeError("arena is full");
		this.#used = (offset + bytes + 7) & ~7;
		return {
			address: this.#address + offset,
			bytes: new Uint8Array(this.#buffer, offset, bytes),
			view: new DataView(this.#buffer, offset, bytes),
		};
	}
}
