/** The connections that stand: opened when something is to be sent, used again by hop, and ended when nobody wants them. */
import { type Instant, SECOND } from "@whither/core";
import type { StreamListener, StreamTransport } from "@whither/net/transport";
import { SipConnection } from "./connection.ts";
import type { SipHop } from "./hop.ts";
import type { SipSurroundings } from "./surroundings.ts";
import type { SipTlsOrder, SipTransportListener } from "./transport-io.ts";

/** Connections of our own at one time; the one that was used longest ago makes room. Ours. */
const MOST_OPENED = 64;
/** RFC 3261 §18: longer than any transaction lasts; one that nothing depends on ends after it. */
const UNUSED = 120 * SECOND;

/** What those of one machine have in common. */
interface ConnectionsParts {
	readonly machine: SipSurroundings;
	readonly tls: SipTlsOrder;
	readonly listener: SipTransportListener;
	/** Calls or a registration depend on what stands. */
	readonly isNeeded: () => boolean;
}

/** All of a user agent's. */
export class SipConnections {
	readonly #parts: ConnectionsParts;
	readonly #byNumber = new Map<number, SipConnection>();
	#lastNumber = 0;

	constructor(parts: ConnectionsParts) {
		this.#parts = parts;
	}

	/** By the connection that the hop names while it stands, else by one that leads there, else by a new one. */
	send(bytes: Uint8Array, to: SipHop): void {
		const named = to.connection === undefined ? undefined : this.#byNumber.get(to.connection);
		const connection = named ?? this.#leadingTo(to) ?? this.#open(to);
		connection.send(bytes);
	}

	/** Takes a connection that another has opened. `ours`: the address that it came to. */
	accept(stream: StreamTransport, transport: "tcp" | "tls"): StreamListener {
		let accepted: StreamListener | null = null;
		return {
			opened: ({ local, remote }) => {
				const { address, port } = remote;
				const number = ++this.#lastNumber;
				const hop: SipHop = { transport, address, port, ours: local.address, connection: number };
				const { connection, listener } = SipConnection.accept(hop, stream, { ...this.#parts, ears: this.#ears });
				this.#byNumber.set(number, connection);
				accepted = listener;
			},
			received: (chunk, at) => accepted?.received(chunk, at),
			closed: (failure) => accepted?.closed(failure),
			idle: () => accepted?.idle?.() ?? false,
		};
	}

	/** To be called now and then: pings, and ends what is of no more use. */
	tick(now: Instant): void {
		for (const connection of [...this.#byNumber.values()]) {
			if (this.#parts.isNeeded()) connection.keepUp();
			else if (connection.isOurs && now - connection.usedAt > UNUSED) this.#drop(connection);
		}
	}

	/** Ends all, after what was sent. */
	close(): void {
		for (const connection of this.#byNumber.values()) connection.close();
		this.#byNumber.clear();
	}

	/**
	 * One of ours to the same place and, of TLS, whose certificate was compared with the same name. One that another opened
	 * from that very address and port leads there too; but no name may be expected of it, for it has shown no certificate
	 * (RFC 5923 §5 asks for one).
	 */
	#leadingTo(to: SipHop): SipConnection | undefined {
		return [...this.#byNumber.values()].find(({ hop, isOurs }) => {
			const isThere = hop.transport === to.transport && hop.address === to.address && hop.port === to.port;
			if (!isThere || to.transport === "tcp") return isThere;
			return isOurs ? nameOf(hop) === nameOf(to) : nameOf(to) === to.address;
		});
	}

	#open(to: SipHop): SipConnection {
		const { machine, tls } = this.#parts;
		const opened = [...this.#byNumber.values()].filter(({ isOurs }) => isOurs);
		if (opened.length >= MOST_OPENED) {
			const [oldest] = opened.toSorted((one, other) => one.usedAt - other.usedAt);
			if (oldest !== undefined) this.#drop(oldest);
		}
		const number = ++this.#lastNumber;
		const connection = SipConnection.open({ ...to, connection: number }, tls, { machine, ears: this.#ears });
		this.#byNumber.set(number, connection);
		return connection;
	}

	#drop(connection: SipConnection): void {
		connection.close();
		this.#forget(connection);
	}

	#forget({ hop }: SipConnection): void {
		if (hop.connection !== undefined) this.#byNumber.delete(hop.connection);
	}

	readonly #ears = {
		received: (bytes: Uint8Array, { hop }: SipConnection, at: Instant): void =>
			this.#parts.listener.received(bytes, hop, at),
		ended: (connection: SipConnection, why: string): void => {
			this.#forget(connection);
			const { connection: _, ...place } = connection.hop;
			this.#parts.listener.failed(connection.isOurs ? place : connection.hop, why);
		},
	};
}

function nameOf({ serverName, address }: SipHop): string {
	return serverName ?? address;
}
