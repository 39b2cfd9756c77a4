/** The sockets behind relayed addresses: UDP ones, and TCP ports of RFC 6062. */
import type { SystemError, TurnIcmp, TurnServerOutput } from "@whither/core";
import { addressFamily } from "@whither/wire";
import type { Backend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { openDatagram } from "../transport/open.ts";
import { openStreamPort } from "../transport/stream-port.ts";
import type {
	DatagramListener,
	DatagramTransport,
	ReceivedDatagram,
	StreamEnds,
	StreamListener,
	StreamPort,
	StreamTransport,
	TransportAddress,
} from "../transport/transport.ts";
import { type RelayFault, relayFaultOf } from "./relay-fault.ts";

/** What the driver does with what comes to them. */
export interface RelayEars {
	received(relay: number, datagrams: readonly ReceivedDatagram[]): void;
	failed(relay: number, to: TransportAddress, icmp: TurnIcmp | undefined): void;
	/** A peer has connected; its stream is paused. */
	accepted(relay: number, stream: StreamTransport, ends: StreamEnds): StreamListener;
	opened(relay: number): void;
	notOpened(relay: number, why: RelayFault): void;
}

type RelayOrder = Extract<TurnServerOutput, { readonly type: "openRelay" }>;

/** More than an allocation may hold; the machine says how many of them stay. */
const MOST_PEERS = 256;

/** One driver's, by the machine's numbers. */
export class RelaySockets {
	readonly #backend: Backend;
	readonly #ears: RelayEars;
	readonly #datagrams = new Map<number, DatagramTransport>();
	/** Null: it is being opened. */
	readonly #ports = new Map<number, StreamPort | null>();

	constructor(backend: Backend, ears: RelayEars) {
		this.#backend = backend;
		this.#ears = ears;
	}

	/** Opens what is asked for; whether it stands is told, for UDP at once. */
	open(order: RelayOrder): void {
		if (order.transport === "tcp") this.#openPort(order);
		else this.#openDatagrams(order);
	}

	/** The socket of a UDP relay. */
	datagrams(relay: number): DatagramTransport | undefined {
		return this.#datagrams.get(relay);
	}

	/** The port of a TCP relay. */
	port(relay: number): StreamPort | null | undefined {
		return this.#ports.get(relay);
	}

	close(relay: number): void {
		this.#datagrams.get(relay)?.close();
		this.#datagrams.delete(relay);
		this.#ports.get(relay)?.close();
		this.#ports.delete(relay);
	}

	closeAll(): void {
		for (const relay of [...this.#datagrams.keys(), ...this.#ports.keys()]) this.close(relay);
	}

	/** With one above: both or neither (RFC 8656 section 7.2). */
	#openDatagrams({ relay, address, port, above }: RelayOrder): void {
		const socket = this.#openOne(relay, address, port);
		if (isSystemError(socket)) {
			this.#ears.notOpened(relay, relayFaultOf(socket));
			return;
		}
		this.#datagrams.set(relay, socket);
		const next = above === null ? null : this.#openOne(above, address, port + 1);
		if (isSystemError(next)) {
			this.close(relay);
			this.#ears.notOpened(relay, relayFaultOf(next));
			return;
		}
		if (above !== null && next !== null) this.#datagrams.set(above, next);
		this.#ears.opened(relay);
	}

	#openOne(relay: number, address: string, port: number): DatagramTransport | SystemError {
		const listener: DatagramListener = {
			received: (datagrams) => this.#ears.received(relay, datagrams),
			failed: (_, to, icmp) => {
				const told = icmp && { type: icmp.type, code: icmp.code, data: icmp.mtu ?? 0 };
				if (to !== null) this.#ears.failed(relay, to, told);
			},
		};
		const family = addressFamily(address) ?? 4;
		return openDatagram(this.#backend, { family, address, port, use: "relay" }, listener);
	}

	#openPort({ relay, address, port }: RelayOrder): void {
		const request = { family: addressFamily(address) ?? 4, address, port, most: MOST_PEERS };
		this.#ports.set(relay, null);
		const accept = (stream: StreamTransport, ends: StreamEnds) => this.#ears.accepted(relay, stream, ends);
		void openStreamPort(this.#backend, request, accept).then((opened) => {
			const wanted = this.#ports.has(relay);
			if (isSystemError(opened)) {
				this.#ports.delete(relay);
				if (wanted) this.#ears.notOpened(relay, relayFaultOf(opened));
			} else if (wanted) {
				this.#ports.set(relay, opened);
				this.#ears.opened(relay);
			} else opened.close();
		});
	}
}
