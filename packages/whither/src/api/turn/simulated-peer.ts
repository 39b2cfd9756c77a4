/** A socket of our own in the internet in memory, by the address that a STUN server sees. */
import { type Instant, StunClient, type StunClientOutput } from "@whither/core";
import type { PeerListener, PeerOrder, PeerSocket } from "@whither/net/turn-client";
import type { Datagram, DatagramProgram, ProgramInput } from "@whither/sim";
import { addressFamily, mappedAddressOf } from "@whither/wire";
import { secretOf } from "./simulated-relay.ts";
import type { VirtualNetwork } from "./virtual-network.ts";

/** Opens one on the tracing host. */
export function openSimulatedPeer(network: VirtualNetwork, { server }: PeerOrder, listener: PeerListener): PeerSocket {
	const family = addressFamily(server.address) ?? 4;
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
