/** The descriptors of one worker: what it waits with, its listeners and its relays. */
import type { SystemError } from "@whither/core";
import type { Clock } from "../../clock.ts";
import { isSystemError, systemError } from "../../errors.ts";
import {
	EFD_CLOEXEC,
	EFD_NONBLOCK,
	EPOLL_CLOEXEC,
	EPOLL_CTL_ADD,
	EPOLL_CTL_DEL,
	EPOLLIN,
} from "../../native/constants.ts";
import { EPOLL_DATA_OFFSET, writeSize } from "../../native/structs.ts";
import type { Workspace } from "../../native/workspace.ts";
import { isMissing } from "../../serving/places.ts";
import { firstOf, type StunPlace, type StunServiceFailure } from "../../serving/places-io.ts";
import { boundAddress } from "../../transport/socket-address.ts";
import type { TransportAddress } from "../../transport/transport.ts";
import { type RelayFault, relayFaultOf } from "../relay-fault.ts";
import { raiseDescriptorLimit } from "./descriptors.ts";
import { type Listener, openListener, type WorkerPlace } from "./listeners.ts";
import { type PeerError, RelaySocket } from "./relay-socket.ts";
import type { TurnWorkerOrder } from "./worker-io.ts";

/** Beside relays: the process's own files and streams. */
const OTHER_DESCRIPTORS = 4096;

/** Where a relay is to be, and where the one above it, if there is to be one. */
export interface RelayWish {
	readonly relay: number;
	readonly address: string;
	readonly port: number;
	readonly above: number | null;
}

/** What they are opened with. */
export interface WorkerSocketParts {
	readonly workspace: Workspace;
	readonly clock: Clock;
	readonly order: TurnWorkerOrder;
	readonly worker: WorkerPlace;
}

/** Owns them all. */
export class WorkerSockets {
	/** Errors that relays' queues told, until somebody takes them. */
	readonly errors: PeerError[] = [];
	readonly listeners: Listener[] = [];
	readonly relays = new Map<number, RelaySocket>();
	epoll = -1;
	wake = -1;
	readonly #parts: WorkerSocketParts;
	readonly #byDescriptor: (Listener | RelaySocket | undefined)[] = [];

	constructor(parts: WorkerSocketParts) {
		this.#parts = parts;
	}

	/** What a descriptor belongs to. */
	of(fd: number): Listener | RelaySocket | undefined {
		return this.#byDescriptor[fd];
	}

	/** Opens all listeners, or says which place failed. */
	open(): StunServiceFailure | { readonly locals: readonly (TransportAddress | null)[]; readonly wake: number } {
		const { order } = this.#parts;
		const failed = this.#openWaiting();
		if (failed !== null) return { place: firstOf(order.places), error: failed };
		const locals: (TransportAddress | null)[] = [];
		for (const [index, place] of order.places.entries()) {
			const local = this.#listen(place, index);
			if (isSystemError(local) && !isMissing(place, local)) return { place, error: local };
			locals.push(isSystemError(local) ? null : local);
		}
		this.#raiseLimit();
		return { locals, wake: this.wake };
	}

	/** Where it listens then. */
	#listen(place: StunPlace, index: number): TransportAddress | SystemError {
		const { workspace, worker } = this.#parts;
		const fd = openListener(workspace, place, worker);
		if (isSystemError(fd)) return fd;
		const local = boundAddress(workspace, fd);
		if (isSystemError(local)) {
			workspace.libc.close(fd);
			return local;
		}
		const socket = { fd, refusedSize: 65_536, first: -1, last: -1 };
		const wildcard = place.address === null;
		const listener = { fd, family: place.family, place: index, wildcard, socket, expected: 1 };
		this.listeners.push(listener);
		this.#byDescriptor[fd] = listener;
		return local;
	}

	#openWaiting(): SystemError | null {
		const { libc } = this.#parts.workspace;
		this.epoll = libc.epoll_create1(EPOLL_CLOEXEC);
		if (this.epoll < 0) return systemError("epoll_create1", libc.errno());
		this.wake = libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (this.wake < 0) return systemError("eventfd", libc.errno());
		return this.watch(this.wake);
	}

	#raiseLimit(): void {
		const { workspace, order, worker } = this.#parts;
		const { relayPorts = { first: 0, last: 0 }, relays } = order.config;
		const ports = (relayPorts.last - relayPorts.first + 1) * relays.length;
		raiseDescriptorLimit(workspace, ports * worker.count + OTHER_DESCRIPTORS);
	}

	/** Opens a relay, and the one above it: both or neither (RFC 8656 section 7.2). Null: they stand. */
	openRelay({ relay, address, port, above }: RelayWish): RelayFault | null {
		const fault =
			this.#openOne(relay, address, port) ?? (above === null ? null : this.#openOne(above, address, port + 1));
		if (fault !== null) this.closeRelay(relay);
		return fault;
	}

	#openOne(id: number, address: string, port: number): RelayFault | null {
		const { workspace, clock } = this.#parts;
		const socket = RelaySocket.open({ workspace, clock, errors: this.errors }, { id, address, port });
		if (isSystemError(socket)) return relayFaultOf(socket);
		if (this.watch(socket.fd) !== null) {
			socket.close();
			return "noResources";
		}
		this.relays.set(id, socket);
		this.#byDescriptor[socket.fd] = socket;
		return null;
	}

	closeRelay(id: number): void {
		const relay = this.relays.get(id);
		if (relay === undefined) return;
		this.relays.delete(id);
		this.#byDescriptor[relay.fd] = undefined;
		this.#unwatch(relay.fd);
		relay.close();
	}

	close(): void {
		const { libc } = this.#parts.workspace;
		for (const relay of this.relays.values()) relay.close();
		for (const { fd } of this.listeners) libc.close(fd);
		for (const fd of [this.wake, this.epoll]) if (fd >= 0) libc.close(fd);
		this.relays.clear();
		this.listeners.length = 0;
		this.wake = -1;
		this.epoll = -1;
	}

	/** Waits for it too. */
	watch(fd: number): SystemError | null {
		const { libc, scratch } = this.#parts.workspace;
		scratch.view.setUint32(0, EPOLLIN, true);
		writeSize(scratch.view, EPOLL_DATA_OFFSET, fd);
		const failed = libc.epoll_ctl(this.epoll, EPOLL_CTL_ADD, fd, scratch.address) < 0;
		return failed ? systemError("epoll_ctl", libc.errno()) : null;
	}

	#unwatch(fd: number): void {
		const { libc, scratch } = this.#parts.workspace;
		libc.epoll_ctl(this.epoll, EPOLL_CTL_DEL, fd, scratch.address);
	}
}
