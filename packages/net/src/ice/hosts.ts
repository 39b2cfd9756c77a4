/** A socket for every address of this machine, as addresses come and go (RFC 8445 §5.1.1.1). */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { addressesToGather, type HostAddress } from "../interfaces/host-address.ts";
import type { Carrier, CarrierEars } from "./carrier.ts";
import type { IceBaseEnd, IceOrder } from "./ice-io.ts";
import type { IceSocket } from "./ice-socket.ts";
import type { Place } from "./place.ts";
import { openInRange } from "./port-range.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** What those of a connection have in common. */
interface HostsParts {
	readonly order: IceOrder;
	readonly machine: IceSurroundings;
	readonly ears: CarrierEars;
	readonly places: readonly Place[];
}

interface HostSocket {
	readonly host: HostAddress;
	readonly place: Place;
	readonly socket: IceSocket;
}

/** Those of one connection. */
export class HostSockets {
	readonly #order: IceOrder;
	readonly #machine: IceSurroundings;
	readonly #ears: CarrierEars;
	readonly #places: readonly Place[];
	/** By base. */
	readonly #sockets = new Map<number, HostSocket>();
	/** Addresses that are hosts, by key. */
	readonly #hosts = new Map<string, HostAddress>();

	constructor({ order, machine, ears, places }: HostsParts) {
		this.#order = order;
		this.#machine = machine;
		this.#ears = ears;
		this.#places = places;
	}

	/** Opens every socket that is missing at these addresses. */
	open(addresses: readonly HostAddress[]): void {
		for (const host of addressesToGather(addresses, this.#order)) this.#hosts.set(keyOf(host), host);
		for (const host of this.#byCost(this.#hosts.values())) this.#openAt(host);
	}

	/** These are the addresses from now on: opens and closes sockets. */
	change(addresses: readonly HostAddress[]): void {
		const { loopback = false } = this.#order;
		// Nobody is to be told of the loopback when a network is lost that will be back.
		const wanted = addressesToGather(addresses, this.#order).filter(({ kind }) => loopback || kind !== "loopback");
		const added = wanted.filter((host) => !this.#hosts.has(keyOf(host)));
		const still = new Set(addresses.filter(({ up }) => up).map(keyOf));
		const removed = [...this.#hosts.values()].filter((host) => !still.has(keyOf(host)));
		// New ones first: as long as there is another way, the last one does not go.
		for (const host of added) this.#hosts.set(keyOf(host), host);
		for (const host of this.#byCost(added)) this.#openAt(host);
		for (const host of removed) this.#hosts.delete(keyOf(host));
		const gone = new Set(removed.map(keyOf));
		for (const [base, { host }] of [...this.#sockets])
			if (gone.has(keyOf(host))) this.#end(base, { code: "addressGone" });
	}

	/** The best kind of network first. */
	#byCost(hosts: Iterable<HostAddress>): readonly HostAddress[] {
		return [...hosts].sort((a, b) => a.cost - b.cost);
	}

	#openAt(host: HostAddress): void {
		const open = [...this.#sockets.values()].filter((one) => keyOf(one.host) === keyOf(host));
		for (const place of this.#places) if (!open.some((one) => one.place === place)) this.#openOne(host, place);
	}

	#openOne(host: HostAddress, place: Place): void {
		// Nothing is told before it has a number.
		let base = -1;
		const { ports = null, tos = 0 } = this.#order;
		const { address, family, zone } = host;
		const at = { address, family, tos, ...(zone === undefined ? {} : { zone }) };
		const socket = openInRange(this.#machine, ports, at, {
			received: (from, bytes, arrival) => this.#ears.received(base, from, bytes, arrival),
			refused: (to, { errnoName }) => this.#ears.refused(base, to, errnoName),
			broken: (error) => this.#end(base, { code: "broken", error }),
		});
		if (isSystemError(socket)) {
			this.failed(socket);
			return;
		}
		base = this.#ears.opened({
			...carrierOf(host, place, socket),
			close: () => {
				this.#sockets.delete(base);
				socket.close();
			},
		});
		this.#sockets.set(base, { host, place, socket });
	}

	#end(base: number, why: IceBaseEnd): void {
		const ended = this.#sockets.get(base);
		if (ended === undefined) return;
		this.#sockets.delete(base);
		ended.socket.close();
		this.#ears.gone(base, why);
	}

	/** An address could not be used, or it is not known which there are. */
	failed({ code }: SystemError): void {
		this.#ears.failed({ base: null, server: null, why: code, error: null });
	}
}

function keyOf({ address, zone = "" }: HostAddress): string {
	return `${address}%${zone}`;
}

function carrierOf(host: HostAddress, place: Place, socket: IceSocket): Omit<Carrier, "close"> {
	const { address, cost, zone } = host;
	const { port } = socket.local;
	return {
		at: { address, port, ...place, interface: host.interface, cost },
		send: (to, bytes) => socket.send(to, bytes),
		permit: () => {},
		use: () => {},
		flow: (peer) => ({
			socket: socket.lent,
			remote: { ...peer, ...(zone === undefined ? {} : { zone }) },
			relay: null,
		}),
	};
}
