/** TURN servers in the internet in memory: the same test of a relay, no network; for examples and tests. */
import {
	type Family,
	type Instant,
	StunClient,
	type StunClientOutput,
	type TurnClientInput,
	type TurnUsers,
} from "@whither/core";
import type { PeerListener, PeerOrder, PeerSocket, RelayListener, RelayOrder } from "@whither/net/turn-client";
import {
	type Datagram,
	type DatagramProgram,
	nodeAddresses,
	type ProgramInput,
	publicAddresses,
	type Scenario,
	TurnClientProgram,
	type TurnServerOptions,
	TurnServerProgram,
} from "@whither/sim";
import { mappedAddressOf } from "@whither/wire";
import { simulatedStun } from "./simulated-stun.ts";
import { STUN_PORT } from "./stun-server-name.ts";
import type { TriedRelay, TurnWorld } from "./turn-world.ts";
import { VirtualNetwork } from "./virtual-network.ts";

/** How it behaves. */
export interface SimulatedTurnOptions {
	/** The node that relays; its users. */
	readonly server: string;
	readonly users: TurnUsers;
	/** More of its configuration, such as quotas; by default every address may be a peer. */
	readonly config?: Partial<TurnServerOptions>;
	/** Seed of every random draw; default the scenario's. */
	readonly seed?: number;
}

/** The wall clock of simulated servers at their beginning: the first second of 2026. */
const UNIX_SECONDS = 1_767_225_600;
const EVERYBODY = { allow: ["0.0.0.0/0", "::/0"] };

/**
 * A world in which the scenario's node names are host names, one of them relays over UDP, and questions are asked from its
 * tracing host. Time passes as fast as it can.
 */
export function simulatedTurn(scenario: Scenario, options: SimulatedTurnOptions): TurnWorld {
	const { server, users, config = {}, seed } = options;
	const network = new VirtualNetwork(scenario, seed);
	for (const family of [4, 6] as const) {
		const [address] = [...publicAddresses(scenario, server, family), ...nodeAddresses(scenario, server, family)];
		if (address === undefined) continue;
		const own = { secret: secretOf(0), unixSecondsAtZero: UNIX_SECONDS, realm: "simulated", users, peers: EVERYBODY };
		network.serve(server, family, new TurnServerProgram([{ address, port: STUN_PORT }], { ...own, ...config }));
	}
	return {
		...simulatedStun(scenario, seed === undefined ? {} : { seed }),
		backend: "simulated",
		openRelay: (order, listener) => openRelay(network, order, listener),
		openPeer: (order, listener) => openPeer(network, order, listener),
		now: () => network.now,
		after: (delayMs, call) => network.after(delayMs, call),
	};
}

/** Nothing here is secret; ids must differ all the same. */
function secretOf(number: number): Uint8Array {
	return new Uint8Array(32).fill(number & 0xff, 0, 16).fill((number >> 8) & 0xff, 16);
}

function openRelay(network: VirtualNetwork, order: RelayOrder, listener: RelayListener): TriedRelay {
	const { server, transport, authorities: _a, serverName: _n, source: _s, sourcePort: _p, ...config } = order;
	const family = familyOf(server.address);
	const local = { address: network.ownAddress(family), port: network.takePort() };
	const place = { address: server.address, port: server.port };
	// What is not of UDP is refused before anybody looks at it.
	const { allocation, ...plain } = config;
	const asked = transport === "udp" && allocation !== undefined ? { ...plain, allocation } : plain;
	const program = new TurnClientProgram(
		local,
		{ ...asked, secret: secretOf(local.port), server: place },
		(event, at) => {
			if (event.kind === "data") {
				const { from, bytes, channel } = event;
				listener.received({ from, bytes, channel, at, stamp: "kernel" });
				return;
			}
			if (event.kind === "connectionBound" || event.kind === "connectionLost") return;
			const isEnd = event.kind === "failed" || event.kind === "lost" || event.kind === "closed";
			if (isEnd) attached?.detach();
			listener.event(event.kind === "failed" || event.kind === "lost" ? { ...event, cause: null } : event);
		},
	);
	let attached: ReturnType<VirtualNetwork["attach"]> | null = null;
	const hand = (...inputs: readonly TurnClientInput[]): void => {
		program.hand(...inputs);
		attached?.wake(network.now);
	};
	network.after(0, () => {
		if (transport !== "udp") {
			listener.event(refused(server.address));
			return;
		}
		attached = network.attach(family, program);
		listener.event({ kind: "opened", at: network.now, local });
		hand({ type: "allocate" });
	});
	return {
		now: () => network.now,
		local,
		get counters() {
			return program.counters;
		},
		send: (peer, data) => hand({ type: "send", peer, data }),
		sendBatch: (datagrams) => hand(...datagrams.map((datagram) => ({ type: "send" as const, ...datagram }))),
		permit: (addresses) => hand({ type: "permit", addresses }),
		bind: (peer) => hand({ type: "bind", peer }),
		close: () => hand({ type: "close" }),
		destroy: () => attached?.detach(),
	};
}

/** Simulated relays speak UDP alone. */
function refused(address: string) {
	const cause = { code: "systemCall", call: "connect", address, errno: 111, errnoName: "ECONNREFUSED" } as const;
	const known = { error: null, alternate: null, alternateDomain: null, mayFollow: false, unknownAttributes: [], cause };
	return { kind: "failed", why: "unreachable", ...known } as const;
}

function familyOf(address: string): Family {
	return address.includes(":") ? 6 : 4;
}

function openPeer(network: VirtualNetwork, { server }: PeerOrder, listener: PeerListener): PeerSocket {
	const family = familyOf(server.address);
	const local = { address: network.ownAddress(family), port: network.takePort() };
	const program = new PeerProgram(local, server, listener);
	let attached: ReturnType<VirtualNetwork["attach"]> | null = null;
	network.after(0, () => {
		attached = network.attach(family, program);
	});
	return {
		local,
		send: (remote, payload) => attached?.send([{ local, remote, payload }], network.now),
		close: () => attached?.detach(),
	};
}

/** A socket that asks how it is seen, and hands on whatever else comes. */
class PeerProgram implements DatagramProgram {
	readonly #local: Datagram["local"];
	readonly #server: Datagram["local"];
	readonly #listener: PeerListener;
	readonly #stun: StunClient;
	#asked = false;

	constructor(local: Datagram["local"], { address, port }: Datagram["local"], listener: PeerListener) {
		this.#local = local;
		this.#server = { address, port };
		this.#listener = listener;
		this.#stun = new StunClient({ secret: secretOf(local.port) });
	}

	get deadline() {
		return this.#stun.deadline;
	}

	holds({ address, port }: Datagram["local"]): boolean {
		return address === this.#local.address && port === this.#local.port;
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		if (input.type === "error") return [];
		if (input.type === "datagram") {
			const { remote, payload } = input.datagram;
			const isServer = remote.address === this.#server.address && remote.port === this.#server.port;
			if (isServer) return this.#obey(this.#stun.step({ type: "received", bytes: payload, from: remote }, now));
			this.#listener.received(remote, payload, now);
			return [];
		}
		if (this.#asked) return this.#obey(this.#stun.step({ type: "timer" }, now));
		this.#asked = true;
		const request = { key: 0, to: this.#server, method: "binding" } as const;
		return this.#obey(this.#stun.step({ type: "request", request }, now));
	}

	#obey(outputs: readonly StunClientOutput[]): readonly Datagram[] {
		const datagrams: Datagram[] = [];
		for (const output of outputs) {
			if (output.type === "send") datagrams.push({ local: this.#local, remote: output.to, payload: output.bytes });
			else if (output.type === "event") {
				const { event } = output;
				this.#listener.mapped(event.kind === "success" ? mappedAddressOf(event.message) : null);
			}
		}
		return datagrams;
	}
}
