/**
 * Datagrams on their way out, sorted by socket. Those of one flow that are equally long leave as one super-packet
 * (UDP_SEGMENT), whatever came between them; the order within a flow stays. Nothing is copied but what the machine made.
 */
import { canBePending } from "../../errors.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL, SOL_UDP, UDP_SEGMENT } from "../../native/constants.ts";
import { ERRNO, errnoName } from "../../native/errno.ts";
import type { Libc } from "../../native/libc.ts";
import { CMSGHDR, IOVEC, MMSGHDR } from "../../native/structs.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { familyOfName, NAME_BYTES } from "./socket-names.ts";
import type { DataPathCounters } from "./worker-io.ts";

/** Messages and datagrams that may wait at one time; more are sent at once. */
const MOST_MESSAGES = 512;
const MOST_SEGMENTS = 4096;
/** Most datagrams in one super-packet (UDP_MAX_SEGMENTS, as it was first), and most bytes. */
const MOST_JOINED = 64;
const MOST_JOINED_BYTES = 65_000;
const NAME_SPACE = 32;
const CONTROL_SPACE = 96;
/** For what the machine made. */
const COPY_SPACE = 512 * 1024;
/** A pending ICMP error can stop a send as often as new errors come in between. */
const PENDING_RETRIES = 32;
const FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;

/** Bytes of packet memory that one takes. */
export const OUTBOX_BYTES =
	(MOST_MESSAGES + 1) * (MMSGHDR.bytes + NAME_SPACE + CONTROL_SPACE) +
	2 * (MOST_SEGMENTS + 1) * IOVEC.bytes +
	COPY_SPACE +
	1024;

/** A socket that datagrams leave from. */
export interface OutSocket {
	readonly fd: number;
	/** The shortest segments that the kernel has refused; longer ones are sent one by one. */
	refusedSize: number;
	/** What waits for it in this round of sending. */
	round: number;
	first: number;
	last: number;
	/** An error may be pending: takes note of what waits in its error queue, and says whether it had any. */
	takeErrors?(): boolean;
}

/** A socket, and the control message that says which of our addresses a datagram leaves from (its place; 0 bytes: none). */
export interface OutWay {
	readonly socket: OutSocket;
	readonly control: number;
	readonly controlLength: number;
}

/** Collects and sends. */
export class Outbox {
	/** Counts rounds of sending: what was told to wait for more of its flow waits for this round alone. */
	round = 0;
	readonly #memory: PacketMemory;
	readonly #libc: Libc;
	readonly #counters: DataPathCounters;
	readonly #headers: number;
	readonly #names: number;
	readonly #control: number;
	readonly #vectors: number;
	readonly #copies: number;
	#copied = 0;
	#vectorsUsed = 0;
	#messages = 0;
	#segments = 0;
	readonly #sockets: OutSocket[] = [];
	/** By message. */
	readonly #head = new Int32Array(MOST_MESSAGES);
	readonly #tail = new Int32Array(MOST_MESSAGES);
	readonly #joined = new Int32Array(MOST_MESSAGES);
	readonly #bytes = new Int32Array(MOST_MESSAGES);
	/** Of its datagrams but the last. */
	readonly #size = new Int32Array(MOST_MESSAGES);
	readonly #nextMessage = new Int32Array(MOST_MESSAGES);
	readonly #source = new Int32Array(MOST_MESSAGES);
	readonly #sourceLength = new Int32Array(MOST_MESSAGES);
	/** By datagram: where it lies, how long it is; where the header in front of it lies, 0: it has none elsewhere. */
	readonly #at = new Int32Array(MOST_SEGMENTS);
	readonly #length = new Int32Array(MOST_SEGMENTS);
	readonly #prefix = new Int32Array(MOST_SEGMENTS);
	readonly #nextSegment = new Int32Array(MOST_SEGMENTS);
	/** Messages of the socket that is being served, in order. */
	readonly #order = new Int32Array(MOST_MESSAGES);

	constructor(memory: PacketMemory, libc: Libc, counters: DataPathCounters) {
		this.#memory = memory;
		this.#libc = libc;
		this.#counters = counters;
		this.#headers = memory.reserve((MOST_MESSAGES + 1) * MMSGHDR.bytes);
		this.#names = memory.reserve(MOST_MESSAGES * NAME_SPACE);
		this.#control = memory.reserve((MOST_MESSAGES + 1) * CONTROL_SPACE);
		this.#vectors = memory.reserve(2 * (MOST_SEGMENTS + 1) * IOVEC.bytes);
		this.#copies = memory.reserve(COPY_SPACE);
	}

	/** Sees to it that one more datagram fits. */
	makeRoom(): void {
		if (this.#messages === MOST_MESSAGES || this.#segments === MOST_SEGMENTS) this.flush();
	}

	/** What comes from now on does not join what waits. */
	closeFlows(): void {
		this.round++;
	}

	/** Whether so many bytes may join a message of this round. */
	joins(message: number, length: number): boolean {
		const size = this.#size[message] as number;
		return (
			length <= size &&
			length > 0 &&
			(this.#joined[message] as number) < MOST_JOINED &&
			(this.#bytes[message] as number) + length <= MOST_JOINED_BYTES &&
			// Of a shorter one nobody can tell where it ends but by its being the last.
			(this.#joined[message] as number) * size === this.#bytes[message]
		);
	}

	/** Adds a datagram to a message that `joins` said it may join. */
	join(message: number, at: number, length: number, prefix: number): void {
		const segment = this.#segment(at, length, prefix);
		this.#nextSegment[this.#tail[message] as number] = segment;
		this.#tail[message] = segment;
		this.#joined[message] = (this.#joined[message] as number) + 1;
		this.#bytes[message] = (this.#bytes[message] as number) + length;
	}

	/** A datagram that begins a message of its own, to the name at a place among words; the message. `length` counts its prefix. */
	begin(way: OutWay, names: Int32Array, name: number, at: number, length: number, prefix: number): number {
		const { socket } = way;
		const message = this.#messages++;
		const segment = this.#segment(at, length, prefix);
		this.#head[message] = segment;
		this.#tail[message] = segment;
		this.#joined[message] = 1;
		this.#bytes[message] = length;
		this.#size[message] = length < socket.refusedSize ? length : 0;
		this.#source[message] = way.control;
		this.#sourceLength[message] = way.controlLength;
		this.#nextMessage[message] = -1;
		const { words } = this.#memory;
		const to = (this.#names + message * NAME_SPACE) >> 2;
		for (let index = 0; index < 7; index++) words[to + index] = names[name + index] as number;
		if (socket.first < 0) {
			socket.first = message;
			this.#sockets.push(socket);
		} else this.#nextMessage[socket.last] = message;
		socket.last = message;
		return message;
	}

	/** Bytes of the machine's, which leave in their turn. */
	send(way: OutWay, names: Int32Array, name: number, bytes: Uint8Array): void {
		this.makeRoom();
		const memory = this.#memory;
		let at = bytes.byteOffset;
		if (bytes.buffer !== memory.bytes.buffer) {
			if (this.#copied + bytes.length > COPY_SPACE) this.flush();
			at = this.#copies + this.#copied;
			memory.bytes.set(bytes, at);
			this.#copied += (bytes.length + 63) & ~63;
		}
		this.closeFlows();
		this.begin(way, names, name, at, bytes.length, 0);
	}

	/** Where the header of channel data lies that datagrams have in front which came in one with others. */
	prefix(channel: number, length: number): number {
		if (this.#copied + 64 > COPY_SPACE) this.flush();
		const at = this.#copies + this.#copied;
		const { bytes } = this.#memory;
		bytes[at] = channel >>> 8;
		bytes[at + 1] = channel;
		bytes[at + 2] = length >>> 8;
		bytes[at + 3] = length;
		this.#copied += 64;
		return at;
	}

	#segment(at: number, length: number, prefix: number): number {
		const segment = this.#segments++;
		this.#at[segment] = at;
		this.#length[segment] = length;
		this.#prefix[segment] = prefix;
		this.#nextSegment[segment] = -1;
		return segment;
	}

	/** Sends all that waits. */
	flush(): void {
		const sockets = this.#sockets;
		for (let index = 0; index < sockets.length; index++) {
			const socket = sockets[index] as OutSocket;
			this.#sendAll(socket);
			socket.first = -1;
		}
		sockets.length = 0;
		this.#messages = 0;
		this.#segments = 0;
		this.#copied = 0;
		this.round++;
	}

	#sendAll(socket: OutSocket): void {
		const first = socket.first;
		if (first === socket.last && this.#isPlain(first)) {
			this.#sendPlain(socket, first);
			return;
		}
		this.#vectorsUsed = 0;
		let count = 0;
		for (let message = first; message >= 0; message = this.#nextMessage[message] as number) {
			this.#order[count] = message;
			this.#layOut(count++, message);
		}
		let stalls = 0;
		for (let from = 0; from < count; ) {
			const address = this.#memory.address + this.#headers + from * MMSGHDR.bytes;
			const sent = this.#libc.sendmmsg(socket.fd, address, count - from, FLAGS);
			if (sent > 0) {
				from += sent;
				stalls = 0;
				continue;
			}
			const errno = this.#libc.errno();
			if (stalls < PENDING_RETRIES && mayBePending(errno) && this.#tookErrors(socket, errno)) stalls++;
			else {
				this.#refused(socket, this.#order[from] as number, errno);
				from++;
				stalls = 0;
			}
		}
	}

	#isPlain(message: number): boolean {
		return (
			this.#joined[message] === 1 &&
			this.#sourceLength[message] === 0 &&
			this.#prefix[this.#head[message] as number] === 0
		);
	}

	/** One datagram, without any structure that the kernel would have to read. */
	#sendPlain(socket: OutSocket, message: number): void {
		const name = this.#names + message * NAME_SPACE;
		const segment = this.#head[message] as number;
		this.#sendOne(socket, name, this.#at[segment] as number, this.#length[segment] as number);
	}

	#sendOne(socket: OutSocket, name: number, at: number, length: number): void {
		const { address, words } = this.#memory;
		const nameLength = NAME_BYTES[familyOfName(words[name >> 2] as number)];
		for (let stalls = 0; ; stalls++) {
			if (this.#libc.sendto(socket.fd, address + at, length, FLAGS, address + name, nameLength) >= 0) return;
			const errno = this.#libc.errno();
			if (stalls < PENDING_RETRIES && mayBePending(errno) && this.#tookErrors(socket, errno)) continue;
			this.#drop(errno, 1);
			return;
		}
	}

	/** Whether something was pending, which the kernel tells in place of sending. */
	#tookErrors(socket: OutSocket, errno: number): boolean {
		return errno === ERRNO.EINTR || (socket.takeErrors?.() ?? false);
	}

	/** Writes the structures of a message. */
	#layOut(slot: number, message: number): void {
		const memory = this.#memory;
		const { words } = memory;
		const header = this.#headers + slot * MMSGHDR.bytes;
		const name = this.#names + message * NAME_SPACE;
		memory.writeAddress(header + MMSGHDR.name, name);
		words[(header + MMSGHDR.nameLength) >> 2] = NAME_BYTES[familyOfName(words[name >> 2] as number)];
		const vectors = this.#vectors + this.#vectorsUsed * IOVEC.bytes;
		const before = this.#vectorsUsed;
		for (let segment = this.#head[message] as number; segment >= 0; segment = this.#nextSegment[segment] as number)
			this.#addVectors(segment);
		memory.writeAddress(header + MMSGHDR.vector, vectors);
		words[(header + MMSGHDR.vectorLength) >> 2] = this.#vectorsUsed - before;
		words[(header + MMSGHDR.flags) >> 2] = 0;
		this.#writeControl(slot, header, message);
	}

	#addVectors(segment: number): void {
		const prefix = this.#prefix[segment] as number;
		const at = this.#at[segment] as number;
		const length = this.#length[segment] as number;
		if (prefix === 0) this.#vector(at, length);
		else {
			this.#vector(prefix, 4);
			this.#vector(at, length - 4);
		}
	}

	#vector(at: number, length: number): void {
		const vector = this.#vectors + this.#vectorsUsed++ * IOVEC.bytes;
		this.#memory.writeAddress(vector + IOVEC.base, at);
		this.#memory.words[(vector + IOVEC.length) >> 2] = length;
	}

	#writeControl(slot: number, header: number, message: number): void {
		const memory = this.#memory;
		const { words, bytes } = memory;
		const control = this.#control + slot * CONTROL_SPACE;
		let length = this.#sourceLength[message] as number;
		const joined = this.#joined[message] as number;
		if (length > 0) {
			const source = this.#source[message] as number;
			bytes.copyWithin(control, source, source + length);
		}
		if (joined > 1) {
			const at = (control + length) >> 2;
			// The kernel takes two bytes, and asks for no padding behind them at the end.
			words[at] = CMSGHDR.bytes + 2;
			words[at + 1] = 0;
			words[at + (CMSGHDR.level >> 2)] = SOL_UDP;
			words[at + (CMSGHDR.type >> 2)] = UDP_SEGMENT;
			words[at + (CMSGHDR.bytes >> 2)] = this.#size[message] as number;
			length += CMSGHDR.bytes + 8;
			this.#counters.segmented += joined;
		}
		memory.writeAddress(header + MMSGHDR.control, control);
		words[(header + MMSGHDR.controlLength) >> 2] = length;
	}

	/** A message did not leave: a super-packet that this way out does not take is sent one by one. */
	#refused(socket: OutSocket, message: number, errno: number): void {
		const joined = this.#joined[message] as number;
		const whole = joined === 1;
		if (whole || (errno !== ERRNO.EINVAL && errno !== ERRNO.EIO && errno !== ERRNO.EMSGSIZE)) {
			this.#drop(errno, joined);
			return;
		}
		this.#counters.segmented -= joined;
		// EIO: the way out makes no checksums, whatever the size.
		socket.refusedSize = errno === ERRNO.EIO ? 0 : Math.min(socket.refusedSize, this.#size[message] as number);
		this.#sendEach(socket, message);
	}

	#sendEach(socket: OutSocket, message: number): void {
		const slot = MOST_MESSAGES;
		const header = this.#headers + slot * MMSGHDR.bytes;
		const memory = this.#memory;
		const name = this.#names + message * NAME_SPACE;
		const length = this.#sourceLength[message] as number;
		memory.bytes.copyWithin(
			this.#control + slot * CONTROL_SPACE,
			this.#source[message] as number,
			(this.#source[message] as number) + length,
		);
		for (let segment = this.#head[message] as number; segment >= 0; segment = this.#nextSegment[segment] as number) {
			const before = 2 * MOST_SEGMENTS;
			this.#vectorsUsed = before;
			memory.writeAddress(header + MMSGHDR.vector, this.#vectors + before * IOVEC.bytes);
			this.#addVectors(segment);
			memory.writeAddress(header + MMSGHDR.name, name);
			memory.words[(header + MMSGHDR.nameLength) >> 2] = NAME_BYTES[familyOfName(memory.words[name >> 2] as number)];
			memory.words[(header + MMSGHDR.vectorLength) >> 2] = this.#vectorsUsed - before;
			memory.writeAddress(header + MMSGHDR.control, this.#control + slot * CONTROL_SPACE);
			memory.words[(header + MMSGHDR.controlLength) >> 2] = length;
			this.#sendHeader(socket, header);
		}
	}

	#sendHeader(socket: OutSocket, header: number): void {
		for (let stalls = 0; ; stalls++) {
			if (this.#libc.sendmsg(socket.fd, this.#memory.address + header, FLAGS) >= 0) return;
			const errno = this.#libc.errno();
			if (stalls < PENDING_RETRIES && mayBePending(errno) && this.#tookErrors(socket, errno)) continue;
			this.#drop(errno, 1);
			return;
		}
	}

	#drop(errno: number, datagrams: number): void {
		const { dropped } = this.#counters;
		const name = errnoName(errno);
		dropped[name] = (dropped[name] ?? 0) + datagrams;
	}
}

function mayBePending(errno: number): boolean {
	return canBePending(errno) || errno === ERRNO.EINTR;
}
