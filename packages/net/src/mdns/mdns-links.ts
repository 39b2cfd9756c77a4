/** The sockets that multicast DNS is spoken on: one for each link and family, as links come and go. */
import type { Family } from "@whither/core";
import { isOneNetwork, MDNS_GROUPS, MDNS_PORT, type StunAddress } from "@whither/wire";
import type { Backend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import type { HostAddress } from "../interfaces/host-address.ts";
import { openDatagram } from "../transport/open.ts";
import { isLinkLocal } from "../transport/socket-address.ts";
import type { DatagramTransport, ReceivedDatagram } from "../transport/transport.ts";

/** What the machine is told of links. */
export interface LinkEars {
	opened(socket: number, use: MdnsLink["use"]): void;
	received(socket: number, from: StunAddress, bytes: Uint8Array): void;
	/** It is closed already. */
	closed(socket: number): void;
}

/** One link that is spoken on. */
export interface MdnsLink {
	readonly interface: string;
	readonly family: Family;
	/** `oneShot`: port 5353 could not be had, so nothing can be published there. */
	readonly use: "full" | "oneShot";
}

interface OpenLink extends MdnsLink {
	readonly number: number;
	readonly socket: DatagramTransport;
	/** Our addresses there, with the lengths of their networks. */
	addresses: readonly HostAddress[];
}

/** All of them. */
export class MdnsLinks {
	readonly #backend: Backend;
	readonly #ears: LinkEars;
	/** By interface and family. */
	readonly #links = new Map<string, OpenLink>();
	#last = 0;

	constructor(backend: Backend, ears: LinkEars) {
		this.#backend = backend;
		this.#ears = ears;
	}

	get list(): readonly MdnsLink[] {
		return [...this.#links.values()].map(({ interface: name, family, use }) => ({ interface: name, family, use }));
	}

	/** These addresses are there: every link that one of them is on is spoken on, and no other. */
	change(addresses: readonly HostAddress[]): void {
		const wanted = new Map<string, HostAddress[]>();
		for (const one of addresses) {
			const key = `${one.interface} ${one.family}`;
			wanted.set(key, [...(wanted.get(key) ?? []), one]);
		}
		for (const [key, link] of [...this.#links]) if (!wanted.has(key)) this.#end(key, link);
		for (const [key, there] of wanted) {
			const link = this.#links.get(key);
			if (link === undefined) this.#open(key, there);
			else link.addresses = there;
		}
	}

	/** `to` null: to the group. */
	send(socket: number, to: StunAddress | null, bytes: Uint8Array): void {
		const link = [...this.#links.values()].find(({ number }) => number === socket);
		if (link === undefined) return;
		const place = to ?? { address: MDNS_GROUPS[link.family], port: MDNS_PORT };
		const isScoped = link.family === 6 && (to === null || isLinkLocal(to.address));
		link.socket.send([{ to: isScoped ? { ...place, zone: link.interface } : place, bytes }]);
	}

	close(): void {
		for (const { socket } of this.#links.values()) socket.close();
		this.#links.clear();
	}

	#end(key: string, { number, socket }: OpenLink): void {
		this.#links.delete(key);
		socket.close();
		this.#ears.closed(number);
	}

	/** A link that cannot be spoken on, such as a tunnel, is none; the next change tries it again. */
	#open(key: string, addresses: readonly HostAddress[]): void {
		const number = ++this.#last;
		for (const [use, port] of [
			["full", MDNS_PORT],
			["oneShot", 0],
		] as const) {
			const socket = this.#openSocket(key, addresses, port);
			if (socket === null) continue;
			const [first] = addresses as [HostAddress];
			this.#links.set(key, { interface: first.interface, family: first.family, use, number, socket, addresses });
			this.#ears.opened(number, use);
			return;
		}
	}

	#openSocket(key: string, [first]: readonly HostAddress[], port: number): DatagramTransport | null {
		if (first === undefined) return null;
		const { family, address: ours } = first;
		const group = { address: MDNS_GROUPS[family], interface: first.interface, ours };
		const request = { family, address: null, port, use: "server", group } as const;
		const socket = openDatagram(this.#backend, request, {
			received: (datagrams) => {
				for (const datagram of datagrams) this.#received(key, datagram);
			},
			// What does not leave is asked again, and whoever cannot be reached asks again.
			failed: () => {},
		});
		return isSystemError(socket) ? null : socket;
	}

	/** RFC 6762 section 11: what is not from this link is not for us, as far as the backend lets us see. */
	#received(key: string, { from, to, bytes }: ReceivedDatagram): void {
		const link = this.#links.get(key);
		if (link === undefined) return;
		const { number, family, addresses, interface: name } = link;
		if (to !== MDNS_GROUPS[family] && !isOnLink(from, addresses, name)) return;
		this.#ears.received(number, { address: from.address, port: from.port }, bytes);
	}
}

function isOnLink(
	{ address, zone }: ReceivedDatagram["from"],
	addresses: readonly HostAddress[],
	name: string,
): boolean {
	// The native backend names interfaces by number, and hears one alone.
	if (isLinkLocal(address)) return zone === undefined || zone === name || /^\d+$/.test(zone);
	return addresses.some((ours) => isOneNetwork(address, ours.address, ours.prefixLength));
}
