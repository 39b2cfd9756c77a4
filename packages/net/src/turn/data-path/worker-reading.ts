/** What comes to a worker: datagrams of clients and of peers, read by the batch and handed on where they lie. */
import type { Instant } from "@whither/core";
import { MSG_DONTWAIT } from "../../native/constants.ts";
import type { Libc } from "../../native/libc.ts";
import { isBinding } from "../../serving/binding.ts";
import type { ClientWays } from "./client-ways.ts";
import type { DataPath } from "./data-path.ts";
import type { Listener } from "./listeners.ts";
import type { Outbox } from "./outbox.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { RECEIVE_SLAB_BYTES, ReceiveSlab, SLOTS } from "./receive-slab.ts";
import type { RelaySocket } from "./relay-socket.ts";
import { readName } from "./socket-names.ts";
import type { WorkerBinding } from "./worker-binding.ts";
import type { DataPathCounters } from "./worker-io.ts";
import type { WorkerSending } from "./worker-sending.ts";

/** Bytes of packet memory that it takes. */
export const WORKER_READING_BYTES = 2 * RECEIVE_SLAB_BYTES;

/** Looks at a listener before relays get their turn. */
const LISTENER_ROUNDS = 4;
/** The shortest STUN message, which is a header alone. */
const STUN_HEADER_BYTES = 20;

/** What it reads with, and whom it hands things to. */
export interface WorkerReadingParts {
	readonly memory: PacketMemory;
	readonly libc: Libc;
	readonly counters: DataPathCounters;
	readonly ways: ClientWays;
	readonly outbox: Outbox;
	readonly sending: WorkerSending;
	readonly path: DataPath;
}

/** One worker's. */
export class WorkerReading {
	/** Answers Binding requests; null: nobody does. */
	binding: WorkerBinding | null = null;
	readonly #parts: WorkerReadingParts;
	readonly #fromClients: ReceiveSlab;
	readonly #fromPeers: ReceiveSlab;
	/** Slots of `fromPeers` that are in use until all is sent. */
	#used = 0;
	/** At sockets, so far. */
	#looks = 0;

	constructor(parts: WorkerReadingParts) {
		this.#parts = parts;
		this.#fromClients = new ReceiveSlab(parts.memory);
		this.#fromPeers = new ReceiveSlab(parts.memory);
	}

	/** Lets go of all that waits at a listener. */
	discard(fd: number): void {
		const slab = this.#fromClients;
		for (let count = SLOTS; count === SLOTS; slab.reset(0, SLOTS))
			count = this.#parts.libc.recvmmsg(fd, slab.address(0), SLOTS, MSG_DONTWAIT, 0);
	}

	/** Sends all that waits: whatever was read may be read over. */
	flush(): void {
		this.#parts.outbox.flush();
		this.#used = 0;
	}

	/** What waits at a listener, as far as its turn goes. */
	clients(listener: Listener, now: Instant): void {
		// A look that may find more than one asks the kernel once more than it must: one by one there is only one.
		for (let round = 0; round < LISTENER_ROUNDS; round++) if (this.#lookAtClients(listener, now) < SLOTS) return;
	}

	/** How many datagrams there were. */
	#lookAtClients(listener: Listener, now: Instant): number {
		const slab = this.#fromClients;
		const wanted = listener.expected;
		const count = this.#parts.libc.recvmmsg(listener.fd, slab.address(0), wanted, MSG_DONTWAIT, 0);
		listener.expected = expectedAfter(count, wanted, this.#looks++);
		if (count <= 0) return 0;
		for (let slot = 0; slot < count; slot++) this.#slotOfClient(listener, slot, now);
		slab.reset(0, count);
		this.flush();
		return count;
	}

	#slotOfClient(listener: Listener, slot: number, now: Instant): void {
		const { ways, sending, counters } = this.#parts;
		const slab = this.#fromClients;
		const local = ways.numberOf(listener, slab, slot);
		if (local < 0) return;
		const name = slab.nameAt(slot) >> 2;
		const at = slab.dataAt(slot);
		const length = slab.lengthOf(slot);
		const size = slab.segmentSize(slot) || length;
		sending.inOne = size < length;
		for (let from = 0; from < length || from === 0; from += size) {
			counters.received++;
			this.#fromClient(local, name, at + from, Math.min(size, length - from), now);
			if (size === 0) break;
		}
		sending.inOne = false;
	}

	#fromClient(local: number, name: number, at: number, length: number, now: Instant): void {
		const { memory, path } = this.#parts;
		// Of method Binding are only messages that begin with 0 or 1: most are passed by without a closer look.
		const mayBeBinding = length >= STUN_HEADER_BYTES && (memory.bytes[at] as number) <= 1;
		if (this.binding !== null && mayBeBinding && this.#bind(this.binding, local, name, at, length, now)) return;
		path.fromClient(local, name, at, length, now);
	}

	/** Whether it was a Binding message. */
	#bind(binding: WorkerBinding, local: number, name: number, at: number, length: number, now: Instant): boolean {
		const { memory, ways, sending, outbox, counters } = this.#parts;
		const { bytes, words } = memory;
		const way = ways.of(local);
		// Behind a datagram that came in one with others there is another and no room.
		const answered = sending.inOne ? 0 : binding.answerInPlace(local, [bytes, at, length, words, name, now]);
		if (answered === 0) {
			const message = bytes.subarray(at, at + length);
			if (!isBinding(message)) return false;
			counters.bindings++;
			const from = readName(words, name);
			if (from !== null) sending.outputs(binding.answer(message, from, local, now), from, name);
			return true;
		}
		counters.bindings++;
		if (answered < 0 || way === undefined) return true;
		counters.fastBindings++;
		outbox.makeRoom();
		outbox.begin(way, words, name, at, answered, 0);
		return true;
	}

	/** What waits at a relay, as far as there is room. */
	peers(relay: RelaySocket, now: Instant): void {
		const slab = this.#fromPeers;
		if (this.#used === SLOTS) this.flush();
		const first = this.#used;
		const wanted = Math.min(relay.expected, SLOTS - first);
		const count = this.#parts.libc.recvmmsg(relay.fd, slab.address(first), wanted, MSG_DONTWAIT, 0);
		if (count <= 0) return;
		relay.expected = expectedAfter(count, relay.expected, this.#looks++);
		this.#used = first + count;
		for (let slot = first; slot < first + count; slot++) this.#slotOfPeer(relay, slot, now);
		slab.reset(first, first + count);
	}

	#slotOfPeer(relay: RelaySocket, slot: number, now: Instant): void {
		const { sending, path, counters } = this.#parts;
		const slab = this.#fromPeers;
		const name = slab.nameAt(slot) >> 2;
		const at = slab.dataAt(slot);
		const length = slab.lengthOf(slot);
		const size = slab.segmentSize(slot) || length;
		for (let from = 0; from < length || from === 0; from += size) {
			counters.receivedFromPeers++;
			// Of several in one only the first has room for a header in front of it.
			sending.inOne = from > 0;
			path.fromPeer(relay.id, name, at + from, Math.min(size, length - from), now);
			if (size === 0) break;
		}
		sending.inOne = false;
	}
}

/**
 * How many datagrams the next look at a socket is for. A look for several at one costs the kernel an empty one more; so
 * after one that found no more it is for one alone, but for every eighth, lest a queue be read one by one.
 */
function expectedAfter(count: number, wanted: number, looks: number): number {
	if (count > 1) return SLOTS;
	return wanted > 1 || looks % 8 !== 0 ? 1 : SLOTS;
}
