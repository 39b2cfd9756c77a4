/**
 * A worker's thread at work. It never goes back to the event loop while it serves: it waits in epoll_wait(2), reads what
 * has come, and sends all of it before it looks again.
 */
import { type Instant, MILLISECOND, SECOND, TurnServer, type TurnServerInput } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import { EPOLLERR, EPOLLIN } from "../../native/constants.ts";
import { takeError } from "../../native/socket.ts";
import { EPOLL_DATA_OFFSET, EPOLL_EVENT_BYTES } from "../../native/structs.ts";
import { openTurnLedger } from "../ledger.ts";
import { CLIENT_WAYS_BYTES, ClientWays } from "./client-ways.ts";
import { DataPath } from "./data-path.ts";
import { KeptDecisions } from "./kept-decisions.ts";
import { OUTBOX_BYTES, Outbox } from "./outbox.ts";
import { PacketMemory } from "./packet-memory.ts";
import { RelaySocket } from "./relay-socket.ts";
import { WorkerBinding } from "./worker-binding.ts";
import { emptyDataPathCounters, type TurnWorkerCounters } from "./worker-io.ts";
import { WORKER_READING_BYTES, WorkerReading } from "./worker-reading.ts";
import { WorkerSending } from "./worker-sending.ts";
import { type RelayWish, type WorkerSocketParts, WorkerSockets } from "./worker-sockets.ts";

/** The longest that the thread waits without a look at anything else. */
const MOST_WAIT_MS = 250;
/** Descriptors told by one epoll_wait(2). */
const EVENTS = 256;

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
	readonly #events: number;
	readonly #ways: ClientWays;
	readonly #server: TurnServer;
	readonly #path: DataPath;
	readonly #sockets: WorkerSockets;
	readonly #reading: WorkerReading;
	/** When the thread last woke. */
	#now: Instant = 0;

	constructor(parts: WorkerParts) {
		const { workspace, order, seed, clock } = parts;
		const { libc } = workspace;
		const { counters } = this;
		this.#parts = parts;
		const bytes = WORKER_READING_BYTES + OUTBOX_BYTES + CLIENT_WAYS_BYTES + EVENTS * EPOLL_EVENT_BYTES + 4096;
		const memory = new PacketMemory(bytes, libc);
		this.#memory = memory;
		this.#events = memory.reserve(EVENTS * EPOLL_EVENT_BYTES);
		this.#sockets = new WorkerSockets(parts);
		this.#ways = new ClientWays(memory, order.places.length, seed);
		const unixSecondsAtZero = Number(clock.toUnix(0)) / SECOND;
		this.#server = new TurnServer({ ...order.config, unixSecondsAtZero, ledger: openTurnLedger(order.ledger) });
		const kept = new KeptDecisions(seed);
		const outbox = new Outbox(memory, libc, counters);
		const openRelay = (wish: RelayWish) => this.#openRelay(wish);
		const sending = new WorkerSending({ memory, outbox, ways: this.#ways, kept, sockets: this.#sockets, openRelay });
		this.#path = new DataPath({ server: this.#server, kept, memory, sink: sending, counters });
		this.#reading = new WorkerReading({ memory, libc, counters, ways: this.#ways, outbox, sending, path: this.#path });
	}

	/** Opens all listeners, or says which place failed. */
	open(): ReturnType<WorkerSockets["open"]> {
		const opened = this.#sockets.open();
		if ("error" in opened) return opened;
		for (const listener of this.#sockets.listeners) this.#ways.add(listener);
		const { binding } = this.#parts.order;
		if (binding !== null) this.#reading.binding = new WorkerBinding(binding, opened.locals);
		return opened;
	}

	get descriptors(): readonly number[] {
		return this.#sockets.listeners.map(({ fd }) => fd);
	}

	/** Begins to hear clients. What came before all workers had their sockets may be another's: it is let go. */
	begin(): void {
		for (const { fd } of this.#sockets.listeners) {
			if (this.#parts.worker.count > 1) this.#reading.discard(fd);
			this.#sockets.watch(fd);
		}
	}

	/** Serves until told to end. */
	run(): void {
		while (this.#turn());
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
			if ((events & EPOLLIN) !== 0) this.#reading.peers(socket, now);
			return;
		}
		if ((events & EPOLLERR) !== 0) takeError(this.#parts.workspace, fd);
		this.#reading.clients(socket, now);
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
		this.#reading.flush();
		while (this.#sockets.errors.length > 0) {
			for (const error of this.#sockets.errors.splice(0)) this.#path.step({ type: "relayError", ...error }, now);
			this.#reading.flush();
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
