/** TURN's machines as programs of simulated hosts. */

import {
	type Deadline,
	type Instant,
	isDisbelieved,
	TurnClient,
	type TurnClientConfig,
	type TurnClientEvent,
	type TurnClientInput,
	TurnServer,
	type TurnServerConfig,
	type TurnServerInput,
	type TurnServerOutput,
} from "@whither/core";
import { isSameEndpoint } from "@whither/wire";
import type { Datagram, DatagramError, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";

/** A relay's settings; what it listens and relays at is said apart. */
export type TurnServerOptions = Omit<TurnServerConfig, "relays" | "binding">;

/** A relay server, on these sockets of its host, with relays on its host's address of the same family. */
export class TurnServerProgram implements DatagramProgram {
	readonly #sockets: readonly Endpoint[];
	readonly #server: TurnServer;
	/** Relays that stand, by number. */
	readonly #relays = new Map<number, Endpoint>();

	/** `sockets`: the first one's address is also that of its relays. It answers Binding requests too. */
	constructor(sockets: readonly Endpoint[], options: TurnServerOptions) {
		this.#sockets = sockets;
		const relays = sockets.slice(0, 1).map(({ address }) => ({ address }));
		const binding = { sockets: sockets.map((address) => ({ address })) };
		this.#server = new TurnServer({ ...options, relays, binding });
	}

	get deadline(): Deadline | null {
		return this.#server.deadline;
	}

	/** What the server has done since it began. */
	get counters(): TurnServer["counters"] {
		return this.#server.counters;
	}

	holds(local: Endpoint): boolean {
		return this.#sockets.some((socket) => isSameEndpoint(socket, local)) || this.#relayAt(local) !== undefined;
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		const heard = this.#inputOf(input);
		return heard === null ? [] : this.#serve(heard, now);
	}

	/** Relays open at once: the ports are the program's own. */
	#serve(input: TurnServerInput, now: Instant): readonly Datagram[] {
		const outputs = this.#server.step(input, now);
		const [first] = outputs;
		// One mostly; of several a later step might overwrite what is to be done still.
		if (first === undefined) return [];
		return outputs.length === 1 ? this.#obey(first, now) : [...outputs].flatMap((output) => this.#obey(output, now));
	}

	#obey(output: TurnServerOutput, now: Instant): readonly Datagram[] {
		switch (output.type) {
			case "send": {
				const local = this.#sockets[output.local];
				return local === undefined ? [] : [{ local, remote: output.to, payload: output.bytes.slice() }];
			}
			case "openRelay": {
				const { relay, address, port, above } = output;
				this.#relays.set(relay, { address, port });
				if (above !== null) this.#relays.set(above, { address, port: port + 1 });
				return this.#serve({ type: "relayOpened", relay }, now);
			}
			case "closeRelay":
				this.#relays.delete(output.relay);
				return [];
			case "relaySend":
				return this.#relay(output, now);
			// Hosts here run no TCP program: whoever asks for connections to peers gets none.
			case "connectPeer":
				return this.#serve({ type: "peerConnectFailed", connection: output.connection }, now);
			default:
				return [];
		}
	}

	/** What is for another relay of ours never leaves the host. */
	#relay({ relay, to, bytes }: Extract<TurnServerOutput, { type: "relaySend" }>, now: Instant): readonly Datagram[] {
		const local = this.#relays.get(relay);
		if (local === undefined) return [];
		const other = this.#relayAt(to);
		const payload = bytes.slice();
		if (other === undefined) return [{ local, remote: to, payload }];
		return this.#serve({ type: "relayReceived", relay: other, from: local, bytes: payload }, now);
	}

	#inputOf(input: ProgramInput): TurnServerInput | null {
		if (input.type === "tick") return { type: "timer" };
		if (input.type === "error") return this.#errorOf(input.error);
		const { local, remote, payload } = input.datagram;
		const index = this.#sockets.findIndex((socket) => isSameEndpoint(socket, local));
		if (index >= 0) return { type: "received", bytes: payload, from: remote, local: index };
		const relay = this.#relayAt(local);
		return relay === undefined ? null : { type: "relayReceived", relay, from: remote, bytes: payload };
	}

	#errorOf({ local, remote, icmp }: DatagramError): TurnServerInput | null {
		const relay = this.#relayAt(local);
		return relay === undefined ? null : { type: "relayError", relay, to: remote, icmp: { ...icmp, data: 0 } };
	}

	#relayAt(local: Endpoint): number | undefined {
		for (const [relay, place] of this.#relays) if (isSameEndpoint(place, local)) return relay;
		return undefined;
	}
}

/** What a client on a simulated host is told. */
export type TurnClientEars = (event: TurnClientEvent, at: Instant) => void;

/** An allocation's client on its host: one socket, whose inputs come by `hand` and a wake of the host's. */
export class TurnClientProgram implements DatagramProgram {
	readonly #socket: Endpoint;
	readonly #client: TurnClient;
	readonly #hear: TurnClientEars;
	readonly #counters = { sent: 0, received: 0, ignored: 0, disbelieved: 0 };
	#handed: TurnClientInput[] = [];

	constructor(socket: Endpoint, config: TurnClientConfig, hear: TurnClientEars) {
		this.#socket = socket;
		this.#client = new TurnClient(config);
		this.#hear = hear;
	}

	get deadline(): Deadline | null {
		return this.#client.deadline;
	}

	/** Messages, and inputs without effect. */
	get counters() {
		return { ...this.#counters };
	}

	holds(local: Endpoint): boolean {
		return isSameEndpoint(this.#socket, local);
	}

	/** For the next tick. */
	hand(...inputs: readonly TurnClientInput[]): void {
		this.#handed.push(...inputs);
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		const handed = this.#handed;
		this.#handed = [];
		const inputs = input.type === "tick" && handed.length > 0 ? handed : [...handed, this.#inputOf(input)];
		return inputs.flatMap((one) => this.#ask(one, now));
	}

	#ask(input: TurnClientInput, now: Instant): readonly Datagram[] {
		const outputs = this.#client.step(input, now);
		const datagrams: Datagram[] = [];
		for (const output of outputs) {
			if (output.type === "send") datagrams.push({ local: this.#socket, remote: output.to, payload: output.bytes });
			else if (output.type === "event") this.#hear(output.event, now);
			else {
				this.#counters.ignored++;
				if (isDisbelieved(output.reason)) this.#counters.disbelieved++;
			}
		}
		this.#counters.sent += datagrams.length;
		return datagrams;
	}

	#inputOf(input: ProgramInput): TurnClientInput {
		if (input.type === "tick") return { type: "timer" };
		if (input.type === "error") return { type: "unreachable", to: input.error.remote, code: "ECONNREFUSED" };
		this.#counters.received++;
		return { type: "received", bytes: input.datagram.payload, from: input.datagram.remote };
	}
}
