/** A connection over ICE in the internet in memory: core's agent on the sockets of a simulated host. */
import type {
	Family,
	IceAgentConfig,
	IceAgentInput,
	IceAgentWithoutIce,
	IceEvent,
	IcePeer,
	IceRemoteLine,
	Instant,
} from "@whither/core";
import type { IceComponentPlace, IceFlow, IceListener, IceOrder } from "@whither/net/ice";
import { type AttachedProgram, type Endpoint, IceProgram, type RelayAt } from "@whither/sim";
import { addressFamily, classifyPacket } from "@whither/wire";
import { secretOf } from "../../turn/simulated-relay.ts";
import type { VirtualNetwork } from "../../turn/virtual-network.ts";
import type { MeetIce } from "../world.ts";

/** How long relays are waited for before the agent is told that there are no more. */
const RELAYS_WAITED_FOR_MS = 5000;
/** Relays are given back by then, or expire. */
const CLOSING_MS = 4000;
const LOOKED_AT_MS = 20;

/** Sockets of every family of a host, and a relay for each server that is reached over UDP. */
export class SimulatedIce implements MeetIce {
	readonly #network: VirtualNetwork;
	readonly #host: string;
	readonly #listener: IceListener;
	readonly #program: IceProgram;
	/** Numbers of bases that are relays, and their servers. */
	readonly #relays = new Map<number, NonNullable<IceFlow["relay"]>>();
	#attached: AttachedProgram | null = null;
	#peer: IcePeer | null = null;
	#isClosed = false;

	/** Nothing is told before this has returned. */
	constructor(network: VirtualNetwork, host: string, order: IceOrder, listener: IceListener) {
		this.#network = network;
		this.#host = host;
		this.#listener = listener;
		this.#program = new IceProgram({
			agent: this.#config(order),
			place: this.#place(order),
			hear: (event, at) => this.#hear(event, at),
			based: (base, at, now) => {
				const { relay, address, port } = at;
				if (relay !== undefined) {
					const { server } = relay;
					this.#relays.set(base, { server, relayed: { address, port }, leg: "udp", channel: false });
				}
				this.#tell(() => listener.event({ kind: "base", base, at }, now));
			},
			data: (bytes, at) => this.#data(bytes, at),
		});
		network.after(0, () => this.#begin(order));
	}

	#config({ relays: _r, families: _f, ...order }: IceOrder): IceAgentConfig {
		const { role, policy, pacingMs, stunServers = [] } = order;
		const asked = stunServers.map(({ address, port }) => ({ address, port }));
		const given = { ...(policy === undefined ? {} : { policy }), ...(pacingMs === undefined ? {} : { pacingMs }) };
		return { secret: secretOf(this.#network.takePort()), role, stunServers: asked, ...given };
	}

	#place({ relays = [], families = [4, 6] }: IceOrder) {
		const at = (family: Family): Endpoint => ({
			address: this.#network.ownAddress(family, this.#host),
			port: this.#network.takePort(),
		});
		const relayAt = (family: Family, { legs, credentials }: (typeof relays)[number]): readonly RelayAt[] => {
			const leg = legs.find(({ transport, server }) => transport === "udp" && addressFamily(server.address) === family);
			if (leg === undefined) return [];
			const socket = at(family);
			const { address, port } = leg.server;
			const known = credentials === undefined ? {} : { credentials };
			const client = { secret: secretOf(socket.port), server: { address, port }, ...known, allocation: { family } };
			return [{ socket, client }];
		};
		return {
			sockets: families.map(at),
			relays: families.flatMap((family) => relays.flatMap((server) => relayAt(family, server))),
		};
	}

	#begin({ relays = [] }: IceOrder): void {
		if (this.#isClosed) return;
		this.#attached = this.#network.attachToBoth(this.#host, this.#program);
		if (relays.length === 0) return;
		this.#network.after(RELAYS_WAITED_FOR_MS, () => this.#hand({ type: "basesComplete" }));
	}

	get own() {
		return this.#program.agent.own;
	}

	get state() {
		return this.#program.agent.state;
	}

	get role() {
		return this.#program.agent.role;
	}

	get pairs() {
		return this.#program.agent.pairs;
	}

	now(): Instant {
		return this.#network.now;
	}

	peer(peer: IcePeer, candidates: readonly IceRemoteLine[] = []): void {
		this.#peer = peer;
		this.#hand({ type: "peer", peer, candidates });
	}

	addRemote(candidates: readonly IceRemoteLine[]): void {
		this.#hand({ type: "remoteCandidates", candidates });
	}

	endOfRemote(stream?: number): void {
		this.#hand({ type: "endOfCandidates", ...(stream === undefined ? {} : { stream }) });
	}

	withoutIce(peer: IceAgentWithoutIce): void {
		this.#peer = null;
		this.#hand({ type: "withoutIce", ...peer });
	}

	send(bytes: Uint8Array, to: IceComponentPlace = {}): void {
		this.#hand({ type: "send", bytes: bytes.slice(), ...to });
	}

	flow(): IceFlow | null {
		const pair = this.pairs.find(({ selected }) => selected);
		if (pair === undefined) return null;
		const relay = this.#relays.get(pair.base) ?? null;
		const { address, port } = pair.remote;
		const peer = this.#peer;
		const stun = peer === null ? null : { username: `${peer.ufrag}:${this.own.ufrag}`, password: peer.pwd };
		if (relay !== null) return { pair, socket: null, remote: relay.server, relay, stun: null };
		return { pair, socket: null, remote: { address, port }, relay, stun };
	}

	/** The host's own end of a flow's packets; null: it is gone. */
	socketOf({ pair }: IceFlow): Endpoint | null {
		return this.#program.socketOf(pair.base);
	}

	close(): Promise<void> {
		this.#isClosed = true;
		const attached = this.#attached;
		if (attached === null) return Promise.resolve();
		const network = this.#network;
		this.#program.hand({ type: "close" });
		attached.wake(network.now);
		attached.send(this.#program.closeRelays(network.now), network.now);
		attached.await(network.now);
		const endsAt = network.now + CLOSING_MS * 1e6;
		return new Promise((resolve) => {
			const look = (): void => {
				if (this.#program.deadline !== null && network.now < endsAt) network.after(LOOKED_AT_MS, look);
				else {
					attached.detach();
					resolve();
				}
			};
			look();
		});
	}

	#hand(...inputs: readonly IceAgentInput[]): void {
		this.#program.hand(...inputs);
		this.#attached?.wake(this.#network.now);
	}

	#hear(event: IceEvent, at: Instant): void {
		this.#tell(() => this.#listener.event(event, at));
	}

	#data(bytes: Uint8Array, at: Instant): void {
		const pair = this.pairs.find(({ selected }) => selected);
		if (pair === undefined) return;
		const { stream, component, base, remote } = pair;
		const from = { address: remote.address, port: remote.port };
		const datagram = { stream, component, base, from, kind: classifyPacket(bytes), at, stamp: "kernel" } as const;
		this.#tell(() => this.#listener.data({ ...datagram, bytes: bytes.slice() }));
	}

	/** Whoever hears of something may ask for more: that waits until the agent is done. */
	#tell(call: () => void): void {
		queueMicrotask(() => {
			if (!this.#isClosed) call();
		});
	}
}
