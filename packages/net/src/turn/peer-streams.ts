/**
 * Connections between TCP relays and peers (RFC 6062), and the clients' streams that carry them. A side that does not
 * read holds the other up, so that little is ever kept here; a side that ends leaves the other free to go on.
 */
import type { ClientStream } from "../serving/client-streams.ts";
import type {
	StreamEnds,
	StreamListener,
	StreamPort,
	StreamTransport,
	TransportAddress,
} from "../transport/transport.ts";

/** What becomes of connections, by the machine's numbers. */
export interface PeerEars {
	connected(connection: number): void;
	notConnected(connection: number): void;
	/** A peer came; to be adopted or refused by its handle before this returns. */
	accepted(relay: number, from: TransportAddress, handle: number): void;
	closed(connection: number): void;
}

/** What may wait on one side before the other is held up. */
const MOST_WAITING_BYTES = 128 * 1024;

interface Peer {
	readonly stream: StreamTransport;
	client: ClientStream | null;
	connection: number | null;
	open: boolean;
}

/** All of one driver. */
export class PeerStreams {
	readonly #ears: PeerEars;
	readonly #peers = new Map<number, Peer>();
	readonly #unnamed = new Map<number, Peer>();
	#handles = 0;

	constructor(ears: PeerEars) {
		this.#ears = ears;
	}

	get size(): number {
		return this.#peers.size;
	}

	/** Connects from a relay's port; null: the relay is no more. */
	connect(connection: number, port: StreamPort | null | undefined, to: TransportAddress): void {
		if (!port) {
			this.#ears.notConnected(connection);
			return;
		}
		const peer: Peer = {
			stream: port.connect(
				to,
				this.#listener(() => peer),
			),
			client: null,
			connection,
			open: false,
		};
		this.#peers.set(connection, peer);
	}

	/** A peer has connected to a relay; what the stream tells goes to what is given back. */
	accept(relay: number, stream: StreamTransport, { remote }: StreamEnds): StreamListener {
		const handle = ++this.#handles;
		const peer: Peer = { stream, client: null, connection: null, open: true };
		this.#unnamed.set(handle, peer);
		this.#ears.accepted(relay, remote, handle);
		return this.#listener(() => peer);
	}

	adopt(handle: number, connection: number): void {
		const peer = this.#unnamed.get(handle);
		this.#unnamed.delete(handle);
		if (peer === undefined) return;
		peer.connection = connection;
		this.#peers.set(connection, peer);
	}

	refuse(handle: number): void {
		this.#unnamed.get(handle)?.stream.destroy();
		this.#unnamed.delete(handle);
	}

	/** From now on each side gets what the other sends. */
	bind(connection: number, client: ClientStream): void {
		const peer = this.#peers.get(connection);
		if (peer === undefined) return;
		peer.client = client;
		client.join(fromClient(peer.stream, client.stream));
		peer.stream.resume();
	}

	close(connection: number): void {
		const peer = this.#peers.get(connection);
		this.#peers.delete(connection);
		if (peer?.client) peer.stream.close();
		else peer?.stream.destroy();
	}

	closeAll(): void {
		for (const connection of [...this.#peers.keys()]) this.close(connection);
	}

	#listener(peer: () => Peer): StreamListener {
		return {
			opened: () => {
				const { connection } = peer();
				peer().open = true;
				if (connection !== null) this.#ears.connected(connection);
			},
			received: (bytes) => pass(bytes, { from: peer().stream, to: peer().client?.stream }),
			ended: () => peer().client?.stream.end(),
			drained: () => peer().client?.stream.resume(),
			closed: () => {
				const { connection, open } = peer();
				if (connection === null || this.#peers.get(connection) !== peer()) return;
				this.#peers.delete(connection);
				if (open) this.#ears.closed(connection);
				else this.#ears.notConnected(connection);
			},
		};
	}
}

function fromClient(peer: StreamTransport, client: StreamTransport): StreamListener {
	return {
		opened: () => {},
		received: (bytes) => pass(bytes, { from: client, to: peer }),
		ended: () => peer.end(),
		drained: () => peer.resume(),
		closed: () => {},
	};
}

function pass(bytes: Uint8Array, { from, to }: { from: StreamTransport; to: StreamTransport | undefined }): void {
	to?.send(bytes);
	if (to !== undefined && to.waitingBytes > MOST_WAITING_BYTES) from.pause();
}
