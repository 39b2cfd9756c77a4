/** A socket of our own that a relay sends to, known to it by the address that a STUN server sees. */
import { type Instant, StunClient, type StunClientInput, type SystemError } from "@whither/core";
import { mappedAddressOf, type StunAddress } from "@whither/wire";
import { type Backend, openBackend } from "../../backend.ts";
import { DelayedCall } from "../../delayed-call.ts";
import { isSystemError } from "../../errors.ts";
import { drawSecrets } from "../../probe-secrets.ts";
import { openDatagram } from "../../transport/open.ts";
import { sourceAddressFor } from "../../transport/source-address.ts";
import type { DatagramTransport, ReceivedDatagram, TransportAddress } from "../../transport/transport.ts";
import { familyOf } from "./relay-leg.ts";

/** How one is opened. */
export interface PeerOrder {
	/** Whom it asks how it is seen: the relay's own server, of the family that the relay has addresses of. */
	readonly server: TransportAddress;
	/** Our address; null: as routed. */
	readonly source: string | null;
}

/** What it tells. */
export interface PeerListener {
	/** How the server sees it; null: that did not come out. */
	mapped(address: StunAddress | null): void;
	/** `bytes` are the listener's to keep. */
	received(from: StunAddress, bytes: Uint8Array, at: Instant): void;
}

/** An open one. */
export interface PeerSocket {
	readonly local: TransportAddress;
	send(to: StunAddress, bytes: Uint8Array): void;
	close(): void;
}

/** At 0, 0.25 and 0.75 s, given up after 1.75. */
const SCHEDULE = { rtoNs: 250e6, maximumRtoNs: Number.POSITIVE_INFINITY, transmissions: 3, lastWait: 4 } as const;

/** Opens one, or says which call failed. */
export function openPeerSocket({ server, source }: PeerOrder, listener: PeerListener): PeerSocket | SystemError {
	const backend = openBackend();
	if (isSystemError(backend)) return backend;
	const family = familyOf(server);
	const address = source ?? sourceAddressFor(backend, { family, ...server });
	if (isSystemError(address)) return address;
	const asking = new MappedAsking(backend, server, listener);
	const zone = zoneOf(server);
	const socket = openDatagram(
		backend,
		{ family, address, port: 0, use: "client", ...zone },
		{ received: (datagrams) => asking.received(datagrams), failed: () => {} },
	);
	if (isSystemError(socket)) return socket;
	queueMicrotask(() => asking.begin(socket));
	return {
		local: socket.local,
		send: (peer, bytes) => socket.send([{ to: { ...peer, ...zone }, bytes }]),
		close: () => {
			asking.end();
			socket.close();
		},
	};
}

/** The interface, where the server is on the same link. */
function zoneOf({ zone }: TransportAddress): Pick<TransportAddress, "zone"> {
	return zone === undefined ? {} : { zone };
}

/** Asks the server how the socket is seen; whatever else comes is the listener's. */
class MappedAsking {
	readonly #backend: Backend;
	readonly #server: TransportAddress;
	readonly #listener: PeerListener;
	readonly #stun: StunClient;
	readonly #timer: DelayedCall;
	#socket: DatagramTransport | null = null;
	#over = false;

	constructor(backend: Backend, server: TransportAddress, listener: PeerListener) {
		this.#backend = backend;
		this.#server = server;
		this.#listener = listener;
		this.#stun = new StunClient({ secret: drawSecrets(backend).secret, schedule: SCHEDULE });
		this.#timer = new DelayedCall(backend.clock, () => this.#step({ type: "timer" }));
	}

	begin(socket: DatagramTransport): void {
		if (this.#over) return;
		this.#socket = socket;
		const { address, port } = this.#server;
		this.#step({ type: "request", request: { key: 0, to: { address, port }, method: "binding" } });
	}

	end(): void {
		this.#over = true;
		this.#timer.arm(null);
	}

	received(datagrams: readonly ReceivedDatagram[]): void {
		const server = this.#server;
		for (const { bytes, from: source, at } of datagrams) {
			const from = { address: source.address, port: source.port };
			const isServer = from.address === server.address && from.port === server.port;
			if (isServer) this.#step({ type: "received", bytes, from, at });
			else this.#listener.received(from, bytes, at);
		}
	}

	#step(input: StunClientInput): void {
		for (const output of this.#stun.step(input, this.#backend.clock.now())) {
			if (output.type === "send")
				this.#socket?.send([{ to: { ...output.to, ...zoneOf(this.#server) }, bytes: output.bytes }]);
			else if (output.type === "event") {
				const { event } = output;
				this.#listener.mapped(event.kind === "success" ? mappedAddressOf(event.message) : null);
			}
		}
		if (!this.#over) this.#timer.arm(this.#stun.deadline?.at ?? null);
	}
}
