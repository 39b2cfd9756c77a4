import type { Instant } from "../machine.ts";
import { SEGMENT_BYTES, segmentsOf } from "./packet.ts";

/** Segments under way at most: what any link takes in a burst. */
const WINDOW = 16;

interface Sent {
	at: Instant;
	tries: number;
}

/** Our document on its way: which segments the other end has, and which are to leave. */
export class OutgoingDocument {
	readonly bytes: Uint8Array;
	readonly #rtoNs: number;
	readonly #count: number;
	readonly #acknowledged = new Set<number>();
	readonly #sent = new Map<number, Sent>();

	constructor(bytes: Uint8Array, rtoNs: number) {
		this.bytes = bytes;
		this.#rtoNs = rtoNs;
		this.#count = segmentsOf(bytes.length);
	}

	get isDelivered(): boolean {
		return this.#acknowledged.size === this.#count;
	}

	/** When the next segment is to leave again; infinity: none is under way. */
	get dueAt(): Instant {
		let first = Number.POSITIVE_INFINITY;
		for (const sent of this.#sent.values()) first = Math.min(first, this.#dueAt(sent));
		return first;
	}

	#dueAt({ at, tries }: Sent): Instant {
		return at + this.#rtoNs * Math.min(2 ** (tries - 1), 8);
	}

	/** What the other end says that it has. */
	acknowledge(received: number, further: number): void {
		for (let index = 0; index < Math.min(received, this.#count); index++) this.#take(index);
		for (let bit = 0; bit < 32; bit++) if (((further >>> bit) & 1) === 1) this.#take(received + 1 + bit);
	}

	#take(index: number): void {
		if (index >= this.#count) return;
		this.#acknowledged.add(index);
		this.#sent.delete(index);
	}

	/** Indexes of the segments that are to leave now; they count as sent. */
	next(now: Instant): readonly number[] {
		const due = [...this.#sent].filter(([, sent]) => this.#dueAt(sent) <= now).map(([index]) => index);
		for (let index = 0; index < this.#count && this.#sent.size < WINDOW; index++) {
			if (this.#acknowledged.has(index) || this.#sent.has(index)) continue;
			this.#sent.set(index, { at: now, tries: 0 });
			due.push(index);
		}
		for (const index of due) this.#sent.set(index, { at: now, tries: (this.#sent.get(index)?.tries ?? 0) + 1 });
		return due;
	}

	segment(index: number): Uint8Array {
		return this.bytes.subarray(index * SEGMENT_BYTES, (index + 1) * SEGMENT_BYTES);
	}
}
