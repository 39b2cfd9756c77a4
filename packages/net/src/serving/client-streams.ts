/** The streams that a service has accepted: each is cut into messages, and what is said to a client leaves on its own. */
import type { StreamEnds, StreamListener, StreamTransport, TransportAddress } from "../transport/transport.ts";
import { type StreamKinds, StreamMessages } from "./stream-messages.ts";

/** What the service does with them. `local`: the service's number for the listener that a stream came to. */
export interface StreamEars {
	localOf(ends: StreamEnds): number;
	opened(): void;
	heard(message: Uint8Array, client: ClientStream): void;
	/** It has ended, and not by us alone. */
	ended?(client: ClientStream): void;
	/** Whether it may say nothing for longer: it has something that lives on. */
	lives?(client: ClientStream): boolean;
}

/** Answers that wait since the other end does not read them; beyond so many bytes it is not worth waiting for. */
const MOST_WAITING_BYTES = 256 * 1024;
/** How long streams may take to end in order. */
const DRAIN_MS = 1_000;

/** One of them. */
export interface ClientStream {
	readonly stream: StreamTransport;
	readonly from: TransportAddress;
	/** Our end. */
	readonly ours: TransportAddress;
	readonly local: number;
	/** What takes the stream's bytes from now on, in place of the messages' ears; what has come already it gets first. */
	join(listener: StreamListener): void;
}

class Client implements ClientStream {
	readonly stream: StreamTransport;
	readonly messages: StreamMessages;
	readonly from: TransportAddress;
	readonly ours: TransportAddress;
	readonly local: number;
	joined: StreamListener | null = null;

	constructor(stream: StreamTransport, messages: StreamMessages, { local, remote }: StreamEnds, listener: number) {
		this.stream = stream;
		this.messages = messages;
		this.from = remote;
		this.ours = local;
		this.local = listener;
	}

	join(listener: StreamListener): void {
		this.joined = listener;
	}
}

/** All of them. */
export class ClientStreams {
	readonly #ears: StreamEars;
	readonly #kinds: StreamKinds;
	readonly #open = new Set<StreamTransport>();
	readonly #clients = new Map<string, Client>();
	#drained: (() => void) | null = null;

	constructor(ears: StreamEars, kinds: StreamKinds) {
		this.#ears = ears;
		this.#kinds = kinds;
	}

	get size(): number {
		return this.#open.size;
	}

	/** The one that a client has to a listener. */
	at(local: number, { address, port }: TransportAddress): ClientStream | undefined {
		return this.#clients.get(keyOf(local, address, port));
	}

	/** Takes a stream in; the listener is for what it tells. */
	accept(stream: StreamTransport): StreamListener {
		let client: Client | null = null;
		// Whoever has nothing to send data through speaks another protocol: HTTP's GET looks like channel data.
		const lives = (): boolean => client !== null && this.#ears.lives?.(client) === true;
		const messages = new StreamMessages({ ...this.#kinds, channelData: this.#kinds.channelData && lives });
		this.#open.add(stream);
		this.#ears.opened();
		return {
			opened: (ends) => {
				client = new Client(stream, messages, ends, this.#ears.localOf(ends));
				this.#clients.set(keyOfClient(client), client);
			},
			received: (bytes, at) => {
				if (client?.joined) client.joined.received(bytes, at);
				else if (client !== null) this.#heard(client, bytes, at);
			},
			ended: () => (client?.joined ? client.joined.ended?.() : stream.end()),
			drained: () => client?.joined?.drained?.(),
			idle: () => client !== null && (client.joined !== null || this.#ears.lives?.(client) === true),
			closed: (failure) => {
				this.#forget(stream, client);
				if (client === null) return;
				client.joined?.closed(failure);
				this.#ears.ended?.(client);
			},
		};
	}

	/** Ends all; resolves once they have ended, or a second later. */
	drain(): Promise<void> {
		for (const stream of this.#open) stream.close();
		if (this.#open.size === 0) return Promise.resolve();
		return new Promise((resolve) => {
			const timer = setTimeout(() => {
				for (const stream of this.#open) stream.destroy();
				this.#open.clear();
				resolve();
			}, DRAIN_MS);
			this.#drained = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	#heard(client: Client, bytes: Uint8Array, at: number): void {
		const { messages, stream } = client;
		messages.add(bytes);
		for (let message = messages.next(); message !== null; message = messages.next()) {
			this.#ears.heard(message, client);
			if (client.joined !== null) {
				const rest = messages.rest();
				if (rest.length > 0) client.joined.received(rest, at);
				return;
			}
		}
		if (!messages.broken && stream.waitingBytes <= MOST_WAITING_BYTES) return;
		stream.destroy();
		this.#forget(stream, client);
		this.#ears.ended?.(client);
	}

	#forget(stream: StreamTransport, client: Client | null): void {
		this.#open.delete(stream);
		if (client !== null && this.#clients.get(keyOfClient(client)) === client) this.#clients.delete(keyOfClient(client));
		if (this.#open.size === 0) this.#drained?.();
	}
}

function keyOfClient({ local, from: { address, port } }: Client): string {
	return keyOf(local, address, port);
}

function keyOf(local: number, address: string, port: number): string {
	return `${local} ${address} ${port}`;
}
