/** An ICE agent as a program of a simulated host, with a relay if it is to have one. */
import {
	type Deadline,
	IceAgent,
	type IceAgentConfig,
	type IceAgentInput,
	type IceAgentOutput,
	type IceEvent,
	type Instant,
	TurnClient,
	type TurnClientConfig,
	type TurnClientEvent,
	type TurnClientInput,
} from "@whither/core";
import type { Datagram, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";

/** What an agent on a host has. */
export interface IceProgramOptions {
	readonly agent: IceAgentConfig;
	/** Its sockets at first, bases 0 and up. */
	readonly sockets: readonly Endpoint[];
	/** A relay, asked for from a socket of its own. */
	readonly relay?: { readonly socket: Endpoint; readonly client: TurnClientConfig };
	/** What signalling and onlookers are told. */
	readonly hear: (event: IceEvent, at: Instant) => void;
}

/** A datagram of the agent's own that left: from which base, when, to where. */
export interface IceSent {
	readonly at: Instant;
	readonly base: number;
	readonly to: Endpoint;
	readonly bytes: Uint8Array;
}

/** The relay's base, beyond those of sockets. */
const RELAY_BASE = 1000;

const same = (a: Endpoint, b: Endpoint) => a.address === b.address && a.port === b.port;

/** An agent with its sockets; inputs of signalling come by `hand` and a wake of the host's. */
export class IceProgram implements DatagramProgram {
	readonly agent: IceAgent;
	/** All that the agent has sent, through relays as well. */
	readonly sent: IceSent[] = [];
	/** Data of the peer's. */
	readonly data: Uint8Array[] = [];
	readonly #options: IceProgramOptions;
	readonly #turn: TurnClient | null;
	/** By base; those that are gone hold nothing. */
	readonly #sockets: (Endpoint | null)[];
	#handed: IceAgentInput[] = [];
	#hasBegun = false;

	constructor(options: IceProgramOptions) {
		this.#options = options;
		this.agent = new IceAgent(options.agent);
		this.#sockets = [...options.sockets];
		this.#turn = options.relay === undefined ? null : new TurnClient(options.relay.client);
	}

	get deadline(): Deadline | null {
		const [own, relay] = [this.agent.deadline, this.#turn?.deadline ?? null];
		if (own === null || relay === null) return own ?? relay;
		return relay.at < own.at ? relay : own;
	}

	holds(local: Endpoint): boolean {
		const { relay } = this.#options;
		return this.#baseAt(local) >= 0 || (relay !== undefined && same(relay.socket, local));
	}

	/** Another socket instead of all that there were, as when an address has changed; with the next tick, as a restart is. */
	moveTo(socket: Endpoint): void {
		const gone = [...this.#sockets.entries()].filter(([, at]) => at !== null);
		for (const [base] of gone) this.#sockets[base] = null;
		this.hand(...gone.map(([base]) => ({ type: "baseGone", base }) as const));
		this.hand({ type: "base", base: this.#sockets.length, at: socket }, { type: "restart" });
		this.#sockets.push(socket);
	}

	/** For the next tick. */
	hand(...inputs: readonly IceAgentInput[]): void {
		this.#handed.push(...inputs);
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		const datagrams = this.#hasBegun ? [] : [...this.#begin(now)];
		for (const handed of this.#handed.splice(0)) datagrams.push(...this.#hear(handed, now));
		if (input.type === "tick") {
			datagrams.push(...this.#hear({ type: "timer" }, now), ...this.#ask({ type: "timer" }, now));
			return datagrams;
		}
		const { local, remote } = input.type === "datagram" ? input.datagram : input.error;
		const base = this.#baseAt(local);
		if (input.type === "error") {
			const code = "ECONNREFUSED";
			if (base >= 0) datagrams.push(...this.#hear({ type: "unreachable", base, to: remote, code }, now));
			else datagrams.push(...this.#ask({ type: "unreachable", to: remote, code }, now));
			return datagrams;
		}
		const bytes = input.datagram.payload;
		if (base >= 0) datagrams.push(...this.#hear({ type: "received", base, from: remote, bytes }, now));
		else datagrams.push(...this.#ask({ type: "received", from: remote, bytes }, now));
		return datagrams;
	}

	#baseAt(local: Endpoint): number {
		return this.#sockets.findIndex((socket) => socket !== null && same(socket, local));
	}

	#begin(now: Instant): readonly Datagram[] {
		this.#hasBegun = true;
		const datagrams = this.#options.sockets.flatMap((at, base) => this.#hear({ type: "base", base, at }, now));
		const begun =
			this.#turn === null ? this.#hear({ type: "basesComplete" }, now) : this.#ask({ type: "allocate" }, now);
		return [...datagrams, ...begun];
	}

	#hear(input: IceAgentInput, now: Instant): readonly Datagram[] {
		return this.agent.step(input, now).flatMap((output) => this.#obey(output, now));
	}

	#obey(output: IceAgentOutput, now: Instant): readonly Datagram[] {
		if (output.type === "send") {
			const { base, to, bytes } = output;
			this.sent.push({ at: now, base, to, bytes });
			const local = this.#sockets[base] ?? null;
			if (local === null) return this.#ask({ type: "send", peer: to, data: bytes }, now);
			return [{ local, remote: to, payload: bytes }];
		}
		if (output.type === "permit") return this.#ask({ type: "permit", addresses: [output.address] }, now);
		if (output.type === "data") this.data.push(output.bytes);
		if (output.type === "event") this.#options.hear(output.event, now);
		return [];
	}

	#ask(input: TurnClientInput, now: Instant): readonly Datagram[] {
		const { relay } = this.#options;
		if (this.#turn === null || relay === undefined) return [];
		return this.#turn.step(input, now).flatMap((output) => {
			if (output.type === "send") return [{ local: relay.socket, remote: output.to, payload: output.bytes }];
			return output.type === "event" ? this.#told(output.event, relay.client, now) : [];
		});
	}

	#told(event: TurnClientEvent, { server }: TurnClientConfig, now: Instant): readonly Datagram[] {
		const base = RELAY_BASE;
		if (event.kind === "allocated") {
			const [relayed] = event.relayed;
			const relay = { server, leg: "udp", mapped: event.mapped } as const;
			const told = relayed === undefined ? [] : this.#hear({ type: "base", base, at: { ...relayed, relay } }, now);
			return [...told, ...this.#hear({ type: "basesComplete" }, now)];
		}
		if (event.kind === "failed") {
			const error = { base: null, server, why: event.why, error: event.error };
			return [...this.#hear({ type: "candidateError", error }, now), ...this.#hear({ type: "basesComplete" }, now)];
		}
		if (event.kind === "lost") return this.#hear({ type: "baseGone", base }, now);
		if (event.kind !== "data") return [];
		return this.#hear({ type: "received", base, from: event.from, bytes: event.bytes }, now);
	}
}
