/** A socket for every address of this machine, as addresses come and go (RFC 8445 §5.1.1.1). */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import type { Carrier, CarrierEars } from "./carrier.ts";
import { hostKey, wantedHosts } from "./host-choice.ts";
import type { HostAddress, IceBaseEnd, IceOrder } from "./ice-io.ts";
import type { IceSocket } from "./ice-socket.ts";
import type { Place } from "./place.ts";
import { openInRange } from "./port-range.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** Hosts that have come and gone. */
export interface HostChange {
	readonly added: readonly HostAddress[];
	readonly removed: readonly HostAddress[];
}

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
	#hosts = new Map<string, HostAddress>();

	constructor({ order, machine, ears, places }: HostsParts) {
		this.#order = order;
		this.#machine = machine;
		this.#ears = ears;
		this.#places = places;
	}

	/** Looks which addresses there are, and opens every socket that is missing. */
	open(): void {
		const found = this.#machine.hostAddresses();
		if (isSystemError(found)) this.#failed(found);
		else this.#take(found);
		for (const host of this.#hosts.values()) this.#openAt(host);
	}

	/** These are the addresses from now on: closes and opens sockets, and says for which. */
	change(addresses: readonly HostAddress[]): HostChange {
		const change = this.#take(addresses);
		// New ones first: as long as there is another way, the last one does not go.
		for (const host of change.added) this.#openAt(host);
		const gone = new Set(change.removed.map(hostKey));
		for (const [base, { host }] of [...this.#sockets])
			if (gone.has(hostKey(host))) this.#end(base, { code: "addressGone" });
		return change;
	}

	#take(addresses: readonly HostAddress[]): HostChange {
		const before = this.#hosts;
		const wanted = wantedHosts(addresses, this.#order);
		this.#hosts = new Map(wanted.map((host) => [hostKey(host), host]));
		const added = wanted.filter((host) => !before.has(hostKey(host)));
		const removed = [...before.values()].filter((host) => !this.#hosts.has(hostKey(host)));
		return { added, removed };
	}

	#openAt(host: HostAddress): void {
		const open = [...this.#sockets.values()].filter((one) => hostKey(one.host) === hostKey(host));
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
			this.#failed(socket);
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

	#failed({ code }: SystemError): void {
		this.#ears.failed({ base: null, server: null, why: code, error: null });
	}
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
