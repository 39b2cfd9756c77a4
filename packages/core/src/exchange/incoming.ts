import { type ExchangePacket, isTakenSize, SEGMENT_BYTES, segmentsOf } from "./packet.ts";

/** The other end's document as far as it is here. */
export class IncomingDocument {
	#bytes: Uint8Array | null = null;
	readonly #here = new Set<number>();
	#first = 0;

	get isWhole(): boolean {
		return this.#bytes !== null && this.#here.size === segmentsOf(this.#bytes.length);
	}

	/** All of it; only once it is whole. */
	get bytes(): Uint8Array {
		return this.#bytes ?? new Uint8Array(0);
	}

	/** What we acknowledge of it: how many segments without a gap, and which of the 32 behind the first missing one. */
	get state(): Pick<ExchangePacket, "received" | "further"> {
		let further = 0;
		for (let bit = 0; bit < 32; bit++) if (this.#here.has(this.#first + 1 + bit)) further |= 1 << bit;
		return { received: this.#first, further: further >>> 0 };
	}

	/** Takes a packet's segment; `badDocument` where the size is too large, or not the one that was said before. */
	take({ size, segment }: ExchangePacket): "badDocument" | null {
		if (size === null) return segment === null ? null : "badDocument";
		if (!isTakenSize(size)) return "badDocument";
		this.#bytes ??= new Uint8Array(size);
		if (this.#bytes.length !== size) return "badDocument";
		if (segment === null) return null;
		const offset = segment.index * SEGMENT_BYTES;
		const length = Math.min(SEGMENT_BYTES, size - offset);
		if (length <= 0 || segment.bytes.length !== length) return "badDocument";
		this.#bytes.set(segment.bytes, offset);
		this.#here.add(segment.index);
		while (this.#here.has(this.#first)) this.#first++;
		return null;
	}
}
