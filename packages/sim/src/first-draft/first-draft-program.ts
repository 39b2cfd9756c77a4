/** An agent of the first draft of ICE as a program of a simulated host. */
import {
	type Deadline,
	FirstDraftAgent,
	type FirstDraftConfig,
	type FirstDraftEvent,
	type FirstDraftInput,
	type FirstDraftOutput,
	type Instant,
} from "@whither/core";
import { isSameEndpoint } from "@whither/wire";
import type { Datagram, DatagramError, DatagramProgram, Endpoint, ProgramInput } from "../program.ts";

/** A socket of one stream. */
export interface FirstDraftSocket extends Endpoint {
	/** RTP (1, when absent) or RTCP (2). */
	readonly component?: 1 | 2;
}

/** What an agent on a host is made from. */
export interface FirstDraftProgramOptions {
	readonly agent: FirstDraftConfig;
	/** Bases of the agent's, numbered in this order. */
	readonly sockets: readonly FirstDraftSocket[];
	/** What signalling and onlookers are told. */
	readonly hear: (event: FirstDraftEvent, at: Instant) => void;
	/** Data of the peer's. */
	readonly data?: (bytes: Uint8Array) => void;
}

/** Only destination unreachable counts; a TTL that ran out is about a trace's probe. */
function isUnreachable({ local, icmp }: DatagramError): boolean {
	return icmp.type === (local.address.includes(":") ? 1 : 3);
}

/** An agent with its sockets; inputs of signalling come by `hand` and a wake of the host's. */
export class FirstDraftProgram implements DatagramProgram {
	readonly agent: FirstDraftAgent;
	readonly #options: FirstDraftProgramOptions;
	readonly #handed: FirstDraftInput[];

	constructor(options: FirstDraftProgramOptions) {
		this.#options = options;
		this.agent = new FirstDraftAgent(options.agent);
		const bases = options.sockets.map((at, base): FirstDraftInput => ({ type: "base", base, at }));
		this.#handed = [...bases, { type: "basesComplete" }];
	}

	get deadline(): Deadline | null {
		return this.agent.deadline;
	}

	holds(local: Endpoint): boolean {
		return this.#baseAt(local) >= 0;
	}

	/** For the next tick. */
	hand(...inputs: readonly FirstDraftInput[]): void {
		this.#handed.push(...inputs);
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		const datagrams: Datagram[] = [];
		// What is heard of one may hand it the next.
		for (let handed = this.#handed.shift(); handed !== undefined; handed = this.#handed.shift())
			this.#hear(handed, datagrams, now);
		const heard = this.#inputOf(input);
		if (heard !== null) this.#hear(heard, datagrams, now);
		return datagrams;
	}

	#inputOf(input: ProgramInput): FirstDraftInput | null {
		if (input.type === "tick") return { type: "timer" };
		const { local, remote } = input.type === "datagram" ? input.datagram : input.error;
		const base = this.#baseAt(local);
		if (base < 0) return null;
		if (input.type === "datagram") return { type: "received", base, from: remote, bytes: input.datagram.payload };
		return isUnreachable(input.error) ? { type: "unreachable", base, to: remote, code: "ECONNREFUSED" } : null;
	}

	#baseAt(local: Endpoint): number {
		return this.#options.sockets.findIndex((socket) => isSameEndpoint(socket, local));
	}

	#hear(input: FirstDraftInput, datagrams: Datagram[], now: Instant): void {
		for (const output of this.agent.step(input, now)) this.#obey(output, datagrams, now);
	}

	#obey(output: FirstDraftOutput, datagrams: Datagram[], now: Instant): void {
		if (output.type === "send") {
			const socket = this.#options.sockets[output.base];
			if (socket === undefined) throw new RangeError(`no socket is base ${output.base}`);
			const local = { address: socket.address, port: socket.port };
			datagrams.push({ local, remote: output.to, payload: output.bytes });
		} else if (output.type === "event") this.#options.hear(output.event, now);
		else if (output.type === "data") this.#options.data?.(output.bytes);
	}
}
