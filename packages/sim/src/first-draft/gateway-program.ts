/** One who has never heard of ICE: one socket, media to where `m=` and `c=` say, and whatever comes is the other's. */
import { isSameEndpoint, type StunAddress } from "@whither/wire";
import type { Datagram, DatagramProgram, Endpoint, ProgramInput } from "../program.ts";

/** A gateway of telephones on a simulated host. */
export class GatewayProgram implements DatagramProgram {
	readonly deadline = null;
	/** Where media goes; null: nobody has said. */
	destination: StunAddress | null = null;
	readonly #socket: Endpoint;
	readonly #data: (bytes: Uint8Array) => void;
	readonly #waiting: Uint8Array[] = [];

	constructor(socket: Endpoint, data: (bytes: Uint8Array) => void) {
		this.#socket = socket;
		this.#data = data;
	}

	holds(local: Endpoint): boolean {
		return isSameEndpoint(this.#socket, local);
	}

	/** Sends a datagram with the next tick. */
	send(bytes: Uint8Array): void {
		this.#waiting.push(bytes);
	}

	step(input: ProgramInput): readonly Datagram[] {
		if (input.type === "datagram") this.#data(input.datagram.payload);
		const remote = this.destination;
		if (remote === null) return [];
		return this.#waiting.splice(0).map((payload) => ({ local: this.#socket, remote, payload }));
	}
}
