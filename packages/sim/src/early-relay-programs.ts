/** Relays of before TURN had its name, as programs of simulated hosts. */

import {
	type Deadline,
	type EarlyRelayAddress,
	EarlyTurnClient,
	type EarlyTurnClientConfig,
	type EarlyTurnClientEvent,
	type EarlyTurnClientInput,
	EarlyTurnServer,
	type EarlyTurnServerConfig,
	type EarlyTurnServerInput,
	type EarlyTurnServerOutput,
	type Instant,
} from "@whither/core";
import { isSameEndpoint } from "@whither/wire";
import type { Datagram, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";
import { type StunServerOptions, StunServerProgram } from "./stun-programs.ts";

/** A relay's settings. `relays`: how peers know them, where that is not the first of `relay` alone. */
export type EarlyRelayOptions = Omit<EarlyTurnServerConfig, "relays"> & {
	readonly relays?: readonly EarlyRelayAddress[];
	readonly stun?: StunServerOptions;
};

/** Where such a server is asked; the draft's are at ports 3478 and 5556. */
export interface EarlyRelayPlaces {
	readonly stun: readonly Endpoint[];
	readonly relay: readonly Endpoint[];
}

/** A relay that stands: its places on this host, and the one that its peer was last heard at. */
interface OpenRelay {
	readonly places: readonly Endpoint[];
	heardAt: Endpoint;
}

/**
 * A server of the first draft of ICE: STUN (RFC 3489 and later) on some ports, early relays on others, and the relays'
 * own ports on every address that is told of them.
 */
export class EarlyRelayProgram implements DatagramProgram {
	readonly #sockets: readonly Endpoint[];
	readonly #stun: StunServerProgram;
	readonly #server: EarlyTurnServer;
	readonly #addresses: readonly EarlyRelayAddress[];
	readonly #relays = new Map<number, OpenRelay>();

	constructor({ stun, relay }: EarlyRelayPlaces, { stun: options, relays, ...config }: EarlyRelayOptions) {
		this.#sockets = relay;
		this.#stun = new StunServerProgram(stun, { classic: true, ...options });
		this.#addresses = relays ?? relay.slice(0, 1).map(({ address }) => ({ address }));
		this.#server = new EarlyTurnServer({ ...config, relays: this.#addresses });
	}

	get deadline(): Deadline | null {
		return this.#server.deadline;
	}

	/** What the relay has done since it began. */
	get counters(): EarlyTurnServer["counters"] {
		return this.#server.counters;
	}

	/** Its bindings. */
	get bindings(): EarlyTurnServer["bindings"] {
		return this.#server.bindings;
	}

	holds(local: Endpoint): boolean {
		return this.#stun.holds(local) || this.#socketAt(local) >= 0 || this.#relayAt(local) !== undefined;
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		if (input.type === "error") return [];
		if (input.type === "datagram" && this.#stun.holds(input.datagram.local)) return this.#stun.step(input, now);
		const heard = this.#inputOf(input);
		if (heard === null) return [];
		const outputs = [...this.#server.step(heard, now)];
		if (input.type === "datagram" && heard.type === "relayReceived" && outputs.some(({ type }) => type === "send"))
			this.#hearAt(heard.relay, input.datagram.local);
		return outputs.flatMap((output) => this.#obey(output, now));
	}

	/** Its peer is answered from where it sends to; others are not heard. */
	#hearAt(number: number, local: Endpoint): void {
		const relay = this.#relays.get(number);
		if (relay !== undefined) relay.heardAt = local;
	}

	#inputOf(input: Exclude<ProgramInput, { readonly type: "error" }>): EarlyTurnServerInput | null {
		if (input.type === "tick") return { type: "timer" };
		const { local, remote: from, payload: bytes } = input.datagram;
		const socket = this.#socketAt(local);
		if (socket >= 0) return { type: "received", bytes, from, local: socket };
		const relay = this.#relayAt(local);
		return relay === undefined ? null : { type: "relayReceived", relay, from, bytes };
	}

	#serve(input: EarlyTurnServerInput, now: Instant): readonly Datagram[] {
		return [...this.#server.step(input, now)].flatMap((output) => this.#obey(output, now));
	}

	#obey(output: EarlyTurnServerOutput, now: Instant): readonly Datagram[] {
		switch (output.type) {
			case "send": {
				const local = this.#sockets[output.local];
				return local === undefined ? [] : [{ local, remote: output.to, payload: output.bytes.slice() }];
			}
			case "openRelay":
				this.#open(output);
				return this.#serve({ type: "relayOpened", relay: output.relay }, now);
			case "closeRelay":
				this.#relays.delete(output.relay);
				return [];
			case "relaySend":
				return this.#relay(output, now);
			default:
				return [];
		}
	}

	/** Ports are the program's own: they are free. */
	#open({ relay, address, port, above }: Extract<EarlyTurnServerOutput, { readonly type: "openRelay" }>): void {
		const known = this.#addresses.find((each) => each.address === address);
		const hosts = new Set([
			address,
			...(known?.publicAddress === undefined ? [] : [known.publicAddress]),
			...(known?.alsoAt ?? []),
		]);
		const openAt = (at: number) => ({
			places: [...hosts].map((host) => ({ address: host, port: at })),
			heardAt: { address, port: at },
		});
		this.#relays.set(relay, openAt(port));
		if (above !== null) this.#relays.set(above, openAt(port + 1));
	}

	/** What is for another relay of ours never leaves the host. */
	#relay(
		{ relay, to, bytes }: Extract<EarlyTurnServerOutput, { readonly type: "relaySend" }>,
		now: Instant,
	): readonly Datagram[] {
		const local = this.#relays.get(relay)?.heardAt;
		if (local === undefined) return [];
		const other = this.#relayAt(to);
		const payload = bytes.slice();
		if (other === undefined) return [{ local, remote: to, payload }];
		return this.#serve({ type: "relayReceived", relay: other, from: local, bytes: payload }, now);
	}

	#socketAt(local: Endpoint): number {
		return this.#sockets.findIndex((socket) => isSameEndpoint(socket, local));
	}

	#relayAt(local: Endpoint): number | undefined {
		for (const [relay, { places }] of this.#relays)
			if (places.some((place) => isSameEndpoint(place, local))) return relay;
		return undefined;
	}
}

/** What a client on a simulated host is told. */
export interface EarlyTurnClientEars {
	heard(event: EarlyTurnClientEvent, at: Instant): void;
	/** A peer's bytes. */
	data(bytes: Uint8Array, at: Instant): void;
}

/** A binding's client on its host: one socket, whose inputs come by `hand` and a wake of the host's. */
export class EarlyTurnClientProgram implements DatagramProgram {
	readonly #socket: Endpoint;
	readonly #client: EarlyTurnClient;
	readonly #ears: EarlyTurnClientEars;
	#handed: EarlyTurnClientInput[] = [];

	constructor(socket: Endpoint, config: EarlyTurnClientConfig, ears: EarlyTurnClientEars) {
		this.#socket = socket;
		this.#client = new EarlyTurnClient(config);
		this.#ears = ears;
	}

	get deadline(): Deadline | null {
		return this.#client.deadline;
	}

	holds(local: Endpoint): boolean {
		return isSameEndpoint(this.#socket, local);
	}

	/** For the next tick. */
	hand(...inputs: readonly EarlyTurnClientInput[]): void {
		this.#handed.push(...inputs);
	}

	/** A datagram to whomever the relay is locked to. */
	data(payload: Uint8Array): Datagram {
		return { local: this.#socket, remote: this.#client.server, payload };
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		const handed = this.#handed;
		this.#handed = [];
		return [...handed, this.#inputOf(input)].flatMap((one) => this.#ask(one, now));
	}

	#inputOf(input: ProgramInput): EarlyTurnClientInput {
		if (input.type === "tick") return { type: "timer" };
		if (input.type === "error") return { type: "unreachable", to: input.error.remote, code: "ECONNREFUSED" };
		return { type: "received", bytes: input.datagram.payload, from: input.datagram.remote };
	}

	#ask(input: EarlyTurnClientInput, now: Instant): readonly Datagram[] {
		const datagrams: Datagram[] = [];
		for (const output of this.#client.step(input, now)) {
			if (output.type === "send") datagrams.push({ local: this.#socket, remote: output.to, payload: output.bytes });
			else if (output.type === "event") this.#ears.heard(output.event, now);
			else if (output.reason === "notMine" && input.type === "received") this.#ears.data(input.bytes, now);
		}
		return datagrams;
	}
}
