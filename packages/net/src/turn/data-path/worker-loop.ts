/**
 * A worker's thread at work. It never goes back to the event loop while it serves: it waits in epoll_wait(2), reads what
 * has come, and sends all of it before it looks again.
 */
import { type Instant, MILLISECOND, SECOND, TurnServer, type TurnServerInput } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import { EPOLLERR, EPOLLIN, MSG_DONTWAIT } from "../../native/constants.ts";
import { takeError } from "../../native/socket.ts";
import { EPOLL_DATA_OFFSET, EPOLL_EVENT_BYTES } from "../../native/structs.ts";
import { isBinding } from "../../serving/binding.ts";
import { openTurnLedger } from "../ledger.ts";
import { CLIENT_WAYS_BYTES, ClientWays, type Listener } from "./client-ways.ts";
import { DataPath } from "./data-path.ts";
import { KeptDecisions } from "./kept-decisions.ts";
import { OUTBOX_BYTES, Outbox } from "./outbox.ts";
import { PacketMemory } from "./packet-memory.ts";
import { RECEIVE_SLAB_BYTES, ReceiveSlab, SLOTS } from "./receive-slab.ts";
import { RelaySocket } from "./relay-socket.ts";
import { readName } from "./socket-names.ts";
import { WorkerBinding } from "./worker-binding.ts";
import { emptyDataPathCounters, type TurnWorkerCounters } from "./worker-io.ts";
import { WorkerSending } from "./worker-sending.ts";
import { type RelayWish, type WorkerSocketParts, WorkerSockets } from "./worker-sockets.ts";

/** The longest that the thread waits without a look at anything else. */
const MOST_WAIT_MS = 250;
/** Descriptors told by one epoll_wait(2). */
const EVENTS = 256;
/** Looks at a listener before relays get their turn. */
const LISTENER_ROUNDS = 4;

/** What it runs on. */
export interface WorkerParts extends WorkerSocketParts {
	/** Two 32-bit integers that nobody knows. */
	readonly seed: readonly [number, number];
	/** Runs when the thread was woken; false: it is to end. */
	readonly commands: () => boolean;
}

/** One worker's sockets, tables and machine. */
export class WorkerLoop {
	readonly counters = emptyDataPathCounters();
	readonly #parts: WorkerParts;
	readonly #memory: PacketMemory;
	readonly #incoming: ReceiveSlab;
	readonly #fromPeers: ReceiveSlab;
	readonly #events: number;
	readonly #outbox: Outbox;
	readonly #ways: ClientWays;
	readonly #server: TurnServer;
	readonly #path: DataPath;
	readonly #sockets: WorkerSockets;
	readonly #sending: WorkerSending;
	#binding: WorkerBinding | null = null;
	/** When the thread last woke. */
	#now: Instant = 0;
	/** At sockets, so far. */
	#looks = 0;
	/** Slots of `fromPeers` that are in use until all is sent. */
	#used = 0;

	constructor(parts: WorkerParts) {
		const { workspace, order, seed, clock } = parts;
		const { libc } = workspace;
		this.#parts = parts;
		const bytes = 2 * RECEIVE_SLAB_BYTES + OUTBOX_BYTES + CLIENT_WAYS_BYTES + EVENTS * 16 + 4096;
		this.#memory = new PacketMemory(bytes, libc);
		this.#incoming = new ReceiveSlab(this.#memory);
		this.#fromPeers = new ReceiveSlab(this.#memory);
		this.#events = this.#memory.reserve(EVENTS * 16);
		this.#outbox = new Outbox(this.#memory, libc, this.counters);
		this.#ways = new ClientWays(this.#memory, order.places.length, seed);
		const kept = new KeptDecisions(seed);
		this.#sockets = new WorkerSockets(parts);
		this.#sending = new WorkerSending({
			memory: this.#memory,
			outbox: this.#outbox,
			ways: this.#ways,
			kept,
			sockets: this.#sockets,
			openRelay: (wish) => this.#openRelay(wish),
		});
		const unixSecondsAtZero = Number(clock.toUnix(0)) / SECOND;
		this.#server = new TurnServer({ ...order.config, unixSecondsAtZero, ledger: openTurnLedger(order.ledger) });
		this.#path = new DataPath({
			server: this.#server,
			kept,
			memory: this.#memory,
			sink: this.#sending,
			counters: this.counters,
		});
	}

	/** Opens all listeners, or says which place failed. */
	open(): ReturnType<WorkerSockets["open"]> {
		const opened = this.#sockets.open();
		if ("error" in opened) return opened;
		for (const listener of this.#sockets.listeners) this.#ways.add(listener);
		const { binding } = this.#parts.order;
		if (binding !== null) this.#binding = new WorkerBinding(binding, opened.locals);
		return opened;
	}

	get descriptors(): readonly number[] {
		return this.#sockets.listeners.map(({ fd }) => fd);
	}

	/** Begins to hear clients. What came before all workers had their sockets may be another's: it is let go. */
	begin(): void {
		for (const { fd } of this.#sockets.listeners) {
			if (this.#parts.worker.count > 1) this.#drain(fd);
			this.#sockets.watch(fd);
		}
	}

	/** Serves until told to end. */
	run(): void {
		while (this.#turn());
	}

	#drain(fd: number): void {
		const { libc } = this.#parts.workspace;
		for (let count = SLOTS; count === SLOTS; this.#incoming.reset(0, SLOTS))
			count = libc.recvmmsg(fd, this.#incoming.address(0), SLOTS, MSG_DONTWAIT, 0);
	}

	#turn(): boolean {
		const { workspace, clock } = this.#parts;
		const { words } = this.#memory;
		const address = this.#memory.address + this.#events;
		const count = workspace.libc.epoll_wait(this.#sockets.epoll, address, EVENTS, this.#waitMs());
		const now = clock.now();
		this.#now = now;
		this.#settle(now);
		let woken = false;
		for (let index = 0; index < count; index++) {
			const at = (this.#events + index * EPOLL_EVENT_BYTES) >> 2;
			const fd = words[at + (EPOLL_DATA_OFFSET >> 2)] as number;
			if (fd === this.#sockets.wake) woken = true;
			else this.#read(fd, words[at] as number, now);
		}
		this.#sendAll(now);
		return !woken || this.#wokenUp();
	}

	/** Until the machine's next deadline; nothing waits longer than it must. */
	#waitMs(): number {
		const deadline = this.#server.deadline;
		if (deadline === null) return MOST_WAIT_MS;
		const left = Math.ceil((deadline.at - this.#now) / MILLISECOND);
		return Math.max(0, Math.min(MOST_WAIT_MS, left));
	}

	/** What has ended by now has ended before anything is passed on. */
	#settle(now: Instant): void {
		const deadline = this.#server.deadline;
		if (deadline !== null && deadline.at <= now) this.#path.step({ type: "timer" }, now);
	}

	#wokenUp(): boolean {
		const { libc, scratch } = this.#parts.workspace;
		libc.read(this.#sockets.wake, scratch.address, 8);
		return this.#parts.commands();
	}

	#read(fd: number, events: number, now: Instant): void {
		const socket = this.#sockets.of(fd);
		if (socket === undefined) return;
		if (socket instanceof RelaySocket) {
			if ((events & EPOLLERR) !== 0) socket.takeErrors();
			if ((events & EPOLLIN) !== 0) this.#readPeers(socket, now);
			return;
		}
		if ((events & EPOLLERR) !== 0) takeError(this.#parts.workspace, fd);
		// A look that may find more than one asks the kernel once more than it must: one by one there is only one.
		for (let round = 0; round < LISTENER_ROUNDS; round++) if (this.#readClients(socket, now) < SLOTS) return;
	}

	/** How many datagrams there were. */
	#readClients(listener: Listener, now: Instant): number {
		const slab = this.#incoming;
		const wanted = listener.expected;
		const count = this.#parts.workspace.libc.recvmmsg(listener.fd, slab.address(0), wanted, MSG_DONTWAIT, 0);
		listener.expected = expectedAfter(count, wanted, this.#looks++);
		for (let slot = 0; slot < count; slot++) {
			const local = this.#ways.numberOf(listener, slab, slot);
			const name = slab.nameAt(slot) >> 2;
			const at = slab.dataAt(slot);
			const length = slab.lengthOf(slot);
			const size = slab.segmentSize(slot) || length;
			if (local < 0) continue;
			this.#sending.inOne = size < length;
			for (let from = 0; from < length || from === 0; from += size) {
				this.counters.received++;
				this.#fromClient(local, name, at + from, Math.min(size, length - from), now);
				if (size === 0) break;
			}
			this.#sending.inOne = false;
		}
		if (count <= 0) return 0;
		slab.reset(0, count);
		this.#outbox.flush();
		this.#used = 0;
		return count;
	}

	#fromClient(local: number, name: number, at: number, length: number, now: Instant): void {
		const first = this.#memory.bytes[at] as number;
		if (this.#binding !== null && first <= 1 && length >= 20 && this.#bind(this.#binding, local, name, at, length, now))
			return;
		this.#path.fromClient(local, name, at, length, now);
	}

	/** Whether it was a Binding message. */
	#bind(binding: WorkerBinding, local: number, name: number, at: number, length: number, now: Instant): boolean {
		const { bytes, words } = this.#memory;
		const way = this.#ways.of(local);
		// Behind a datagram that came in one with others there is another and no room.
		const answered = this.#sending.inOne ? 0 : binding.answerInPlace(local, [bytes, at, length, words, name, now]);
		if (answered === 0) {
			const message = bytes.subarray(at, at + length);
			if (!isBinding(message)) return false;
			this.counters.bindings++;
			const from = readName(words, name);
			if (from !== null) this.#sending.outputs(binding.answer(message, from, local, now), from, name);
			return true;
		}
		this.counters.bindings++;
		if (answered < 0 || way === undefined) return true;
		this.counters.fastBindings++;
		this.#outbox.makeRoom();
		this.#outbox.begin(way, words, name, at, answered, 0);
		return true;
	}

	#readPeers(relay: RelaySocket, now: Instant): void {
		const { libc } = this.#parts.workspace;
		const slab = this.#fromPeers;
		if (this.#used === SLOTS) this.#outboxFlush();
		const first = this.#used;
		const wanted = Math.min(relay.expected, SLOTS - first);
		const count = libc.recvmmsg(relay.fd, slab.address(first), wanted, MSG_DONTWAIT, 0);
		if (count <= 0) return;
		relay.expected = expectedAfter(count, relay.expected, this.#looks++);
		this.#used = first + count;
		for (let slot = first; slot < first + count; slot++) this.#fromPeer(relay, slot, now);
		slab.reset(first, first + count);
	}

	#outboxFlush(): void {
		this.#outbox.flush();
		this.#used = 0;
	}

	#fromPeer(relay: RelaySocket, slot: number, now: Instant): void {
		const slab = this.#fromPeers;
		const name = slab.nameAt(slot) >> 2;
		const at = slab.dataAt(slot);
		const length = slab.lengthOf(slot);
		const size = slab.segmentSize(slot) || length;
		for (let from = 0; from < length || from === 0; from += size) {
			this.counters.receivedFromPeers++;
			// Of several in one only the first has room for a header in front of it.
			this.#sending.inOne = from > 0;
			this.#path.fromPeer(relay.id, name, at + from, Math.min(size, length - from), now);
			if (size === 0) break;
		}
		this.#sending.inOne = false;
	}

	#openRelay(wish: RelayWish): void {
		const { relay } = wish;
		const fault = this.#sockets.openRelay(wish);
		if (fault !== null) this.counters.relaysRefused++;
		const now = this.#parts.clock.now();
		this.#path.step(fault === null ? { type: "relayOpened", relay } : { type: "relayFailed", relay, why: fault }, now);
	}

	/** Sends what waits; errors that came up meanwhile are the machine's to tell, which is sent as well. */
	#sendAll(now: Instant): void {
		this.#outboxFlush();
		while (this.#sockets.errors.length > 0) {
			for (const error of this.#sockets.errors.splice(0)) this.#path.step({ type: "relayError", ...error }, now);
			this.#outbox.flush();
		}
	}

	/** Hands the machine what the service is told. */
	tell(input: TurnServerInput): void {
		const now = this.#parts.clock.now();
		this.#path.step(input, now);
		this.#sendAll(now);
	}

	drainUntil(seconds: number, alternate: readonly StunAddress[]): void {
		this.tell({ type: "drain", until: this.#parts.clock.now() + seconds * SECOND, alternate });
	}

	get totals(): TurnWorkerCounters {
		this.counters.relays = this.#sockets.relays.size;
		return { server: this.#server.counters, dataPath: this.counters };
	}

	/** Ends all allocations and closes every descriptor. */
	close(): void {
		this.drainUntil(0, []);
		this.#sockets.close();
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
