/** One hash function of the Merkle-Damgard kind with blocks of 64 bytes, as its chaining words and its compression. */
export interface HashFunction {
	/** Bytes of a digest. */
	readonly digestLength: number;
	/** The chaining words that hashing begins with. */
	readonly initial: readonly number[];
	/** Whether words and the length are written with their least significant byte first (MD5). */
	readonly littleEndian: boolean;
	/** Takes the 64 bytes at `offset` into the chaining words. */
	compress(state: Int32Array, bytes: Uint8Array, offset: number): void;
}

/** Bytes of a block. */
export const BLOCK_LENGTH = 64;

/** Where the message's length in bits stands in the last block. */
const LENGTH_OFFSET = BLOCK_LENGTH - 8;

/** Hashes bytes that come in parts. It can be used again after `begin`, so a caller may keep one. */
export class Hasher {
	readonly #hash: HashFunction;
	readonly #state: Int32Array;
	readonly #block = new Uint8Array(BLOCK_LENGTH);
	#used = 0;
	#total = 0;

	constructor(hash: HashFunction) {
		this.#hash = hash;
		this.#state = Int32Array.from(hash.initial);
	}

	/** Begins anew: from the start, or from chaining words after `total` bytes, a multiple of 64. */
	begin(state: ArrayLike<number> = this.#hash.initial, total = 0): this {
		const own = this.#state;
		for (let index = 0; index < own.length; index++) own[index] = state[index] ?? 0;
		this.#used = 0;
		this.#total = total;
		return this;
	}

	/** The chaining words as they stand; whole only where the bytes so far were a multiple of 64. */
	midstate(): Int32Array {
		return this.#state.slice();
	}

	/** Takes the bytes from `from` up to `to`. */
	update(bytes: Uint8Array, from = 0, to = bytes.length): this {
		let offset = from;
		this.#total += to - from;
		while (offset < to) {
			if (this.#used === 0 && to - offset >= BLOCK_LENGTH) {
				this.#hash.compress(this.#state, bytes, offset);
				offset += BLOCK_LENGTH;
				continue;
			}
			offset = this.#fill(bytes, offset, to);
			if (this.#used === BLOCK_LENGTH) this.#compressBlock();
		}
		return this;
	}

	/** The digest of all bytes so far, in new bytes or at the start of those given; to be followed by `begin`. */
	digest(into: Uint8Array = new Uint8Array(this.#hash.digestLength)): Uint8Array {
		const bits = this.#total * 8;
		this.#block[this.#used++] = 0x80;
		if (this.#used > LENGTH_OFFSET) {
			this.#block.fill(0, this.#used);
			this.#compressBlock();
		}
		this.#block.fill(0, this.#used);
		const high = Math.floor(bits / 0x1_0000_0000);
		const { littleEndian } = this.#hash;
		putWord(this.#block, LENGTH_OFFSET, littleEndian ? bits : high, littleEndian);
		putWord(this.#block, LENGTH_OFFSET + 4, littleEndian ? high : bits, littleEndian);
		this.#compressBlock();
		for (let offset = 0; offset < this.#hash.digestLength; offset += 4)
			putWord(into, offset, this.#state[offset >> 2] ?? 0, littleEndian);
		return into;
	}

	/** Takes bytes into the block until it is full; answers where it stopped. */
	#fill(bytes: Uint8Array, from: number, to: number): number {
		const block = this.#block;
		const shift = this.#used - from;
		const end = Math.min(to, BLOCK_LENGTH - shift);
		for (let offset = from; offset < end; offset++) block[offset + shift] = bytes[offset] ?? 0;
		this.#used = end + shift;
		return end;
	}

	#compressBlock(): void {
		this.#hash.compress(this.#state, this.#block, 0);
		this.#used = 0;
	}
}

/** Writes the low 32 bits of `word`. */
function putWord(bytes: Uint8Array, offset: number, word: number, littleEndian: boolean): void {
	const value = word | 0;
	bytes[offset] = littleEndian ? value : value >>> 24;
	bytes[offset + 1] = value >>> (littleEndian ? 8 : 16);
	bytes[offset + 2] = value >>> (littleEndian ? 16 : 8);
	bytes[offset + 3] = littleEndian ? value >>> 24 : value;
}

/** Reads the block of 64 bytes at `offset` as 16 words in network byte order. */
export function loadWords(words: Int32Array, bytes: Uint8Array, offset: number): void {
	for (let index = 0, at = offset; index < 16; index++, at += 4) {
		words[index] =
			((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
	}
}
