/** What a worker reads from clients: at its listeners, and what other workers hand over. */
import type { Instant } from "@whither/core";
import { MSG_DONTWAIT } from "../../native/constants.ts";
import type { Libc } from "../../native/libc.ts";
import { isBinding } from "../../serving/binding.ts";
import type { ClientWays, Listener } from "./client-ways.ts";
import type { DataPath } from "./data-path.ts";
import { countOf, type HandOver } from "./hand-over.ts";
import type { Outbox } from "./outbox.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { expectedAfter, ReceiveSlab, SLOTS } from "./receive-slab.ts";
import { readName } from "./socket-names.ts";
import type { WorkerBinding } from "./worker-binding.ts";
import type { DataPathCounters } from "./worker-io.ts";
import type { WorkerSending } from "./worker-sending.ts";

/** Looks at a socket before others get their turn. */
const ROUNDS = 4;

/** What it reads with. */
export interface WorkerClientsParts {
	readonly libc: Libc;
	readonly memory: PacketMemory;
	readonly ways: ClientWays;
	readonly outbox: Outbox;
	readonly sending: WorkerSending;
	readonly path: DataPath;
	readonly counters: DataPathCounters;
	/** Null: there is no other worker. */
	readonly handOver: HandOver | null;
}

/** One worker's. */
export class WorkerClients {
	/** Null: Binding requests are ignored. */
	binding: WorkerBinding | null = null;
	readonly #parts: WorkerClientsParts;
	readonly #incoming: ReceiveSlab;
	/** At listeners, so far. */
	#looks = 0;

	constructor(parts: WorkerClientsParts) {
		this.#parts = parts;
		this.#incoming = new ReceiveSlab(parts.memory);
	}

	/** Lets go of all that waits at a socket. */
	drain(fd: number): void {
		for (let count = SLOTS; count === SLOTS; this.#incoming.reset(0, SLOTS)) count = this.#receive(fd, SLOTS);
	}

	/** Reads a listener. Whether all that waited has been sent. */
	read(listener: Listener, now: Instant): boolean {
		// A look that may find more than one asks the kernel once more than it must: one by one there is only one.
		for (let round = 0; round < ROUNDS; round++) {
			const count = this.#readOnce(listener, now);
			if (count < SLOTS) return round > 0 || count > 0;
		}
		return true;
	}

	/** Reads what others have handed over. Whether all that waited has been sent. */
	readHandedOver(handOver: HandOver, now: Instant): boolean {
		const slab = this.#incoming;
		for (let round = 0; round < ROUNDS; round++) {
			const count = this.#receive(handOver.fd, SLOTS);
			for (let slot = 0; slot < count; slot++)
				handOver.take(slab.dataAt(slot), slab.lengthOf(slot), now, this.#deliver);
			this.#done(count);
			if (count < SLOTS) return round > 0 || count > 0;
		}
		return true;
	}

	#receive(fd: number, wanted: number): number {
		return this.#parts.libc.recvmmsg(fd, this.#incoming.address(0), wanted, MSG_DONTWAIT, 0);
	}

	/** What came in is sent before it is read over. */
	#done(count: number): void {
		if (count <= 0) return;
		this.#incoming.reset(0, count);
		this.#parts.outbox.flush();
	}

	/** How many datagrams there were. */
	#readOnce(listener: Listener, now: Instant): number {
		const { ways, counters, handOver } = this.#parts;
		const slab = this.#incoming;
		const wanted = listener.expected;
		const count = this.#receive(listener.fd, wanted);
		listener.expected = expectedAfter(count, wanted, this.#looks++);
		for (let slot = 0; slot < count; slot++) {
			const local = ways.numberOf(listener, slab, slot);
			const name = slab.nameAt(slot) >> 2;
			const at = slab.dataAt(slot);
			const length = slab.lengthOf(slot);
			const size = slab.segmentSize(slot) || length;
			if (local < 0 || handOver?.passesOn(local, name, at, length, size, now)) continue;
			counters.received += countOf(length, size);
			this.#deliver(local, name, at, length, size, now);
		}
		this.#done(count);
		return Math.max(0, count);
	}

	/** Datagrams of one client, each but the last `size` bytes long. */
	readonly #deliver = (local: number, name: number, at: number, length: number, size: number, now: Instant): void => {
		const { sending } = this.#parts;
		sending.inOne = size < length;
		for (let from = 0; from < length || from === 0; from += size) {
			this.#take(local, name, at + from, Math.min(size, length - from), now);
			if (size === 0) break;
		}
		sending.inOne = false;
	};

	#take(local: number, name: number, at: number, length: number, now: Instant): void {
		const { memory, path } = this.#parts;
		const first = memory.bytes[at] as number;
		if (this.binding !== null && first <= 1 && length >= 20 && this.#bind(this.binding, local, name, at, length, now))
			return;
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
}
