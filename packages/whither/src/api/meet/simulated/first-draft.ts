/** A connection by the first draft of ICE in the internet in memory: core's agent on two sockets of a simulated host. */
import type { FirstDraftEvent, FirstDraftInput, FirstDraftStream, IceBase, IceState, Instant } from "@whither/core";
import {
	type FirstDraftConnection,
	type FirstDraftConnectionEvent,
	type FirstDraftListener,
	type FirstDraftOrder,
	FirstDraftView,
	type IceFlow,
} from "@whither/net/ice";
import { type AttachedProgram, type Endpoint, FirstDraftProgram } from "@whither/sim";
import { classifyPacket } from "@whither/wire";
import { secretOf } from "../../turn/simulated-relay.ts";
import type { VirtualNetwork } from "../../turn/virtual-network.ts";

/** Relays are given back by then, or expire. */
const CLOSING_MS = 4000;

/** RTP and RTCP at the IPv4 address of a host. */
export class SimulatedFirstDraft implements FirstDraftConnection {
	readonly #network: VirtualNetwork;
	readonly #order: FirstDraftOrder;
	readonly #listener: FirstDraftListener;
	readonly #program: FirstDraftProgram;
	readonly #view: FirstDraftView;
	readonly #bases: readonly IceBase[];
	#attached: AttachedProgram | null = null;
	#isClosed = false;
	#ended: () => void = () => {};

	/** Nothing is told before this has returned. */
	constructor(network: VirtualNetwork, host: string, order: FirstDraftOrder, listener: FirstDraftListener) {
		this.#network = network;
		this.#order = order;
		this.#listener = listener;
		const address = network.ownAddress(4, host);
		this.#bases = ([1, 2] as const).map((component) => ({ address, port: network.takePort(), component }));
		const { stunServers = [], relays = [], gatherTimeoutMs } = order;
		this.#program = new FirstDraftProgram({
			agent: {
				...{ secret: secretOf(network.takePort()), relays },
				...(gatherTimeoutMs === undefined ? {} : { gatherTimeoutMs }),
				stunServers: stunServers.map(({ address: server, port }) => ({ address: server, port })),
			},
			sockets: this.#bases.map(({ port }, index) => ({ address, port, component: index === 0 ? 1 : 2 })),
			hear: (event) => this.#hear(event),
			data: (bytes) => this.#data(bytes),
		});
		this.#view = new FirstDraftView({
			agent: this.#program.agent,
			baseAt: (base) => this.#bases[base],
			told: (event) => this.#tell(event),
		});
		network.after(0, () => this.#begin(host));
	}

	#begin(host: string): void {
		if (this.#isClosed) return;
		for (const [base, at] of this.#bases.entries()) this.#tell({ kind: "base", base, at });
		this.#attached = this.#network.attachToBoth(host, this.#program);
		this.#attached.wake(this.#network.now);
	}

	get state(): IceState {
		return this.#view.state;
	}

	get role(): FirstDraftOrder["role"] {
		return this.#order.role;
	}

	get pairs() {
		return this.#view.pairs;
	}

	get description(): readonly FirstDraftStream[] | null {
		return this.#view.isTold ? this.#program.agent.description : null;
	}

	get shown() {
		return this.#view.shown;
	}

	now(): Instant {
		return this.#network.now;
	}

	peer(streams: readonly (FirstDraftStream | null)[]): void {
		this.#view.meet(streams);
		this.#hand({ type: "peer", streams });
	}

	send(bytes: Uint8Array): void {
		this.#hand({ type: "send", bytes: bytes.slice() });
	}

	flow(): IceFlow | null {
		const { inUse } = this.#view;
		return inUse === null ? null : { pair: inUse.pair, socket: null, remote: inUse.to, relay: null, stun: null };
	}

	/** The host's own end of a flow's packets; null: it is gone. */
	socketOf({ pair }: IceFlow): Endpoint | null {
		const base = this.#bases[pair.base];
		return base === undefined ? null : { address: base.address, port: base.port };
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		const attached = this.#attached;
		if (attached === null) return;
		await new Promise<void>((resolve) => {
			this.#ended = resolve;
			this.#network.after(CLOSING_MS, resolve);
			this.#hand({ type: "close" });
		});
		attached.detach();
	}

	#hand(...inputs: readonly FirstDraftInput[]): void {
		this.#program.hand(...inputs);
		this.#attached?.wake(this.#network.now);
	}

	#hear(event: FirstDraftEvent): void {
		this.#view.hear(event);
		if (event.kind === "closed") this.#ended();
		if (event.kind === "gathered" || event.kind === "cycle") this.#program.hand({ type: "told" });
		// What follows from all that was heard at once.
		queueMicrotask(() => this.#view.review());
	}

	#data(bytes: Uint8Array): void {
		const { base, to: from } = this.#view.sendingTo ?? { base: 0, to: { address: "0.0.0.0", port: 9 } };
		const datagram = { stream: 0, component: 1, base, from, kind: classifyPacket(bytes), at: this.now() } as const;
		const copy = bytes.slice();
		queueMicrotask(() => {
			if (!this.#isClosed) this.#listener.data({ ...datagram, stamp: "kernel", bytes: copy });
		});
	}

	/** Whoever hears of something may ask for more: that waits until the agent is done. */
	#tell(event: FirstDraftConnectionEvent): void {
		const at = this.#network.now;
		queueMicrotask(() => {
			if (!this.#isClosed) this.#listener.event(event, at);
		});
	}
}
