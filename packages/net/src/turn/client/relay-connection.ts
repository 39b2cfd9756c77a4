/** Connections that carry a peer's bytes (RFC 6062): messages until the server has bound one, and then whatever is sent. */
import type { Instant } from "@whither/core";
import type { Backend } from "../../backend.ts";
import { StreamMessages } from "../../serving/stream-messages.ts";
import { openStreamToServer } from "../../transport/stream-to-server.ts";
import type { StreamFailure, StreamTransport } from "../../transport/transport.ts";
import type { RelayCause, RelayConnection, RelayConnectionListener, RelayOrder } from "./relay-io.ts";

/** What a relay does with one. */
export interface ConnectionEars {
	/** It stands, and is to be bound. */
	readonly opened: () => void;
	/** A message of the server's. */
	readonly message: (bytes: Uint8Array, at: Instant) => void;
	/** It is of no more use. */
	readonly ended: () => void;
}

/** One of them. */
export class BoundConnection implements RelayConnection {
	readonly #stream: StreamTransport;
	readonly #ears: ConnectionEars;
	readonly #listener: RelayConnectionListener;
	readonly #messages = new StreamMessages({ channelData: true });
	#bound = false;
	#over = false;

	constructor(backend: Backend, order: RelayOrder, ears: ConnectionEars, listener: RelayConnectionListener) {
		this.#ears = ears;
		this.#listener = listener;
		this.#stream = openStreamToServer(
			order,
			{
				opened: () => {
					if (!this.#over) ears.opened();
				},
				received: (bytes, at) => this.#received(bytes, at),
				closed: (failure) => this.#closed(failure),
			},
			backend.clock,
		);
	}

	get waitingBytes(): number {
		return this.#stream.waitingBytes;
	}

	send(bytes: Uint8Array): void {
		if (this.#bound) this.#stream.send(bytes);
	}

	/** A message to the server, before it is bound. */
	sendMessage(bytes: Uint8Array): void {
		this.#stream.send(bytes);
	}

	end(): void {
		this.#stream.end();
	}

	destroy(): void {
		if (this.#over) return;
		this.#over = true;
		this.#stream.destroy();
		this.#ears.ended();
	}

	/** The server has bound it: what comes next is the peer's. */
	bind(): void {
		this.#bound = true;
		this.#listener.bound();
	}

	/** The server has not bound it. */
	refuse(why: string): void {
		if (this.#over) return;
		this.destroy();
		this.#listener.closed({ code: "refused", why });
	}

	/** The relay has come to its end before this did. */
	abandon(cause: RelayCause | null): void {
		if (this.#over) return;
		this.destroy();
		this.#listener.closed(cause);
	}

	#received(bytes: Uint8Array, at: Instant): void {
		if (this.#over) return;
		if (this.#bound) {
			this.#listener.received(bytes, at);
			return;
		}
		const messages = this.#messages;
		messages.add(bytes);
		// One at a time: what follows the answer that binds it is no message.
		for (let message = messages.next(); message !== null; message = messages.next()) {
			this.#ears.message(message, at);
			if (this.#over) return;
			if (!this.#bound) continue;
			const rest = messages.rest();
			if (rest.length > 0) this.#listener.received(rest.slice(), at);
			return;
		}
		if (messages.broken) this.abandon({ code: "notStun" });
	}

	#closed(failure: StreamFailure | null): void {
		if (this.#over) return;
		this.#over = true;
		this.#ears.ended();
		this.#listener.closed(failure);
	}
}
