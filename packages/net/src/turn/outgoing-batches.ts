/** Datagrams that machines put out while one batch is looked at: those of one socket leave together. */
import type { DatagramTransport, OutgoingDatagram } from "../transport/transport.ts";

/** One driver's. */
export class OutgoingBatches {
	readonly #waiting = new Map<DatagramTransport, OutgoingDatagram[]>();

	add(socket: DatagramTransport | undefined, datagram: OutgoingDatagram): void {
		if (socket === undefined) return;
		const waiting = this.#waiting.get(socket);
		if (waiting === undefined) this.#waiting.set(socket, [datagram]);
		else waiting.push(datagram);
	}

	/** Bytes may be views of what came in: this comes before that is read over. */
	flush(): void {
		if (this.#waiting.size === 0) return;
		for (const [socket, datagrams] of this.#waiting) socket.send(datagrams);
		this.#waiting.clear();
	}
}
