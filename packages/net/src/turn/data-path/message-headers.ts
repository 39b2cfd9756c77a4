/** The structures by which sendmmsg(2) is told what to send (struct mmsghdr, iovec, cmsghdr), laid out by hand in packet memory. */
import { SOL_UDP, UDP_SEGMENT } from "../../native/constants.ts";
import { CMSGHDR, IOVEC, MMSGHDR } from "../../native/structs.ts";
import { CHANNEL_HEADER_BYTES } from "./channel-header.ts";
import { MOST_MESSAGES, MOST_SEGMENTS, type OutgoingMessages } from "./outgoing-messages.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { familyOfName, NAME_BYTES, NAME_WORDS } from "./socket-names.ts";

const NAME_SPACE = 32;
/** Packet info of either family, and the size of segments. */
const CONTROL_SPACE = 96;
/** The slot and the vectors of a datagram that leaves alone, behind all others. */
const LONE_SLOT = MOST_MESSAGES;
const LONE_VECTOR = 2 * MOST_SEGMENTS;

/** Bytes of packet memory that they take. */
export const MESSAGE_HEADERS_BYTES =
	(MOST_MESSAGES + 1) * (MMSGHDR.bytes + NAME_SPACE + CONTROL_SPACE) + 2 * (MOST_SEGMENTS + 1) * IOVEC.bytes + 512;

/** Of one outbox: a header a slot, in the order in which messages leave. */
export class MessageHeaders {
	readonly #memory: PacketMemory;
	readonly #messages: OutgoingMessages;
	readonly #headers: number;
	readonly #names: number;
	readonly #control: number;
	readonly #vectors: number;
	#vectorsUsed = 0;

	constructor(memory: PacketMemory, messages: OutgoingMessages) {
		this.#memory = memory;
		this.#messages = messages;
		this.#headers = memory.reserve((MOST_MESSAGES + 1) * MMSGHDR.bytes);
		this.#names = memory.reserve(MOST_MESSAGES * NAME_SPACE);
		this.#control = memory.reserve((MOST_MESSAGES + 1) * CONTROL_SPACE);
		this.#vectors = memory.reserve(2 * (MOST_SEGMENTS + 1) * IOVEC.bytes);
	}

	/** Keeps the name that a message goes to, which stands at a place among words. */
	keepName(message: number, names: Int32Array, name: number): void {
		const { words } = this.#memory;
		const to = this.nameAt(message) >> 2;
		for (let index = 0; index < NAME_WORDS; index++) words[to + index] = names[name + index] as number;
	}

	/** Where the name that a message goes to stands. */
	nameAt(message: number): number {
		return this.#names + message * NAME_SPACE;
	}

	/** Bytes of that name. */
	nameLength(message: number): number {
		return NAME_BYTES[familyOfName(this.#memory.words[this.nameAt(message) >> 2] as number)];
	}

	/** The address of a slot's header. */
	address(slot: number): number {
		return this.#memory.address + this.#headers + slot * MMSGHDR.bytes;
	}

	/** Every slot may be laid out anew. */
	clear(): void {
		this.#vectorsUsed = 0;
	}

	/** Lays a message out, all its datagrams as one that the kernel divides. */
	layOut(slot: number, message: number): void {
		const { head, nextSegment, joined, size } = this.#messages;
		const before = this.#vectorsUsed;
		for (let segment = head[message] as number; segment >= 0; segment = nextSegment[segment] as number)
			this.#addVectors(segment);
		this.#write(slot, message, before);
		if ((joined[message] as number) > 1) this.#addSegmentSize(slot, size[message] as number);
	}

	/** Lays one of a message's datagrams out, and gives the address of its header. */
	layOutAlone(message: number, segment: number): number {
		this.#vectorsUsed = LONE_VECTOR;
		this.#addVectors(segment);
		this.#write(LONE_SLOT, message, LONE_VECTOR);
		return this.address(LONE_SLOT);
	}

	/** A header with its message's name and control message, and the vectors from `before` on. */
	#write(slot: number, message: number, before: number): void {
		const memory = this.#memory;
		const { words } = memory;
		const header = this.#headers + slot * MMSGHDR.bytes;
		const control = this.#control + slot * CONTROL_SPACE;
		const source = this.#messages.source[message] as number;
		const length = this.#messages.sourceLength[message] as number;
		memory.writeAddress(header + MMSGHDR.name, this.nameAt(message));
		words[(header + MMSGHDR.nameLength) >> 2] = this.nameLength(message);
		memory.writeAddress(header + MMSGHDR.vector, this.#vectors + before * IOVEC.bytes);
		words[(header + MMSGHDR.vectorLength) >> 2] = this.#vectorsUsed - before;
		words[(header + MMSGHDR.flags) >> 2] = 0;
		if (length > 0) memory.bytes.copyWithin(control, source, source + length);
		memory.writeAddress(header + MMSGHDR.control, control);
		words[(header + MMSGHDR.controlLength) >> 2] = length;
	}

	/** UDP_SEGMENT: the kernel takes two bytes, and asks for no padding behind them at the end. */
	#addSegmentSize(slot: number, size: number): void {
		const { words } = this.#memory;
		const controlLength = (this.#headers + slot * MMSGHDR.bytes + MMSGHDR.controlLength) >> 2;
		const length = words[controlLength] as number;
		const at = (this.#control + slot * CONTROL_SPACE + length) >> 2;
		words[at] = CMSGHDR.bytes + 2;
		words[at + 1] = 0;
		words[at + (CMSGHDR.level >> 2)] = SOL_UDP;
		words[at + (CMSGHDR.type >> 2)] = UDP_SEGMENT;
		words[at + (CMSGHDR.bytes >> 2)] = size;
		words[controlLength] = length + CMSGHDR.bytes + 8;
	}

	#addVectors(segment: number): void {
		const { prefix, at, length } = this.#messages;
		const header = prefix[segment] as number;
		const bytes = length[segment] as number;
		if (header === 0) this.#addVector(at[segment] as number, bytes);
		else {
			this.#addVector(header, CHANNEL_HEADER_BYTES);
			this.#addVector(at[segment] as number, bytes - CHANNEL_HEADER_BYTES);
		}
	}

	#addVector(at: number, length: number): void {
		const vector = this.#vectors + this.#vectorsUsed++ * IOVEC.bytes;
		this.#memory.writeAddress(vector + IOVEC.base, at);
		this.#memory.words[(vector + IOVEC.length) >> 2] = length;
	}
}
