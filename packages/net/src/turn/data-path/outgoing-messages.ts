/**
 * What waits to leave, as messages: a datagram, or several of one flow that are equally long but for the last of them. They
 * are lists in typed arrays, so that nothing is made for a datagram. Pure.
 */

/** Messages and datagrams that may wait at one time. */
export const MOST_MESSAGES = 512;
export const MOST_SEGMENTS = 4096;
/** Most datagrams in one message (UDP_MAX_SEGMENTS, as it was first), and most bytes. */
const MOST_JOINED = 64;
const MOST_JOINED_BYTES = 65_000;

/** A socket that datagrams leave from. */
export interface OutSocket {
	readonly fd: number;
	/** The shortest segments that the kernel has refused; longer ones are sent one by one. */
	refusedSize: number;
	/** The messages that wait for it; -1: none. */
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

/** The lists. Numbers of messages and datagrams are good until `clear`. */
export class OutgoingMessages {
	/** By message: its first datagram, how many it has, and their bytes. */
	readonly head = new Int32Array(MOST_MESSAGES);
	readonly joined = new Int32Array(MOST_MESSAGES);
	readonly bytes = new Int32Array(MOST_MESSAGES);
	/** Bytes of each of its datagrams but the last; 0: none may join it. */
	readonly size = new Int32Array(MOST_MESSAGES);
	/** The next one of the same socket; -1: none. */
	readonly next = new Int32Array(MOST_MESSAGES);
	/** Its way's control message. */
	readonly source = new Int32Array(MOST_MESSAGES);
	readonly sourceLength = new Int32Array(MOST_MESSAGES);
	/** By datagram: where it lies, how long it is; where the header in front of it lies, 0: it has none elsewhere. */
	readonly at = new Int32Array(MOST_SEGMENTS);
	readonly length = new Int32Array(MOST_SEGMENTS);
	readonly prefix = new Int32Array(MOST_SEGMENTS);
	/** The next one of the same message; -1: none. */
	readonly nextSegment = new Int32Array(MOST_SEGMENTS);
	readonly #tail = new Int32Array(MOST_MESSAGES);
	#messages = 0;
	#segments = 0;

	/** No further datagram fits. */
	get isFull(): boolean {
		return this.#messages === MOST_MESSAGES || this.#segments === MOST_SEGMENTS;
	}

	/** Whether a datagram of so many bytes may join a message. */
	joins(message: number, length: number): boolean {
		const size = this.size[message] as number;
		return (
			length <= size &&
			length > 0 &&
			(this.joined[message] as number) < MOST_JOINED &&
			(this.bytes[message] as number) + length <= MOST_JOINED_BYTES &&
			// Of a shorter one nobody can tell where it ends but by its being the last.
			(this.joined[message] as number) * size === this.bytes[message]
		);
	}

	/** Adds a datagram to a message that `joins` said it may join. */
	join(message: number, at: number, length: number, prefix: number): void {
		const segment = this.#segment(at, length, prefix);
		this.nextSegment[this.#tail[message] as number] = segment;
		this.#tail[message] = segment;
		this.joined[message] = (this.joined[message] as number) + 1;
		this.bytes[message] = (this.bytes[message] as number) + length;
	}

	/** A datagram that begins a message of its own, behind those that wait for its socket; the message. */
	begin(way: OutWay, at: number, length: number, prefix: number): number {
		const { socket } = way;
		const message = this.#messages++;
		const segment = this.#segment(at, length, prefix);
		this.head[message] = segment;
		this.#tail[message] = segment;
		this.joined[message] = 1;
		this.bytes[message] = length;
		this.size[message] = length < socket.refusedSize ? length : 0;
		this.source[message] = way.control;
		this.sourceLength[message] = way.controlLength;
		this.next[message] = -1;
		if (socket.first < 0) socket.first = message;
		else this.next[socket.last] = message;
		socket.last = message;
		return message;
	}

	/** Nothing waits any more. */
	clear(): void {
		this.#messages = 0;
		this.#segments = 0;
	}

	#segment(at: number, length: number, prefix: number): number {
		const segment = this.#segments++;
		this.at[segment] = at;
		this.length[segment] = length;
		this.prefix[segment] = prefix;
		this.nextSegment[segment] = -1;
		return segment;
	}
}
