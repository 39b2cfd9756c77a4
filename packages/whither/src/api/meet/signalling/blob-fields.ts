/** Numbers and texts of blobs as bytes. Pure. */
import { decodeUtf8, encodeUtf8 } from "@whither/wire";

/** Collects bytes. */
export class FieldWriter {
	readonly bytes: number[] = [];

	/** `length` bytes, the first the greatest. */
	number(value: number, length: number): void {
		if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * length))
			throw new RangeError(`${value} does not fit ${length} bytes`);
		for (let place = length - 1; place >= 0; place--) this.bytes.push(Math.floor(value / 2 ** (8 * place)) % 256);
	}

	/** As it is. */
	raw(bytes: Uint8Array): void {
		this.bytes.push(...bytes);
	}

	/** With its length before it, in one byte or, of lines, in two. */
	text(text: string, lengthBytes = 1): void {
		const bytes = encodeUtf8(text);
		this.number(bytes.length, lengthBytes);
		this.raw(bytes);
	}
}

/** Reads them again; past the end it answers 0, nothing, and `isOver`. */
export class FieldReader {
	readonly #bytes: Uint8Array;
	#offset = 0;
	/** It was asked for more than there is. */
	isOver = false;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get left(): number {
		return this.#bytes.length - this.#offset;
	}

	raw(length: number): Uint8Array {
		if (length > this.left) this.isOver = true;
		const bytes = this.#bytes.subarray(this.#offset, this.#offset + length);
		this.#offset += bytes.length;
		return bytes;
	}

	number(length: number): number {
		return this.raw(length).reduce((sum, byte) => sum * 256 + byte, 0);
	}

	text(lengthBytes = 1): string {
		return decodeUtf8(this.raw(this.number(lengthBytes)));
	}
}
