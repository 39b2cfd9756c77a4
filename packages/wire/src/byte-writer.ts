import { requireRange } from "./bytes.ts";
import { encodeUtf8 } from "./utf8.ts";

/** Writes fields in network byte order, one after the other, into room that grows and is used again. */
export class ByteWriter {
	#bytes: Uint8Array;
	#length = 0;

	/** With room for so many bytes before it has to grow. */
	constructor(room = 512) {
		this.#bytes = new Uint8Array(room);
	}

	/** Bytes written so far. */
	get length(): number {
		return this.#length;
	}

	/** The room itself, whose first `length` bytes are those written; it is another one after the next write that grows it. */
	get room(): Uint8Array {
		return this.#bytes;
	}

	/** Forgets all that was written. */
	clear(): void {
		this.#length = 0;
	}

	/** A copy of all that was written. */
	copy(): Uint8Array {
		return this.#bytes.slice(0, this.#length);
	}

	/** Throws RangeError with `name` where the value does not fit, as do the others. */
	uint8(name: string, value: number): void {
		requireRange(name, value, 0xff);
		this.#grow(1);
		this.#bytes[this.#length++] = value;
	}

	uint16(name: string, value: number): void {
		requireRange(name, value, 0xffff);
		this.#grow(2);
		this.setUint16(this.#length, value);
		this.#length += 2;
	}

	uint32(name: string, value: number): void {
		requireRange(name, value, 0xffffffff);
		this.#grow(4);
		this.setUint16(this.#length, value >>> 16);
		this.setUint16(this.#length + 2, value);
		this.#length += 4;
	}

	uint64(name: string, value: bigint): void {
		if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new RangeError(`${name} must fit 64 bits, not ${value}`);
		this.uint32(name, Number(value >> 32n));
		this.uint32(name, Number(value & 0xffff_ffffn));
	}

	/** All bytes, or the first so many. */
	bytes(bytes: Uint8Array, count = bytes.length): void {
		this.#grow(count);
		const room = this.#bytes;
		const start = this.#length;
		for (let index = 0; index < count; index++) room[start + index] = bytes[index] ?? 0;
		this.#length += count;
	}

	/** UTF-8. */
	text(text: string): void {
		this.#grow(text.length);
		for (let index = 0; index < text.length; index++) {
			const code = text.charCodeAt(index);
			if (code >= 0x80) {
				this.bytes(encodeUtf8(text));
				return;
			}
			this.#bytes[this.#length + index] = code;
		}
		this.#length += text.length;
	}

	zeros(count: number): void {
		this.#grow(count);
		this.#bytes.fill(0, this.#length, this.#length + count);
		this.#length += count;
	}

	/** Overwrites two bytes written before; only the low 16 bits of the value are taken. */
	setUint16(offset: number, value: number): void {
		this.#bytes[offset] = value >>> 8;
		this.#bytes[offset + 1] = value;
	}

	#grow(count: number): void {
		if (this.#length + count <= this.#bytes.length) return;
		const larger = new Uint8Array(2 * (this.#length + count));
		larger.set(this.#bytes.subarray(0, this.#length));
		this.#bytes = larger;
	}
}
