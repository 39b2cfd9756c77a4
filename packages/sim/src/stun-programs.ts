/** STUN's machines as programs of simulated hosts. */

import {
	type Deadline,
	type Instant,
	type NatBehaviour,
	type NatBehaviourConfig,
	NatBehaviourDiscovery,
	type NatBehaviourEvent,
	type NatBehaviourInput,
	StunServer,
	type StunServerConfig,
} from "@whither/core";
import { isSameEndpoint } from "@whither/wire";
import type { Datagram, DatagramError, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";

/**
 * A server's settings. `knows`: RFC 3489 alone, so that a cookie is the beginning of an id to it; or `apart`, each standard
 * for requests of its own, and the other address by RFC 3489 alone.
 */
export type StunServerOptions = Omit<StunServerConfig, "sockets"> & { readonly knows?: "rfc3489" | "apart" };

function at(sockets: readonly Endpoint[], index: number): Endpoint {
	const socket = sockets[index];
	if (socket === undefined) throw new RangeError(`no socket ${index}`);
	return socket;
}

/**
 * A server of RFC 3489, which knows no cookie: to it that is the beginning of an id of 128 bits. Its cookie's own bytes
 * turned over make a message classic for our server, and back again.
 */
function withoutCookie(bytes: Uint8Array): Uint8Array {
	return bytes.map((byte, index) => (index >= 4 && index < 8 ? byte ^ 0xff : byte));
}

/** A STUN server on these addresses of its host. */
export class StunServerProgram implements DatagramProgram {
	readonly deadline: Deadline | null = null;
	readonly #sockets: readonly Endpoint[];
	readonly #server: StunServer;
	/** What answers requests with a cookie. */
	readonly #plain: StunServer;
	readonly #read: (bytes: Uint8Array) => Uint8Array;

	constructor(sockets: readonly Endpoint[], options: StunServerOptions = {}) {
		this.#sockets = sockets;
		this.#read = options.knows === "rfc3489" ? withoutCookie : (bytes) => bytes;
		const all = sockets.map((address) => ({ address }));
		this.#server = new StunServer({ classic: options.knows !== undefined, ...options, sockets: all });
		this.#plain = options.knows === "apart" ? new StunServer({ sockets: all.slice(0, 1) }) : this.#server;
	}

	holds(local: Endpoint): boolean {
		return this.#sockets.some((socket) => isSameEndpoint(socket, local));
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		if (input.type !== "datagram") return [];
		const { local, remote, payload } = input.datagram;
		const index = this.#sockets.findIndex((socket) => isSameEndpoint(socket, local));
		const bytes = this.#read(payload);
		const server = bytes[4] === 0x21 && bytes[5] === 0x12 ? this.#plain : this.#server;
		const outputs = server.step({ type: "received", bytes, from: remote, local: index }, now);
		return outputs.flatMap((output) =>
			output.type === "send"
				? [{ local: at(this.#sockets, output.local), remote: output.to, payload: this.#read(output.bytes) }]
				: [],
		);
	}
}

/** What a discovery sent and heard, in datagrams; `foreign`: what came and answered nothing. */
export interface DiscoveryCounters {
	readonly sent: number;
	readonly received: number;
	readonly foreign: number;
}

/** Fragmentation needed (RFC 792), Packet Too Big (RFC 4443 section 3.2). */
function isTooLong({ local, icmp: { type, code } }: DatagramError): boolean {
	return local.address.includes(":") ? type === 2 : type === 3 && code === 4;
}

/** A discovery on its host, from the first tick on. */
export class BehaviourProgram implements DatagramProgram {
	readonly events: NatBehaviourEvent[] = [];
	readonly #config: NatBehaviourConfig;
	readonly #discovery: NatBehaviourDiscovery;
	readonly #counters = { sent: 0, received: 0, foreign: 0 };
	#started = false;
	#stopping = false;

	constructor(config: NatBehaviourConfig) {
		this.#config = config;
		this.#discovery = new NatBehaviourDiscovery(config);
	}

	get deadline(): Deadline | null {
		return this.#discovery.deadline;
	}

	/** Null while it runs. */
	get behaviour(): NatBehaviour | null {
		const last = this.events.at(-1);
		return last?.kind === "end" ? last.behaviour : null;
	}

	get counters(): DiscoveryCounters {
		return { ...this.#counters };
	}

	/** The next tick ends it. */
	stop(): void {
		this.#stopping = true;
	}

	holds(local: Endpoint): boolean {
		return this.#config.sockets.some((socket) => isSameEndpoint(socket, local));
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		const outputs = this.#discovery.step(this.#inputOf(input), now);
		const datagrams: Datagram[] = [];
		for (const output of outputs) {
			if (output.type === "event") this.events.push(output.event);
			else if (output.type === "ignored") this.#counters.foreign++;
			else datagrams.push({ local: at(this.#config.sockets, output.local), remote: output.to, payload: output.bytes });
		}
		this.#counters.sent += datagrams.length;
		return datagrams;
	}

	#inputOf(input: ProgramInput): NatBehaviourInput {
		if (input.type === "datagram") {
			const { local, remote, payload } = input.datagram;
			this.#counters.received++;
			return { type: "received", bytes: payload, from: remote, local: this.#socketAt(local) };
		}
		if (input.type === "error") {
			const { local, remote } = input.error;
			// As on real sockets: what is too long for a link says nothing of the server.
			if (isTooLong(input.error)) return { type: "timer" };
			return { type: "unreachable", to: remote, local: this.#socketAt(local), code: "ECONNREFUSED" };
		}
		if (this.#stopping) return { type: "stop" };
		if (this.#started) return { type: "timer" };
		this.#started = true;
		return { type: "start" };
	}

	#socketAt(local: Endpoint): number {
		return this.#config.sockets.findIndex((socket) => isSameEndpoint(socket, local));
	}
}
