/** The streams that a STUN service has accepted: each is cut into messages, and answered on the same stream. */
import type { StreamListener, StreamTransport, TransportAddress } from "../transport/transport.ts";
import { StreamMessages } from "./stream-messages.ts";

/** What the service does with them. */
export interface StreamEars {
	/** A message; what comes back is sent. `local`: the datagram socket of the same address and port, -1 for none. */
	readonly heard: (bytes: Uint8Array, from: TransportAddress, local: number) => readonly Uint8Array[];
	readonly opened: () => void;
	readonly socketAt: (local: TransportAddress) => number;
}

/** Answers that wait since the other end does not read them; beyond so many bytes it is not worth waiting for. */
const MOST_WAITING_BYTES = 256 * 1024;
/** How long streams may take to end in order. */
const DRAIN_MS = 1_000;

/** All of them. */
export class ServedStreams {
	readonly #ears: StreamEars;
	readonly #open = new Set<StreamTransport>();
	#drained: (() => void) | null = null;

	constructor(ears: StreamEars) {
		this.#ears = ears;
	}

	/** Takes a stream in; the listener is for what it tells. */
	accept(stream: StreamTransport): StreamListener {
		const messages = new StreamMessages({ channelData: false });
		let from: TransportAddress | null = null;
		let local = -1;
		this.#open.add(stream);
		this.#ears.opened();
		return {
			opened: (ends) => {
				from = ends.remote;
				local = this.#ears.socketAt(ends.local);
			},
			received: (bytes) => {
				if (from === null) return;
				for (const message of messages.push(bytes)) {
					for (const answer of this.#ears.heard(message, from, local)) stream.send(answer);
				}
				if (messages.broken || stream.waitingBytes > MOST_WAITING_BYTES) this.#drop(stream);
			},
			closed: () => this.#forget(stream),
		};
	}

	/** Ends all; resolves once they have ended, or a second later. */
	drain(): Promise<void> {
		for (const stream of this.#open) stream.end();
		if (this.#open.size === 0) return Promise.resolve();
		return new Promise((resolve) => {
			const timer = setTimeout(() => {
				for (const stream of [...this.#open]) this.#drop(stream);
			}, DRAIN_MS);
			this.#drained = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	#drop(stream: StreamTransport): void {
		stream.destroy();
		this.#forget(stream);
	}

	#forget(stream: StreamTransport): void {
		this.#open.delete(stream);
		if (this.#open.size === 0) this.#drained?.();
	}
}
