/** Slots that recvmmsg(2) fills: each has room for the longest datagram, and in front of it for a channel's header. */
import { SOL_UDP, UDP_GRO } from "../../native/constants.ts";
import { CMSGHDR, IOVEC, MMSGHDR } from "../../native/structs.ts";
import type { PacketMemory } from "./packet-memory.ts";

/** Datagrams taken by one look at a socket. */
export const SLOTS = 64;
/** Before each datagram: its data begin a line of the cache, and a header of channel data fits in front. */
const HEADROOM = 64;
/** A datagram of any length, and so much more that slots do not all fall on the same lines of the cache. */
const STRIDE = HEADROOM + 65_536 + 5 * 64;
const NAME_SPACE = 32;
/** Packet info of either family, and the size of segments. */
const CONTROL_SPACE = 96;

/** Bytes of packet memory that one takes. */
export const RECEIVE_SLAB_BYTES = SLOTS * (STRIDE + MMSGHDR.bytes + IOVEC.bytes + NAME_SPACE + CONTROL_SPACE) + 1024;

/** One set of slots. */
export class ReceiveSlab {
	readonly #memory: PacketMemory;
	readonly #headers: number;
	readonly #names: number;
	readonly #control: number;
	readonly #data: number;

	constructor(memory: PacketMemory) {
		this.#memory = memory;
		this.#headers = memory.reserve(SLOTS * MMSGHDR.bytes);
		const vectors = memory.reserve(SLOTS * IOVEC.bytes);
		this.#names = memory.reserve(SLOTS * NAME_SPACE);
		this.#control = memory.reserve(SLOTS * CONTROL_SPACE);
		this.#data = memory.reserve(SLOTS * STRIDE);
		const { words } = memory;
		for (let slot = 0; slot < SLOTS; slot++) {
			const header = this.#headers + slot * MMSGHDR.bytes;
			const vector = vectors + slot * IOVEC.bytes;
			memory.writeAddress(header + MMSGHDR.name, this.nameAt(slot));
			memory.writeAddress(header + MMSGHDR.vector, vector);
			words[(header + MMSGHDR.vectorLength) >> 2] = 1;
			memory.writeAddress(header + MMSGHDR.control, this.#control + slot * CONTROL_SPACE);
			memory.writeAddress(vector + IOVEC.base, this.dataAt(slot));
			words[(vector + IOVEC.length) >> 2] = 65_536;
			this.#ready(slot);
		}
	}

	/** The kernel writes over lengths: a slot that was filled is to be made ready before it can be filled again. */
	#ready(slot: number): void {
		const { words } = this.#memory;
		const header = (this.#headers + slot * MMSGHDR.bytes) >> 2;
		words[header + (MMSGHDR.nameLength >> 2)] = NAME_SPACE;
		words[header + (MMSGHDR.controlLength >> 2)] = CONTROL_SPACE;
		words[header + (MMSGHDR.flags >> 2)] = 0;
	}

	/** Makes slots ready again, the last of which is before `to`. */
	reset(from: number, to: number): void {
		for (let slot = from; slot < to; slot++) this.#ready(slot);
	}

	/** The address of a slot's header, for recvmmsg. */
	address(slot: number): number {
		return this.#memory.address + this.#headers + slot * MMSGHDR.bytes;
	}

	/** Where its datagram begins, and how long it is. */
	dataAt(slot: number): number {
		return this.#data + slot * STRIDE + HEADROOM;
	}

	lengthOf(slot: number): number {
		return this.#memory.words[(this.#headers + slot * MMSGHDR.bytes + MMSGHDR.length) >> 2] as number;
	}

	/** Where the name of its sender stands. */
	nameAt(slot: number): number {
		return this.#names + slot * NAME_SPACE;
	}

	/** Where the value of its control message of this kind stands; -1: it has none. */
	findControl(slot: number, level: number, type: number): number {
		const { words } = this.#memory;
		const length = words[(this.#headers + slot * MMSGHDR.bytes + MMSGHDR.controlLength) >> 2] as number;
		const from = this.#control + slot * CONTROL_SPACE;
		for (let at = from; at + CMSGHDR.bytes < from + length; ) {
			const bytes = words[at >> 2] as number;
			if (bytes < CMSGHDR.bytes) return -1;
			if (words[(at + CMSGHDR.level) >> 2] === level && words[(at + CMSGHDR.type) >> 2] === type)
				return at + CMSGHDR.bytes;
			at += (bytes + 7) & ~7;
		}
		return -1;
	}

	/** The length of each of the datagrams that came as one (UDP_GRO), but for the last of them; 0: it is one alone. */
	segmentSize(slot: number): number {
		const at = this.findControl(slot, SOL_UDP, UDP_GRO);
		return at < 0 ? 0 : (this.#memory.words[at >> 2] as number);
	}
}
