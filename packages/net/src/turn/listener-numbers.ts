/**
 * The machine's numbers for listeners: which socket or listener of ours a client came to, and by which of our addresses,
 * for two clients may have the same address and port at two of them.
 */
import type { StreamEnds, TransportAddress } from "../transport/transport.ts";

/** What a number stands for. */
export interface NumberedListener {
	/** Index of the datagram socket; null: a stream. */
	readonly socket: number | null;
	/** Our address that the client knows, where the socket has several. */
	readonly source: string | null;
	/** The interface of link-local clients. */
	readonly zone: string | undefined;
}

/** One driver's. Numbers are given as they are met: there are as many as this host has addresses. */
export class ListenerNumbers {
	readonly #all: NumberedListener[] = [];
	readonly #byName = new Map<string, number>();
	/** Of sockets that are bound to one address, whose clients have no zone. */
	readonly #plain: number[] = [];

	ofDatagram(socket: number, to: string | null, { zone }: TransportAddress): number {
		const isPlain = to === null && zone === undefined;
		const known = isPlain ? this.#plain[socket] : undefined;
		if (known !== undefined) return known;
		const number = this.#of(`udp ${socket} ${to} ${zone}`, { socket, source: to, zone });
		if (isPlain) this.#plain[socket] = number;
		return number;
	}

	ofStream({ local: { address, port }, remote: { zone } }: StreamEnds): number {
		return this.#of(`stream ${address} ${port} ${zone}`, { socket: null, source: address, zone });
	}

	at(number: number): NumberedListener | undefined {
		return this.#all[number];
	}

	#of(name: string, listener: NumberedListener): number {
		const known = this.#byName.get(name);
		if (known !== undefined) return known;
		this.#byName.set(name, this.#all.length);
		return this.#all.push(listener) - 1;
	}
}
