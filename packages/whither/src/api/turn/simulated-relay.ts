/** A TURN client's allocation in the internet in memory. */
import type { Instant, TurnClientConfig, TurnClientEvent, TurnClientInput } from "@whither/core";
import type { RelayListener, RelayOrder, RelayOutgoing } from "@whither/net/turn-client";
import { type Datagram, TurnClientProgram } from "@whither/sim";
import { addressFamily } from "@whither/wire";
import type { VirtualNetwork } from "./virtual-network.ts";
import type { TriedRelay } from "./world.ts";

/** Nothing here is secret; ids must differ all the same. */
export function secretOf(number: number): Uint8Array {
	return new Uint8Array(32).fill(number & 0xff, 0, 16).fill((number >> 8) & 0xff, 16);
}

/** Begins to ask for one; whatever comes of it is told. Over UDP alone: any other transport is refused, as by a closed port. */
export function openSimulatedRelay(network: VirtualNetwork, order: RelayOrder, listener: RelayListener): TriedRelay {
	const relay = new SimulatedRelay(network, order, listener);
	network.after(0, () => relay.begin());
	return relay;
}

/** An allocation asked for in the internet in memory. */
class SimulatedRelay implements TriedRelay {
	readonly local: Datagram["local"];
	readonly #network: VirtualNetwork;
	readonly #order: RelayOrder;
	readonly #listener: RelayListener;
	readonly #program: TurnClientProgram;
	#attached: ReturnType<VirtualNetwork["attach"]> | null = null;

	constructor(network: VirtualNetwork, order: RelayOrder, listener: RelayListener) {
		this.#network = network;
		this.#order = order;
		this.#listener = listener;
		this.local = { address: network.ownAddress(addressFamily(order.server.address) ?? 4), port: network.takePort() };
		this.#program = new TurnClientProgram(this.local, this.#config(), (event, at) => this.#hear(event, at));
	}

	#config(): TurnClientConfig {
		const { server, transport, authorities: _a, serverName: _n, source: _s, sourcePort: _p, ...config } = this.#order;
		// What is not of UDP is refused before anybody looks at it.
		const { allocation, ...plain } = config;
		const asked = transport === "udp" && allocation !== undefined ? { ...plain, allocation } : plain;
		const place = { address: server.address, port: server.port };
		return { ...asked, secret: secretOf(this.local.port), server: place };
	}

	begin(): void {
		const { server, transport } = this.#order;
		if (transport !== "udp") {
			this.#listener.event(refused(server.address));
			return;
		}
		this.#attached = this.#network.attach(addressFamily(server.address) ?? 4, this.#program);
		this.#listener.event({ kind: "opened", at: this.#network.now, local: this.local });
		this.#hand({ type: "allocate" });
	}

	#hear(event: TurnClientEvent, at: Instant): void {
		switch (event.kind) {
			case "data": {
				const { from, bytes, channel } = event;
				this.#listener.received({ from, bytes, channel, at, stamp: "kernel" });
				break;
			}
			case "connectionBound":
			case "connectionLost":
				break;
			case "failed":
			case "lost":
				this.#attached?.detach();
				this.#listener.event({ ...event, cause: null });
				break;
			case "closed":
				this.#attached?.detach();
				this.#listener.event(event);
				break;
			default:
				this.#listener.event(event);
		}
	}

	#hand(...inputs: readonly TurnClientInput[]): void {
		this.#program.hand(...inputs);
		this.#attached?.wake(this.#network.now);
	}

	now(): Instant {
		return this.#network.now;
	}

	get counters() {
		return this.#program.counters;
	}

	send(peer: RelayOutgoing["peer"], data: Uint8Array): void {
		this.#hand({ type: "send", peer, data });
	}

	sendBatch(datagrams: readonly RelayOutgoing[]): void {
		this.#hand(...datagrams.map((datagram) => ({ type: "send" as const, ...datagram })));
	}

	permit(addresses: readonly string[]): void {
		this.#hand({ type: "permit", addresses });
	}

	bind(peer: RelayOutgoing["peer"]): void {
		this.#hand({ type: "bind", peer });
	}

	close(): void {
		this.#hand({ type: "close" });
	}

	destroy(): void {
		this.#attached?.detach();
	}
}

/** Simulated relays speak UDP alone. */
function refused(address: string) {
	const cause = { code: "systemCall", call: "connect", address, errno: 111, errnoName: "ECONNREFUSED" } as const;
	const known = { error: null, alternate: null, alternateDomain: null, mayFollow: false, unknownAttributes: [], cause };
	return { kind: "failed", why: "unreachable", ...known } as const;
}
