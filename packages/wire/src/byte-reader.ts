import { type DecodeError, decodeError } from "./error.ts";

/** Nothing, for answers past the end. */
const NOTHING = new Uint8Array(0);

/**
 * Reads fields in network byte order, one after the other. Past the end it answers 0 or no bytes, stays where it is and
 * keeps the first error, so a decoder may read a whole header and ask once; a loop must ask in each turn.
 */
export class ByteReader {
	readonly #bytes: Uint8Array;
	#offset: number;
	#error: DecodeError | null = null;

	constructor(bytes: Uint8Array, offset = 0) {
		this.#bytes = bytes;
		this.#offset = Math.min(offset, bytes.length);
	}

	/** Where the next field begins. */
	get offset(): number {
		return this.#offset;
	}

	/** What went wrong first; null while all was well. */
	get error(): DecodeError | null {
		return this.#error;
	}

	get remaining(): number {
		return this.#bytes.length - this.#offset;
	}

	uint8(): number {
		return this.#uint(1);
	}

	uint16(): number {
		return this.#uint(2);
	}

	uint24(): number {
		return this.#uint(3);
	}

	uint32(): number {
		return this.#uint(4);
	}

	uint48(): number {
		return this.#uint(6);
	}

	/** A view of the next bytes. */
	bytes(length: number): Uint8Array {
		if (!this.#has(length)) return NOTHING;
		this.#offset += length;
		return this.#bytes.subarray(this.#offset - length, this.#offset);
	}

	/** A view of all that is left. */
	rest(): Uint8Array {
		return this.bytes(this.remaining);
	}

	/** A view of bytes read before, from `start` to where the reader stands. */
	since(start: number): Uint8Array {
		return this.#bytes.subarray(start, this.#offset);
	}

	/** Another reader of the same bytes, for what stands elsewhere. */
	at(offset: number): ByteReader {
		return new ByteReader(this.#bytes, offset);
	}

	/** Remembers an error of the caller's finding, unless there was one before. */
	fail(error: DecodeError["error"], offset: number, need: number, have: number): void {
		this.#error ??= decodeError(error, offset, need, have);
	}

	#uint(size: number): number {
		if (!this.#has(size)) return 0;
		let value = 0;
		for (let index = 0; index < size; index++) value = value * 256 + (this.#bytes[this.#offset + index] ?? 0);
		this.#offset += size;
		return value;
	}

	#has(length: number): boolean {
		if (this.#error === null && length <= this.remaining) return true;
		this.fail("truncated", this.#offset, length, this.remaining);
		return false;
	}
}
