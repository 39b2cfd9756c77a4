/** An ICE agent as a program of a simulated host, with relays if it is to have some. */

import {
	type Deadline,
	IceAgent,
	type IceAgentConfig,
	type IceAgentInput,
	type IceAgentOutput,
	type IceBase,
	type IceEvent,
	type Instant,
	TurnClient,
	type TurnClientConfig,
	type TurnClientEvent,
	type TurnClientInput,
} from "@whither/core";
import { isSameEndpoint } from "@whither/wire";
import type { Datagram, DatagramError, DatagramProgram, Endpoint, ProgramInput } from "../program.ts";

/** A relay, asked for from a socket of its own. */
export interface RelayAt {
	readonly socket: Endpoint;
	readonly client: TurnClientConfig;
}

/** What an agent has in one network. */
export interface IcePlace {
	readonly sockets: readonly Endpoint[];
	readonly relays: readonly RelayAt[];
}

/** What an agent on a host is made from. */
export interface IceProgramOptions {
	readonly agent: IceAgentConfig;
	/** Where it is at first. */
	readonly place: IcePlace;
	/** What signalling and onlookers are told. */
	readonly hear: (event: IceEvent, at: Instant) => void;
	/** A socket or a relay of its own is there. */
	readonly based?: (base: number, at: IceBase, now: Instant) => void;
	/** A datagram of the agent's own leaves, by a relay as well. */
	readonly sends?: (bytes: Uint8Array, at: Instant) => void;
	/** Data of the peer's. */
	readonly data?: (bytes: Uint8Array, at: Instant) => void;
}

/** Only destination unreachable counts; a TTL that ran out is about a trace's probe. */
function isUnreachable({ local, icmp }: DatagramError): boolean {
	return icmp.type === (local.address.includes(":") ? 1 : 3);
}

/** A relay that is asked for, or stands; its base is known from the allocation on. */
interface Relay extends RelayAt {
	readonly turn: TurnClient;
	base: number | null;
	isSettled: boolean;
}

/** An agent with its sockets; inputs of signalling come by `hand` and a wake of the host's. */
export class IceProgram implements DatagramProgram {
	readonly agent: IceAgent;
	readonly #options: IceProgramOptions;
	/** By base; those that are gone hold nothing. */
	readonly #sockets = new Map<number, Endpoint>();
	#relays: Relay[] = [];
	#nextBase = 0;
	#handed: IceAgentInput[] = [];
	/** Where it is to be from the next step on. */
	#goesTo: IcePlace | null;

	constructor(options: IceProgramOptions) {
		this.#options = options;
		this.agent = new IceAgent(options.agent);
		this.#goesTo = options.place;
	}

	get deadline(): Deadline | null {
		let first = this.agent.deadline;
		for (const { turn } of this.#relays) {
			const { deadline } = turn;
			if (deadline !== null && (first === null || deadline.at < first.at)) first = deadline;
		}
		return first;
	}

	holds(local: Endpoint): boolean {
		return this.#baseAt(local) !== null || this.#relayAt(local) !== null;
	}

	/** The socket of a base, that of its relay where it is one; null: it is gone. */
	socketOf(base: number): Endpoint | null {
		return this.#sockets.get(base) ?? this.#relays.find((relay) => relay.base === base)?.socket ?? null;
	}

	/** Another network: all that there was is gone, and there are other sockets; with the next tick, as a restart is. */
	moveTo(place: IcePlace): void {
		this.#goesTo = place;
	}

	/** Gives the relays back. */
	closeRelays(now: Instant): readonly Datagram[] {
		return this.#relays.flatMap((relay) => this.#ask(relay, { type: "close" }, now));
	}

	/** For the next tick. */
	hand(...inputs: readonly IceAgentInput[]): void {
		this.#handed.push(...inputs);
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		const datagrams: Datagram[] = [];
		if (this.#goesTo !== null) datagrams.push(...this.#settleIn(this.#goesTo, now));
		if (this.#handed.length > 0)
			for (const handed of this.#handed.splice(0)) datagrams.push(...this.#hear(handed, now));
		datagrams.push(...this.#take(input, now));
		return datagrams;
	}

	#take(input: ProgramInput, now: Instant): readonly Datagram[] {
		if (input.type === "tick") {
			const asked = this.#relays.flatMap((relay) => this.#ask(relay, { type: "timer" }, now));
			return [...this.#hear({ type: "timer" }, now), ...asked];
		}
		const { local, remote } = input.type === "datagram" ? input.datagram : input.error;
		const [base, relay] = [this.#baseAt(local), this.#relayAt(local)];
		if (input.type === "error") {
			if (!isUnreachable(input.error)) return [];
			const code = "ECONNREFUSED";
			if (base !== null) return this.#hear({ type: "unreachable", base, to: remote, code }, now);
			return relay === null ? [] : this.#ask(relay, { type: "unreachable", to: remote, code }, now);
		}
		const bytes = input.datagram.payload;
		if (base !== null) return this.#hear({ type: "received", base, from: remote, bytes }, now);
		return relay === null ? [] : this.#ask(relay, { type: "received", from: remote, bytes }, now);
	}

	#baseAt(local: Endpoint): number | null {
		for (const [base, socket] of this.#sockets) if (isSameEndpoint(socket, local)) return base;
		return null;
	}

	#relayAt(local: Endpoint): Relay | null {
		return this.#relays.find(({ socket }) => isSameEndpoint(socket, local)) ?? null;
	}

	#settleIn({ sockets, relays }: IcePlace, now: Instant): readonly Datagram[] {
		this.#goesTo = null;
		const isMove = this.#nextBase > 0;
		const gone = [...this.#sockets.keys(), ...this.#relays.flatMap(({ base }) => (base === null ? [] : [base]))];
		this.#sockets.clear();
		this.#relays = relays.map((relay) => ({
			...relay,
			turn: new TurnClient(relay.client),
			base: null,
			isSettled: false,
		}));
		const datagrams = gone.flatMap((base) => [...this.#hear({ type: "baseGone", base }, now)]);
		for (const at of sockets) {
			const base = this.#nextBase++;
			this.#sockets.set(base, at);
			datagrams.push(...this.#addBase(base, at, now));
		}
		if (isMove) datagrams.push(...this.#hear({ type: "restart" }, now));
		for (const relay of this.#relays) datagrams.push(...this.#ask(relay, { type: "allocate" }, now));
		return [...datagrams, ...this.#perhapsComplete(now)];
	}

	#addBase(base: number, at: IceBase, now: Instant): readonly Datagram[] {
		this.#options.based?.(base, at, now);
		return this.#hear({ type: "base", base, at }, now);
	}

	#perhapsComplete(now: Instant): readonly Datagram[] {
		const isComplete = this.#relays.every(({ isSettled }) => isSettled);
		return isComplete ? this.#hear({ type: "basesComplete" }, now) : [];
	}

	#hear(input: IceAgentInput, now: Instant): readonly Datagram[] {
		const datagrams: Datagram[] = [];
		for (const output of this.agent.step(input, now)) this.#obey(output, datagrams, now);
		return datagrams;
	}

	#obey(output: IceAgentOutput, datagrams: Datagram[], now: Instant): void {
		if (output.type === "send") {
			const { base, to, bytes } = output;
			this.#options.sends?.(bytes, now);
			const local = this.#sockets.get(base);
			const relay = local === undefined ? this.#relays.find((each) => each.base === base) : undefined;
			if (local !== undefined) datagrams.push({ local, remote: to, payload: bytes });
			else if (relay !== undefined) datagrams.push(...this.#ask(relay, { type: "send", peer: to, data: bytes }, now));
		} else if (output.type === "permit") {
			const relay = this.#relays.find((each) => each.base === output.base);
			if (relay === undefined) return;
			datagrams.push(...this.#ask(relay, { type: "permit", addresses: [output.address] }, now));
		} else if (output.type === "data") this.#options.data?.(output.bytes, now);
		else if (output.type === "event") this.#options.hear(output.event, now);
	}

	#ask(relay: Relay, input: TurnClientInput, now: Instant): readonly Datagram[] {
		const datagrams: Datagram[] = [];
		for (const output of relay.turn.step(input, now)) {
			if (output.type === "send") datagrams.push({ local: relay.socket, remote: output.to, payload: output.bytes });
			else if (output.type === "event") datagrams.push(...this.#told(relay, output.event, now));
		}
		return datagrams;
	}

	#told(relay: Relay, event: TurnClientEvent, now: Instant): readonly Datagram[] {
		const { server } = relay.client;
		if (event.kind === "data") {
			const { from, bytes } = event;
			return relay.base === null ? [] : this.#hear({ type: "received", base: relay.base, from, bytes }, now);
		}
		if (event.kind === "allocated") {
			const [relayed] = event.relayed;
			relay.isSettled = true;
			if (relayed === undefined) return this.#perhapsComplete(now);
			relay.base = this.#nextBase++;
			const at = { ...relayed, relay: { server, leg: "udp", mapped: event.mapped } as const };
			return [...this.#addBase(relay.base, at, now), ...this.#perhapsComplete(now)];
		}
		if (event.kind === "failed") {
			relay.isSettled = true;
			const error = { base: null, server, why: event.why, error: event.error };
			return [...this.#hear({ type: "candidateError", error }, now), ...this.#perhapsComplete(now)];
		}
		if (event.kind === "refused" && event.why === "forbidden" && relay.base !== null)
			return this.#hear({ type: "forbidden", base: relay.base, address: event.address, why: event.why }, now);
		if (event.kind !== "lost" || relay.base === null) return [];
		const { base } = relay;
		relay.base = null;
		return this.#hear({ type: "baseGone", base }, now);
	}
}
