/** Arrays of struct mmsghdr with their buffers, for sendmmsg(2) and recvmmsg(2). */
import type { Arena, Slab } from "./arena.ts";
import type { SocketName } from "./sockaddr.ts";
import { CMSGHDR, IOVEC, MMSGHDR, readSize, SOCKADDR_BYTES, writeSize } from "./structs.ts";

/** How much a batch holds; `dataBytes` and `controlBytes` are shared by all its slots. */
export interface BatchSize {
	readonly slots: number;
	readonly dataBytes: number;
	readonly controlBytes: number;
}

/** One control message to send along. */
export interface ControlMessage {
	readonly level: number;
	readonly type: number;
	/** A 32-bit integer, or a structure as the kernel wants it. */
	readonly value: number | Uint8Array;
}

/** What `append` needs to know of one message. */
export interface OutgoingMessage {
	/** Fills in the destination; null on a connected socket. */
	readonly name: SocketName | null;
	readonly data: Uint8Array;
	readonly control: readonly ControlMessage[];
}

/** One received message; the views are good only until the next receive. */
export interface IncomingMessage {
	readonly name: Uint8Array;
	readonly data: Uint8Array;
	readonly control: Uint8Array;
	readonly flags: number;
}

const NAME_BYTES = (SOCKADDR_BYTES + 7) & ~7;
/** sizeof(int), as which most options of one packet are sent. */
const INT_BYTES = 4;

/** A reusable batch: fill it with `append` and send, or `reset` it for receiving and read what came with `message`. */
export class MessageBatch {
	readonly slots: number;
	readonly #headers: Slab;
	readonly #vectors: Slab;
	readonly #names: Slab;
	readonly #data: Slab;
	readonly #control: Slab;
	readonly #dataEach: number;
	readonly #controlEach: number;
	#count = 0;
	#dataUsed = 0;
	/** Slots before this are not ready to receive. */
	#stale: number;

	constructor(arena: Arena, size: BatchSize) {
		this.slots = size.slots;
		this.#stale = size.slots;
		this.#headers = arena.reserve(MMSGHDR.bytes * size.slots);
		this.#vectors = arena.reserve(IOVEC.bytes * size.slots);
		this.#names = arena.reserve(NAME_BYTES * size.slots);
		this.#data = arena.reserve(size.dataBytes);
		this.#control = arena.reserve(size.controlBytes);
		this.#dataEach = Math.floor(size.dataBytes / size.slots);
		this.#controlEach = Math.floor(size.controlBytes / size.slots) & ~7;
		for (let slot = 0; slot < this.slots; slot++) this.#link(slot);
	}

	/** Arena bytes that a batch of this size takes. */
	static bytes(size: BatchSize): number {
		const each = MMSGHDR.bytes + IOVEC.bytes + NAME_BYTES;
		return each * size.slots + size.dataBytes + size.controlBytes + 64;
	}

	/** Address of the first header not before `from`. */
	address(from = 0): number {
		return this.#headers.address + from * MMSGHDR.bytes;
	}

	get count(): number {
		return this.#count;
	}

	/** Empties the batch before messages are appended. */
	clear(): void {
		this.#count = 0;
		this.#dataUsed = 0;
	}

	/** Adds a message to send; false when there is no room left (send and clear first). */
	append(message: OutgoingMessage): boolean {
		const slot = this.#count;
		const { name, data, control } = message;
		if (slot >= this.slots || this.#dataUsed + data.length > this.#data.bytes.length) return false;
		const header = slot * MMSGHDR.bytes;
		const view = this.#headers.view;
		if (name !== null) this.#names.bytes.set(name.bytes.subarray(0, name.length), slot * NAME_BYTES);
		view.setUint32(header + MMSGHDR.nameLength, name?.length ?? 0, true);
		this.#data.bytes.set(data, this.#dataUsed);
		writeSize(this.#vectors.view, slot * IOVEC.bytes + IOVEC.base, this.#data.address + this.#dataUsed);
		writeSize(this.#vectors.view, slot * IOVEC.bytes + IOVEC.length, data.length);
		writeSize(view, header + MMSGHDR.controlLength, this.#writeControl(slot, control));
		view.setUint32(header + MMSGHDR.flags, 0, true);
		this.#dataUsed += data.length;
		this.#count = slot + 1;
		return true;
	}

	/** Makes every slot ready to receive: the kernel shortens lengths, so those of slots that were read are set again. */
	reset(): void {
		const view = this.#headers.view;
		const stale = this.#stale;
		this.#stale = 0;
		for (let slot = 0; slot < stale; slot++) {
			const header = slot * MMSGHDR.bytes;
			view.setUint32(header + MMSGHDR.nameLength, NAME_BYTES, true);
			writeSize(view, header + MMSGHDR.controlLength, this.#controlEach);
			view.setUint32(header + MMSGHDR.flags, 0, true);
			writeSize(this.#vectors.view, slot * IOVEC.bytes + IOVEC.base, this.#data.address + slot * this.#dataEach);
			writeSize(this.#vectors.view, slot * IOVEC.bytes + IOVEC.length, this.#dataEach);
		}
	}

	/** What the kernel put into one slot. */
	message(slot: number): IncomingMessage {
		this.#stale = Math.max(this.#stale, slot + 1);
		const header = slot * MMSGHDR.bytes;
		const view = this.#headers.view;
		const length = (at: number, most: number): number => Math.min(at, most);
		return {
			name: slice(
				this.#names,
				slot * NAME_BYTES,
				length(view.getUint32(header + MMSGHDR.nameLength, true), NAME_BYTES),
			),
			data: slice(
				this.#data,
				slot * this.#dataEach,
				length(view.getUint32(header + MMSGHDR.length, true), this.#dataEach),
			),
			control: slice(
				this.#control,
				slot * this.#controlEach,
				length(readSize(view, header + MMSGHDR.controlLength), this.#controlEach),
			),
			flags: view.getUint32(header + MMSGHDR.flags, true),
		};
	}

	#link(slot: number): void {
		const header = slot * MMSGHDR.bytes;
		const view = this.#headers.view;
		writeSize(view, header + MMSGHDR.name, this.#names.address + slot * NAME_BYTES);
		writeSize(view, header + MMSGHDR.vector, this.#vectors.address + slot * IOVEC.bytes);
		writeSize(view, header + MMSGHDR.vectorLength, 1);
		writeSize(view, header + MMSGHDR.control, this.#control.address + slot * this.#controlEach);
	}

	#writeControl(slot: number, messages: readonly ControlMessage[]): number {
		const view = this.#control.view;
		const start = slot * this.#controlEach;
		let offset = start;
		for (const { level, type, value } of messages) {
			const length = CMSGHDR.bytes + (typeof value === "number" ? INT_BYTES : value.length);
			writeSize(view, offset + CMSGHDR.length, length);
			view.setUint32(offset + CMSGHDR.level, level, true);
			view.setUint32(offset + CMSGHDR.type, type, true);
			if (typeof value === "number") view.setUint32(offset + CMSGHDR.bytes, value >>> 0, true);
			else this.#control.bytes.set(value, offset + CMSGHDR.bytes);
			offset += (length + 7) & ~7;
		}
		return offset - start;
	}
}

function slice(slab: Slab, offset: number, length: number): Uint8Array {
	return slab.bytes.subarray(offset, offset + length);
}
