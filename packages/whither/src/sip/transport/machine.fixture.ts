/** A machine for tests of the transports: its time stands still until it is told, and its sockets write down what is sent. */
import { MILLISECOND } from "@whither/core";
import type { DatagramListener, StreamAcceptor, StreamListener, StreamTransport } from "@whither/net/transport";
import type { SipHop } from "./hop.ts";
import type { SipSurroundings } from "./surroundings.ts";

/** One stream of it. */
export interface FakeStream extends StreamTransport {
	readonly to: SipHop | null;
	readonly sent: string[];
	listener: StreamListener;
	waitingBytes: number;
	state: "open" | "closing" | "destroyed";
}

/** One socket of it. */
export interface FakeSocket {
	readonly address: string;
	readonly listener: DatagramListener;
	readonly sent: { readonly to: string; readonly text: string }[];
	isOpen: boolean;
}

const GONE = {
	code: "addressNotAvailable",
	call: "bind",
	address: null,
	errno: 99,
	errnoName: "EADDRNOTAVAIL",
} as const;
const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/** Bytes of a text. */
export function bytesOf(text: string): Uint8Array {
	return ENCODER.encode(text);
}

/** One of them. */
export class FakeMachine implements SipSurroundings {
	readonly streams: FakeStream[] = [];
	readonly sockets: FakeSocket[] = [];
	readonly acceptors: StreamAcceptor[] = [];
	readonly ways = new Map<string, string>();
	ours: readonly string[] = ["192.0.2.1"];
	/** Addresses that have gone since. */
	readonly gone = new Set<string>();
	closedServers = 0;
	#nowMs = 0;
	#timers: { readonly atMs: number; readonly call: () => void }[] = [];

	now(): number {
		return this.#nowMs * MILLISECOND;
	}

	after(ms: number, call: () => void): () => void {
		const timer = { atMs: this.#nowMs + ms, call };
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((one) => one !== timer);
		};
	}

	/** Time passes. */
	pass(ms: number): void {
		const until = this.#nowMs + ms;
		for (;;) {
			const [next] = this.#timers.filter(({ atMs }) => atMs <= until).toSorted((one, other) => one.atMs - other.atMs);
			if (next === undefined) break;
			this.#timers = this.#timers.filter((one) => one !== next);
			this.#nowMs = next.atMs;
			next.call();
		}
		this.#nowMs = until;
	}

	get timers(): number {
		return this.#timers.length;
	}

	draw(): number {
		return 0.5;
	}

	drawSecret(): Uint8Array {
		return new Uint8Array(32);
	}

	addresses(): readonly string[] {
		return this.ours;
	}

	addressTowards({ address }: { readonly address: string }): string | null {
		return this.ways.get(address) ?? null;
	}

	openDatagram(place: { readonly address: string; readonly port: number }, listener: DatagramListener) {
		if (this.gone.has(place.address)) return GONE;
		const socket: FakeSocket = { address: place.address, listener, sent: [], isOpen: true };
		this.sockets.push(socket);
		return {
			local: { address: place.address, port: place.port || 40_000 + this.sockets.length },
			send: (datagrams: readonly { to: { address: string; port: number }; bytes: Uint8Array }[]) => {
				for (const { to, bytes } of datagrams)
					socket.sent.push({ to: `${to.address} ${to.port}`, text: DECODER.decode(bytes) });
			},
			close: () => {
				socket.isOpen = false;
			},
		};
	}

	connect(to: SipHop, _tls: unknown, listener: StreamListener): FakeStream {
		return this.#stream(to, listener);
	}

	async listen(place: { readonly address: string; readonly port: number }, _tls: unknown, accept: StreamAcceptor) {
		if (this.gone.has(place.address)) return GONE;
		this.acceptors.push(accept);
		return {
			local: { address: place.address, port: place.port || 50_000 + this.acceptors.length },
			renew: () => true,
			close: () => {
				this.closedServers++;
			},
		};
	}

	/** Somebody connects to the first place that is listened on. */
	comes(address: string, port: number): FakeStream {
		const stream = this.#stream(null, { opened: () => {}, received: () => {}, closed: () => {} });
		const listener = this.acceptors[0]?.(stream);
		if (listener !== undefined) stream.listener = listener;
		stream.listener.opened({ local: { address: "192.0.2.1", port: 5060 }, remote: { address, port } });
		return stream;
	}

	#stream(to: SipHop | null, listener: StreamListener): FakeStream {
		const stream: FakeStream = {
			to,
			sent: [],
			listener,
			waitingBytes: 0,
			state: "open",
			send: (bytes) => stream.sent.push(DECODER.decode(bytes)),
			pause: () => {},
			resume: () => {},
			end: () => {
				stream.state = "closing";
			},
			close: () => {
				stream.state = "closing";
			},
			destroy: () => {
				stream.state = "destroyed";
			},
		};
		this.streams.push(stream);
		return stream;
	}
}
