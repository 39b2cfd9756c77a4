/** A relay as its owner holds it. */
import type { Instant, SystemError } from "@whither/core";
import { type Backend, openBackend } from "../../backend.ts";
import type { Channel, ChannelRequest } from "../../channel/channel.ts";
import type { TransportAddress } from "../../transport/transport.ts";
import type {
	RelayConnection,
	RelayConnectionListener,
	RelayCounters,
	RelayListener,
	RelayOrder,
	RelayOutgoing,
} from "./relay-io.ts";
import { RelayRun } from "./relay-run.ts";

type Peer = RelayOutgoing["peer"];

/**
 * Asks a server for an allocation and keeps it until `close`. Whatever comes of it is an event, a failure too. Any number may
 * be open at once: each has one socket or connection, and one timer for its machine. Throws RangeError for an order that
 * contradicts itself, such as a TCP allocation over UDP. `backend`: for an owner of several who wants them on one clock.
 */
export function openRelay(
	order: RelayOrder,
	listener: RelayListener,
	backend: Backend | SystemError = openBackend(),
): Relay {
	return new Relay(new RelayRun(order, listener, backend));
}

/** A relay under way; what is asked of it once it has ended has no effect. */
export class Relay {
	readonly #run: RelayRun;

	/** `openRelay` makes them. */
	constructor(run: RelayRun) {
		this.#run = run;
	}

	/** On the scale of the times that the listener is told. */
	now(): Instant {
		return this.#run.now();
	}

	/** Our end of the leg in use; null while it is not known. */
	get local(): TransportAddress | null {
		return this.#run.leg?.local ?? null;
	}

	/** The server that is asked now: another after a redirection. */
	get server(): TransportAddress {
		return this.#run.server;
	}

	/** Bytes that wait here since the server does not take them; 0 of datagrams. */
	get waitingBytes(): number {
		return this.#run.leg?.waitingBytes ?? 0;
	}

	get counters(): RelayCounters {
		return this.#run.counters;
	}

	/** Sends to a peer, on its channel if it is bound; the first packet to a new one takes the permission along. */
	send(peer: Peer, data: Uint8Array): void {
		this.#run.step({ type: "send", peer, data });
	}

	/** Sends many, as many as can be in one call to the kernel. */
	sendBatch(datagrams: readonly RelayOutgoing[]): void {
		this.#run.together(() => {
			for (const datagram of datagrams) this.#run.step({ type: "send", ...datagram });
		});
	}

	/** Peers (addresses without port) that may send to us from now on. */
	permit(addresses: readonly string[]): void {
		this.#run.step({ type: "permit", addresses });
	}

	/** Its permission is no longer renewed. */
	forget(address: string): void {
		this.#run.step({ type: "forget", address });
	}

	/** A channel for this peer, and the permission. */
	bind(peer: Peer): void {
		this.#run.step({ type: "bind", peer });
	}

	/** Its channel is no longer renewed. */
	unbind(peer: Peer): void {
		this.#run.step({ type: "unbind", peer });
	}

	/** Asks whether the server still has the allocation; `refreshed` or `lost` follows. */
	refresh(): void {
		this.#run.step({ type: "refresh" });
	}

	/** What is signed with from now on, such as REST credentials that end later. */
	renewCredentials(credentials: NonNullable<RelayOrder["credentials"]>): void {
		this.#run.step({ type: "credentials", credentials });
	}

	/** Has the relay connect to this peer (RFC 6062); `connected` or `connectFailed` follows. */
	connect(peer: Peer): void {
		this.#run.step({ type: "connect", peer });
	}

	/**
	 * Takes a connection that `connected` or `connectionAttempt` told of, within 30 seconds, by another connection to the
	 * server. What becomes of it is told to the listener; an error: this relay has none.
	 */
	takeConnection(connectionId: number, listener: RelayConnectionListener): RelayConnection | SystemError {
		return this.#run.takeConnection(connectionId, listener);
	}

	/** Goes on from another address of ours (RFC 8016), null: as routed now; `moved` or `moveFailed` follows. */
	move(source: string | null = null): void {
		this.#run.move(source);
	}

	/**
	 * Lends the socket to a trace, whose probes leave on the 5-tuple of the allocation between what is relayed: as
	 * `MediaSocket.borrow`, of UDP legs on the native backend alone.
	 */
	borrow(request: ChannelRequest): Channel | SystemError {
		return this.#run.borrow(request);
	}

	/** Gives the allocation back; `closed` follows within four seconds. */
	close(): void {
		this.#run.close();
	}

	/** Ends everything at once: the server keeps the allocation until it expires. Nothing more is told. */
	destroy(): void {
		this.#run.end();
	}
}
