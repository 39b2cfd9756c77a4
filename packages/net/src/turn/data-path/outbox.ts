/**
 * Datagrams on their way out, sorted by socket. Those of one flow that are equally long leave as one super-packet
 * (UDP_SEGMENT), whatever came between them; the order within a flow stays. Nothing is copied but what the machine made.
 */
import { canBePending } from "../../errors.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../native/constants.ts";
import { ERRNO, errnoName } from "../../native/errno.ts";
import type { Libc } from "../../native/libc.ts";
import { writeChannelHeader } from "./channel-header.ts";
import { MESSAGE_HEADERS_BYTES, MessageHeaders } from "./message-headers.ts";
import { MOST_MESSAGES, OutgoingMessages, type OutSocket, type OutWay } from "./outgoing-messages.ts";
import type { PacketMemory } from "./packet-memory.ts";
import type { DataPathCounters } from "./worker-io.ts";

/** For what the machine made. */
const COPY_SPACE = 512 * 1024;
/** A line of the processor's cache: what the machine made begins one, and so does a header. */
const LINE = 64;
/** A pending ICMP error can stop a send as often as new errors come in between. */
const PENDING_RETRIES = 32;
const FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;

/** Bytes of packet memory that one takes. */
export const OUTBOX_BYTES = MESSAGE_HEADERS_BYTES + COPY_SPACE + 512;

/** Collects and sends. */
export class Outbox {
	/** Counts rounds of sending: what was told to wait for more of its flow waits for this round alone. */
	round = 0;
	readonly #memory: PacketMemory;
	readonly #libc: Libc;
	readonly #counters: DataPathCounters;
	readonly #messages = new OutgoingMessages();
	readonly #headers: MessageHeaders;
	readonly #copies: number;
	#copied = 0;
	/** Those that something waits for. */
	readonly #sockets: OutSocket[] = [];
	/** Messages of the socket that is being served, in order. */
	readonly #order = new Int32Array(MOST_MESSAGES);

	constructor(memory: PacketMemory, libc: Libc, counters: DataPathCounters) {
		this.#memory = memory;
		this.#libc = libc;
		this.#counters = counters;
		this.#headers = new MessageHeaders(memory, this.#messages);
		this.#copies = memory.reserve(COPY_SPACE);
	}

	/** Sees to it that one more datagram fits. */
	makeRoom(): void {
		if (this.#messages.isFull) this.flush();
	}

	/** Whether so many bytes may join a message of this round. */
	joins(message: number, length: number): boolean {
		return this.#messages.joins(message, length);
	}

	/** Adds a datagram to a message that `joins` said it may join. */
	join(message: number, at: number, length: number, prefix: number): void {
		this.#messages.join(message, at, length, prefix);
	}

	/** A datagram that begins a message of its own, to the name at a place among words; the message. `length` counts its prefix. */
	begin(way: OutWay, names: Int32Array, name: number, at: number, length: number, prefix: number): number {
		if (way.socket.first < 0) this.#sockets.push(way.socket);
		const message = this.#messages.begin(way, at, length, prefix);
		this.#headers.keepName(message, names, name);
		return message;
	}

	/** Bytes of the machine's, which leave in their turn. */
	send(way: OutWay, names: Int32Array, name: number, bytes: Uint8Array): void {
		this.makeRoom();
		const memory = this.#memory;
		let at = bytes.byteOffset;
		if (bytes.buffer !== memory.bytes.buffer) {
			at = this.#copyPlace(bytes.length);
			memory.bytes.set(bytes, at);
		}
		// What comes from now on does not join what waits: it would overtake this.
		this.round++;
		this.begin(way, names, name, at, bytes.length, 0);
	}

	/** Where the header of channel data lies that datagrams have in front which came in one with others. */
	prefix(channel: number, length: number): number {
		const at = this.#copyPlace(LINE);
		writeChannelHeader(this.#memory.bytes, at, channel, length);
		return at;
	}

	#copyPlace(length: number): number {
		if (this.#copied + length > COPY_SPACE) this.flush();
		const at = this.#copies + this.#copied;
		this.#copied += (length + LINE - 1) & -LINE;
		return at;
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
		this.#messages.clear();
		this.#copied = 0;
		this.round++;
	}

	#sendAll(socket: OutSocket): void {
		const first = socket.first;
		if (first === socket.last && this.#isPlain(first)) {
			this.#sendPlain(socket, first);
			return;
		}
		const count = this.#layOut(first);
		let stalls = 0;
		for (let from = 0; from < count; ) {
			const sent = this.#libc.sendmmsg(socket.fd, this.#headers.address(from), count - from, FLAGS);
			if (sent > 0) {
				from += sent;
				stalls = 0;
				continue;
			}
			const errno = this.#libc.errno();
			if (this.#mayTryAgain(socket, errno, stalls)) stalls++;
			else {
				this.#refused(socket, this.#order[from] as number, errno);
				from++;
				stalls = 0;
			}
		}
	}

	/** Lays a socket's messages out in order; how many there are. */
	#layOut(first: number): number {
		const { next, joined } = this.#messages;
		this.#headers.clear();
		let count = 0;
		for (let message = first; message >= 0; message = next[message] as number) {
			this.#order[count] = message;
			this.#headers.layOut(count++, message);
			const datagrams = joined[message] as number;
			if (datagrams > 1) this.#counters.segmented += datagrams;
		}
		return count;
	}

	#isPlain(message: number): boolean {
		const { joined, sourceLength, prefix, head } = this.#messages;
		return joined[message] === 1 && sourceLength[message] === 0 && prefix[head[message] as number] === 0;
	}

	/** One datagram, without any structure that the kernel would have to read. */
	#sendPlain(socket: OutSocket, message: number): void {
		const { head, at, length } = this.#messages;
		const { address } = this.#memory;
		const segment = head[message] as number;
		const [data, bytes] = [address + (at[segment] as number), length[segment] as number];
		const name = address + this.#headers.nameAt(message);
		const nameLength = this.#headers.nameLength(message);
		for (let stalls = 0; ; stalls++) {
			if (this.#libc.sendto(socket.fd, data, bytes, FLAGS, name, nameLength) >= 0) return;
			const errno = this.#libc.errno();
			if (this.#mayTryAgain(socket, errno, stalls)) continue;
			this.#drop(errno, 1);
			return;
		}
	}

	/** Whether it was something else that was pending, which the kernel tells in place of sending. */
	#mayTryAgain(socket: OutSocket, errno: number, stalls: number): boolean {
		if (stalls === PENDING_RETRIES) return false;
		return errno === ERRNO.EINTR || (canBePending(errno) && (socket.takeErrors?.() ?? false));
	}

	/** A message did not leave: a super-packet that this way out does not take is sent one by one. */
	#refused(socket: OutSocket, message: number, errno: number): void {
		const joined = this.#messages.joined[message] as number;
		if (joined === 1 || (errno !== ERRNO.EINVAL && errno !== ERRNO.EIO && errno !== ERRNO.EMSGSIZE)) {
			this.#drop(errno, joined);
			return;
		}
		this.#counters.segmented -= joined;
		// EIO: the way out makes no checksums, whatever the size.
		const size = errno === ERRNO.EIO ? 0 : (this.#messages.size[message] as number);
		socket.refusedSize = Math.min(socket.refusedSize, size);
		this.#sendEach(socket, message);
	}

	#sendEach(socket: OutSocket, message: number): void {
		const { head, nextSegment } = this.#messages;
		for (let segment = head[message] as number; segment >= 0; segment = nextSegment[segment] as number)
			this.#sendHeader(socket, this.#headers.layOutAlone(message, segment));
	}

	#sendHeader(socket: OutSocket, header: number): void {
		for (let stalls = 0; ; stalls++) {
			if (this.#libc.sendmsg(socket.fd, header, FLAGS) >= 0) return;
			const errno = this.#libc.errno();
			if (this.#mayTryAgain(socket, errno, stalls)) continue;
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
