/**
 * A worker's thread at work. It never goes back to the event loop while it serves: it waits in epoll_wait(2), reads what
 * has come, and sends all of it before it looks again.
 */
import {
	type Instant,
	MILLISECOND,
	SECOND,
	type SystemError,
	TurnServer,
	type TurnServerInput,
	type TurnServerOutput,
} from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { Clock } from "../../clock.ts";
import { isSystemError, systemError } from "../../errors.ts";
import {
	EFD_CLOEXEC,
	EFD_NONBLOCK,
	EPOLL_CLOEXEC,
	EPOLL_CTL_ADD,
	EPOLL_CTL_DEL,
	EPOLLERR,
	EPOLLIN,
	MSG_DONTWAIT,
} from "../../native/constants.ts";
import { ERRNO } from "../../native/errno.ts";
import { takeError } from "../../native/socket.ts";
import { EPOLL_DATA_OFFSET, EPOLL_EVENT_BYTES, writeSize } from "../../native/structs.ts";
import type { Workspace } from "../../native/workspace.ts";
import { isBinding } from "../../serving/binding.ts";
import { isMissing } from "../../serving/places.ts";
import type { StunServiceFailure } from "../../stun/service-io.ts";
import { boundAddress } from "../../transport/socket-address.ts";
import type { TransportAddress } from "../../transport/transport.ts";
import { openTurnLedger } from "../ledger.ts";
import { CLIENT_WAYS_BYTES, ClientWays, type Listener } from "./client-ways.ts";
import { DataPath, type DataPathSink } from "./data-path.ts";
import { raiseDescriptorLimit } from "./descriptors.ts";
import { KeptDecisions } from "./kept-decisions.ts";
import { openListener, type WorkerPlace } from "./listeners.ts";
import { OUTBOX_BYTES, Outbox, type OutWay } from "./outbox.ts";
import { PacketMemory } from "./packet-memory.ts";
import { RECEIVE_SLAB_BYTES, ReceiveSlab, SLOTS } from "./receive-slab.ts";
import { type PeerError, RelaySocket } from "./relay-socket.ts";
import { NAME_WORDS, readName, writeName } from "./socket-names.ts";
import { WorkerBinding } from "./worker-binding.ts";
import { emptyDataPathCounters, type TurnWorkerCounters, type TurnWorkerOrder } from "./worker-io.ts";

/** The longest that the thread waits without a look at anything else. */
const MOST_WAIT_MS = 250;
/** Descriptors told by one epoll_wait(2). */
const EVENTS = 256;
/** Looks at a listener before relays get their turn. */
const LISTENER_ROUNDS = 4;
/** Beside relays: the process's own files and streams. */
const OTHER_DESCRIPTORS = 4096;

type OpenRelay = Extract<TurnServerOutput, { readonly type: "openRelay" }>;
type RelayFault = Extract<TurnServerInput, { readonly type: "relayFailed" }>["why"];

/** What it runs on. */
export interface WorkerParts {
	readonly workspace: Workspace;
	readonly clock: Clock;
	readonly order: TurnWorkerOrder;
	readonly worker: WorkerPlace;
	/** Two 32-bit integers that nobody knows. */
	readonly seed: readonly [number, number];
	/** Runs when the thread was woken; false: it is to end. */
	readonly commands: () => boolean;
}

/** One worker's sockets, tables and machine. */
export class WorkerLoop implements DataPathSink {
	readonly counters = emptyDataPathCounters();
	readonly #parts: WorkerParts;
	readonly #memory: PacketMemory;
	readonly #incoming: ReceiveSlab;
	readonly #fromPeers: ReceiveSlab;
	readonly #events: number;
	readonly #scratchName: number;
	readonly #outbox: Outbox;
	readonly #ways: ClientWays;
	readonly #kept: KeptDecisions;
	readonly #server: TurnServer;
	readonly #path: DataPath;
	readonly #errors: PeerError[] = [];
	readonly #listeners: Listener[] = [];
	/** By descriptor. */
	readonly #sockets: (Listener | RelaySocket | undefined)[] = [];
	readonly #relays = new Map<number, RelaySocket>();
	#binding: WorkerBinding | null = null;
	#epoll = -1;
	#wake = -1;
	/** When the thread last woke. */
	#now: Instant = 0;
	/** Slots of `fromPeers` that are in use until all is sent. */
	#used = 0;
	/** Around what is being read there are datagrams that came in one with it. */
	#inOne = false;
	/** Places on the way back: those who the machine answers, by the object that it knows them by. */
	readonly #clientNames = new WeakMap<StunAddress, Int32Array>();

	constructor(parts: WorkerParts) {
		const { workspace, order, seed, clock } = parts;
		const { libc } = workspace;
		this.#parts = parts;
		const bytes = 2 * RECEIVE_SLAB_BYTES + OUTBOX_BYTES + CLIENT_WAYS_BYTES + EVENTS * 16 + 4096;
		this.#memory = new PacketMemory(bytes, libc);
		this.#incoming = new ReceiveSlab(this.#memory);
		this.#fromPeers = new ReceiveSlab(this.#memory);
		this.#events = this.#memory.reserve(EVENTS * 16);
		this.#scratchName = this.#memory.reserve(NAME_WORDS * 4) >> 2;
		this.#outbox = new Outbox(this.#memory, libc, this.counters);
		this.#ways = new ClientWays(this.#memory, order.places.length, seed);
		this.#kept = new KeptDecisions(seed);
		const unixSecondsAtZero = Number(clock.toUnix(0)) / SECOND;
		this.#server = new TurnServer({ ...order.config, unixSecondsAtZero, ledger: openTurnLedger(order.ledger) });
		this.#path = new DataPath({
			server: this.#server,
			kept: this.#kept,
			memory: this.#memory,
			sink: this,
			counters: this.counters,
		});
	}

	/** Opens all listeners, or says which place failed. */
	open(): StunServiceFailure | { readonly locals: readonly (TransportAddress | null)[]; readonly wake: number } {
		const { workspace, order, worker } = this.#parts;
		const failed = this.#openWaiting();
		const [first = { transport: "udp", family: 4, address: null, port: 0 } as const] = order.places;
		if (failed !== null) return { place: first, error: failed };
		const locals: (TransportAddress | null)[] = [];
		for (const [index, place] of order.places.entries()) {
			const fd = openListener(workspace, place, worker);
			const local = isSystemError(fd) ? fd : boundAddress(workspace, fd);
			if (isSystemError(fd) || isSystemError(local)) {
				const error = local as SystemError;
				if (!isMissing(place, error)) return { place, error };
				locals.push(null);
				continue;
			}
			locals.push(local);
			const socket = { fd, refusedSize: 65_536, round: -1, first: -1, last: -1 };
			const listener = {
				fd,
				family: place.family,
				place: index,
				wildcard: place.address === null,
				socket,
				expected: 1,
			};
			this.#listeners.push(listener);
			this.#sockets[fd] = listener;
			this.#ways.add(listener);
		}
		this.#raiseLimit();
		if (order.binding !== null) this.#binding = new WorkerBinding(order.binding, locals);
		return { locals, wake: this.#wake };
	}

	get descriptors(): readonly number[] {
		return this.#listeners.map(({ fd }) => fd);
	}

	#openWaiting(): SystemError | null {
		const { libc } = this.#parts.workspace;
		this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
		if (this.#epoll < 0) return systemError("epoll_create1", libc.errno());
		this.#wake = libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (this.#wake < 0) return systemError("eventfd", libc.errno());
		return this.#watch(this.#wake);
	}

	#raiseLimit(): void {
		const { workspace, order, worker } = this.#parts;
		const { relayPorts = { first: 0, last: 0 }, relays } = order.config;
		const ports = (relayPorts.last - relayPorts.first + 1) * relays.length;
		raiseDescriptorLimit(workspace, ports * worker.count + OTHER_DESCRIPTORS);
	}

	/** Begins to hear clients. What came before all workers had their sockets may be another's: it is let go. */
	begin(): void {
		for (const { fd } of this.#listeners) {
			if (this.#parts.worker.count > 1) this.#drain(fd);
			this.#watch(fd);
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
		const count = workspace.libc.epoll_wait(this.#epoll, address, EVENTS, this.#waitMs());
		const now = clock.now();
		this.#now = now;
		this.#settle(now);
		let woken = false;
		for (let index = 0; index < count; index++) {
			const at = (this.#events + index * EPOLL_EVENT_BYTES) >> 2;
			const fd = words[at + (EPOLL_DATA_OFFSET >> 2)] as number;
			if (fd === this.#wake) woken = true;
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
		libc.read(this.#wake, scratch.address, 8);
		return this.#parts.commands();
	}

	#read(fd: number, events: number, now: Instant): void {
		const socket = this.#sockets[fd];
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
		listener.expected = count === wanted ? Math.min(SLOTS, wanted * 4) : Math.max(1, count);
		for (let slot = 0; slot < count; slot++) {
			const local = this.#ways.numberOf(listener, slab, slot);
			const name = slab.nameAt(slot) >> 2;
			const at = slab.dataAt(slot);
			const length = slab.lengthOf(slot);
			const size = slab.segmentSize(slot) || length;
			if (local < 0) continue;
			this.#inOne = size < length;
			for (let from = 0; from < length || from === 0; from += size) {
				this.counters.received++;
				this.#fromClient(local, name, at + from, Math.min(size, length - from), now);
				if (size === 0) break;
			}
			this.#inOne = false;
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
		const answered = this.#inOne ? 0 : binding.answerInPlace(local, [bytes, at, length, words, name, now]);
		if (answered === 0) {
			const message = bytes.subarray(at, at + length);
			if (!isBinding(message)) return false;
			this.counters.bindings++;
			const from = readName(words, name);
			if (from !== null) this.outputs(binding.answer(message, from, local, now), from, name);
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
		relay.expected = count === wanted ? Math.min(SLOTS, wanted * 4) : count;
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
			this.#inOne = from > 0;
			this.#path.fromPeer(relay.id, name, at + from, Math.min(size, length - from), now);
			if (size === 0) break;
		}
		this.#inOne = false;
	}

	toPeer(row: number, at: number, length: number): void {
		const kept = this.#kept;
		const outbox = this.#outbox;
		outbox.makeRoom();
		if (kept.rounds[row] === outbox.round) {
			const message = kept.messages[row] as number;
			if (outbox.joins(message, length)) {
				outbox.join(message, at, length, 0);
				return;
			}
		}
		const relay = this.#relays.get(kept.relays[row] as number);
		if (relay === undefined) return;
		const way: OutWay = relay.way;
		kept.messages[row] = outbox.begin(way, kept.peerNames, row * NAME_WORDS, at, length, 0);
		kept.rounds[row] = outbox.round;
	}

	toClient(row: number, at: number, length: number): void {
		const owner = this.#kept.ownerOf(row);
		const outbox = this.#outbox;
		const number = this.#kept.numbers[row] as number;
		outbox.makeRoom();
		let prefix = 0;
		let from = at;
		if (this.#inOne) prefix = outbox.prefix(number, length);
		else {
			const { bytes } = this.#memory;
			from = at - 4;
			bytes[from] = number >>> 8;
			bytes[from + 1] = number;
			bytes[from + 2] = length >>> 8;
			bytes[from + 3] = length;
		}
		if (owner.round === outbox.round && outbox.joins(owner.message, length + 4)) {
			outbox.join(owner.message, from, length + 4, prefix);
			return;
		}
		const way = this.#ways.of(owner.local);
		if (way === undefined) return;
		owner.message = outbox.begin(way, owner.client, 0, from, length + 4, prefix);
		owner.round = outbox.round;
	}

	outputs(outputs: readonly TurnServerOutput[], from: StunAddress | null, name: number): void {
		for (const output of outputs) {
			if (output.type === "send") this.#send(output, from, name);
			else if (output.type === "relaySend") this.#relaySend(output);
			else if (output.type === "openRelay") this.#openRelay(output);
			else if (output.type === "closeRelay") this.#closeRelay(output.relay);
		}
	}

	#send(output: Extract<TurnServerOutput, { readonly type: "send" }>, from: StunAddress | null, name: number): void {
		const way = this.#ways.of(output.local);
		if (way === undefined) return;
		if (output.to === from) {
			this.#outbox.send(way, this.#memory.words, name, output.bytes);
			return;
		}
		let client = this.#clientNames.get(output.to);
		if (client === undefined) {
			client = new Int32Array(NAME_WORDS);
			writeName(client, 0, output.to);
			this.#clientNames.set(output.to, client);
		}
		this.#outbox.send(way, client, 0, output.bytes);
	}

	#relaySend({ relay: id, to, bytes, dontFragment }: Extract<TurnServerOutput, { readonly type: "relaySend" }>): void {
		const relay = this.#relays.get(id);
		if (relay === undefined) return;
		writeName(this.#memory.words, this.#scratchName, to);
		const send = () => this.#outbox.send(relay.way, this.#memory.words, this.#scratchName, bytes);
		if (!dontFragment) {
			send();
			return;
		}
		this.#outbox.flush();
		relay.withoutFragments(() => {
			send();
			this.#outbox.flush();
		});
	}

	/** With one above: both or neither (RFC 8656 section 7.2). */
	#openRelay({ relay, address, port, above }: OpenRelay): void {
		const fault =
			this.#openOne(relay, address, port) ?? (above === null ? null : this.#openOne(above, address, port + 1));
		if (fault !== null) {
			this.#closeRelay(relay);
			this.counters.relaysRefused++;
		}
		const now = this.#parts.clock.now();
		this.#path.step(fault === null ? { type: "relayOpened", relay } : { type: "relayFailed", relay, why: fault }, now);
	}

	#openOne(id: number, address: string, port: number): RelayFault | null {
		const { workspace, clock } = this.#parts;
		const socket = RelaySocket.open({ workspace, clock, errors: this.#errors }, { id, address, port });
		if (isSystemError(socket)) return faultOf(socket);
		if (this.#watch(socket.fd) !== null) {
			socket.close();
			return "noResources";
		}
		this.#relays.set(id, socket);
		this.#sockets[socket.fd] = socket;
		this.counters.relays++;
		return null;
	}

	#closeRelay(id: number): void {
		const relay = this.#relays.get(id);
		if (relay === undefined) return;
		// What waits for it leaves first.
		this.#outbox.flush();
		this.#relays.delete(id);
		this.#sockets[relay.fd] = undefined;
		this.#unwatch(relay.fd);
		relay.close();
		this.counters.relays--;
	}

	/** Sends what waits; errors that came up meanwhile are the machine's to tell, which is sent as well. */
	#sendAll(now: Instant): void {
		this.#outboxFlush();
		while (this.#errors.length > 0) {
			for (const error of this.#errors.splice(0)) this.#path.step({ type: "relayError", ...error }, now);
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
		return { server: this.#server.counters, dataPath: this.counters };
	}

	/** Ends all allocations and closes every descriptor. */
	close(): void {
		this.drainUntil(0, []);
		const { libc } = this.#parts.workspace;
		for (const relay of this.#relays.values()) relay.close();
		for (const { fd } of this.#listeners) libc.close(fd);
		for (const fd of [this.#wake, this.#epoll]) if (fd >= 0) libc.close(fd);
		this.#relays.clear();
		this.#listeners.length = 0;
		this.#wake = -1;
		this.#epoll = -1;
	}

	#watch(fd: number): SystemError | null {
		const { libc, scratch } = this.#parts.workspace;
		scratch.view.setUint32(0, EPOLLIN, true);
		writeSize(scratch.view, EPOLL_DATA_OFFSET, fd);
		const failed = libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, scratch.address) < 0;
		return failed ? systemError("epoll_ctl", libc.errno()) : null;
	}

	#unwatch(fd: number): void {
		const { libc, scratch } = this.#parts.workspace;
		libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, scratch.address);
	}
}

function faultOf({ errno, code }: SystemError): RelayFault {
	if (errno === ERRNO.EADDRINUSE) return "portTaken";
	return code === "unsupportedProtocol" || code === "addressNotAvailable" ? "noFamily" : "noResources";
}
