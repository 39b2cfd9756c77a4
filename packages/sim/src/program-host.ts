/** The programs of one simulated host: who gets what arrives, and when each is woken. */
import type { Instant } from "@whither/core";
import type { AddressBytes } from "./address-bytes.ts";
import { datagramPacket } from "./datagram-packet.ts";
import type { IpPacket } from "./packet.ts";
import { type AttachedProgram, type Datagram, type DatagramProgram, programInput } from "./program.ts";

/** What programs need of the node they live on. */
export interface ProgramHostOptions {
	/** Name of the host. */
	readonly node: string;
	readonly family: IpPacket["family"];
	readonly ownAddresses: ReadonlySet<string>;
	readonly addresses: AddressBytes;
	readonly ttl: number;
	readonly nextIdentification: () => number;
	readonly emit: (packet: IpPacket, at: Instant) => void;
	readonly schedule: (at: Instant, action: () => void) => void;
}

/** All programs of one host; the first that holds a port gets what comes to it. */
export class ProgramHost {
	readonly #options: ProgramHostOptions;
	readonly #running: RunningProgram[] = [];

	constructor(options: ProgramHostOptions) {
		this.#options = options;
	}

	/** Starts a program: its first tick comes at once. */
	attach(program: DatagramProgram, now: Instant): AttachedProgram {
		const running = new RunningProgram(program, this.#options);
		this.#running.push(running);
		running.step({ type: "tick" }, now);
		return {
			wake: (at) => running.step({ type: "tick" }, at),
			send: (datagrams, at) => running.send(datagrams, at),
			await: (at) => running.await(at),
			detach: () => {
				running.ended = true;
				const place = this.#running.indexOf(running);
				if (place >= 0) this.#running.splice(place, 1);
			},
		};
	}

	/** Gives an arrived packet to the program that it is for; false: it is for none. */
	receive(packet: IpPacket, at: Instant): boolean {
		if (this.#running.length === 0) return false;
		const arrived = programInput(packet);
		if (arrived === null) return false;
		const running = this.#running.find(({ program }) => program.holds(arrived.local));
		running?.step(arrived.input, at);
		return running !== undefined;
	}
}

class RunningProgram {
	readonly program: DatagramProgram;
	ended = false;
	readonly #host: ProgramHostOptions;
	/** The earliest time that it is to be woken at; later deadlines are looked at then. */
	#wakesAt = Number.POSITIVE_INFINITY;

	constructor(program: DatagramProgram, host: ProgramHostOptions) {
		this.program = program;
		this.#host = host;
	}

	step(input: Parameters<DatagramProgram["step"]>[0], now: Instant): void {
		if (this.ended) return;
		this.send(this.program.step(input, now), now);
		this.await(now);
	}

	send(datagrams: readonly Datagram[], now: Instant): void {
		if (this.ended) return;
		const { node, ownAddresses, emit } = this.#host;
		for (const datagram of datagrams) {
			const { address } = datagram.local;
			if (!ownAddresses.has(address)) throw new RangeError(`${node} has no address ${address}`);
			emit(datagramPacket(datagram, this.#host), now);
		}
	}

	await(now: Instant): void {
		const at = Math.max(now, this.program.deadline?.at ?? Number.POSITIVE_INFINITY);
		if (at >= this.#wakesAt || at === Number.POSITIVE_INFINITY) return;
		this.#wakesAt = at;
		this.#host.schedule(at, () => this.#wake(at));
	}

	#wake(at: Instant): void {
		// A sooner deadline has been asked for since, and has its own call.
		if (this.ended || at !== this.#wakesAt) return;
		this.#wakesAt = Number.POSITIVE_INFINITY;
		const due = this.program.deadline?.at ?? Number.POSITIVE_INFINITY;
		if (due <= at) this.step({ type: "tick" }, at);
		else this.await(at);
	}
}
