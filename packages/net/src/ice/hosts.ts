/** A socket for every address of this machine, as addresses come and go (RFC 8445 §5.1.1.1, RFC 6544 §5.1). */
import type { SystemError } from "@whither/core";
import type { IceTcpType } from "@whither/wire";
import { isSystemError } from "../errors.ts";
import { addressesToGather, type HostAddress } from "../interfaces/host-address.ts";
import type { CarrierEars } from "./carrier.ts";
import { type HostSocket, hostCarrier } from "./host-carrier.ts";
import type { IceBaseEnd, IceOrder } from "./ice-io.ts";
import type { Place } from "./place.ts";
import { openAtFree, openAtFreeLater, portsOf } from "./port-range.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** What those of a connection have in common. */
interface HostsParts {
	readonly order: Pick<IceOrder, "tcp" | "families" | "loopback" | "allowInterface" | "ports" | "tos">;
	readonly machine: IceSurroundings;
	readonly ears: CarrierEars;
	readonly places: readonly Place[];
	/** What is told instead of an address; null: the address itself. */
	readonly nameOf: (address: string) => string | null;
	/** All that were being opened are open, or could not be. */
	readonly settled: () => void;
}

/** What is to be had at an address: a UDP socket, or one end of TCP connections. */
type Kind = "udp" | IceTcpType;
const TCP_KINDS: readonly IceTcpType[] = ["active", "passive", "so"];

/** One that is open, or being opened (no base yet). */
interface Held {
	readonly host: HostAddress;
	readonly place: Place;
	readonly kind: Kind;
	base: number | null;
	socket: HostSocket | null;
}

/** Those of one connection. */
export class HostSockets {
	readonly #parts: HostsParts;
	readonly #kinds: readonly Kind[];
	readonly #held = new Set<Held>();
	/** Addresses that are hosts, by key. */
	readonly #hosts = new Map<string, HostAddress>();
	#opening = 0;
	#closed = false;

	constructor(parts: HostsParts) {
		this.#parts = parts;
		this.#kinds = parts.order.tcp === true ? ["udp", ...TCP_KINDS] : ["udp"];
	}

	/** Some are being opened: TCP sockets take a moment. */
	get isWaiting(): boolean {
		return this.#opening > 0;
	}

	/** Opens every socket that is missing at these addresses. */
	open(addresses: readonly HostAddress[]): void {
		for (const host of addressesToGather(addresses, this.#parts.order)) this.#hosts.set(keyOf(host), host);
		this.#openAt([...this.#hosts.values()]);
	}

	/** These are the addresses from now on: opens and closes sockets. */
	change(addresses: readonly HostAddress[]): void {
		const { order } = this.#parts;
		// Nobody is to be told of the loopback when a network is lost that will be back.
		const isWanted = ({ kind }: HostAddress) => order.loopback === true || kind !== "loopback";
		const wanted = addressesToGather(addresses, order).filter(isWanted);
		const added = wanted.filter((host) => !this.#hosts.has(keyOf(host)));
		const still = new Set(addresses.filter(({ up }) => up).map(keyOf));
		const removed = [...this.#hosts.keys()].filter((key) => !still.has(key));
		for (const host of added) this.#hosts.set(keyOf(host), host);
		for (const key of removed) this.#hosts.delete(key);
		// New ones first: as long as there is another way, the last one does not go.
		this.#openAt(added);
		for (const held of [...this.#held])
			if (!this.#hosts.has(keyOf(held.host))) this.#end(held, { code: "addressGone" });
	}

	/** What is still being opened is closed as soon as it is open. */
	close(): void {
		this.#closed = true;
	}

	/** An address could not be used, or it is not known which there are. */
	failed({ code }: SystemError): void {
		this.#parts.ears.failed({ base: null, server: null, why: code, error: null });
	}

	/** UDP everywhere before TCP anywhere, the best kind of network first. */
	#openAt(hosts: readonly HostAddress[]): void {
		const sorted = [...hosts].sort((a, b) => a.cost - b.cost);
		for (const kind of this.#kinds)
			for (const host of sorted)
				for (const place of this.#parts.places) if (!this.#has(host, place, kind)) this.#openOne(host, place, kind);
	}

	#has(host: HostAddress, place: Place, kind: Kind): boolean {
		for (const held of this.#held)
			if (held.kind === kind && held.place === place && keyOf(held.host) === keyOf(host)) return true;
		return false;
	}

	#openOne(host: HostAddress, place: Place, kind: Kind): void {
		const held: Held = { host, place, kind, base: null, socket: null };
		this.#held.add(held);
		if (kind === "udp") this.#opened(held, this.#openUdp(held));
		else {
			this.#opening++;
			this.#openTcp(held, kind).then((opened) => {
				this.#opening--;
				this.#opened(held, opened);
				if (this.#opening === 0 && !this.#closed) this.#parts.settled();
			});
		}
	}

	#openUdp(held: Held): HostSocket | SystemError {
		const { machine, order, ears } = this.#parts;
		const { tos = 0, ports } = order;
		return openAtFree(portsOf(ports, machine.drawSecret()), (port) =>
			machine.openSocket(
				{ ...placeOf(held.host), port, tos },
				{
					received: (from, bytes, arrival) => {
						if (held.base !== null) ears.received(held.base, from, bytes, arrival);
					},
					refused: (to, error) => this.#refused(held, to, error),
					broken: (error) => this.#end(held, { code: "broken", error }),
				},
			),
		);
	}

	#openTcp(held: Held, tcpType: IceTcpType): Promise<HostSocket | SystemError> {
		const { machine, order, ears } = this.#parts;
		const ports = tcpType === "active" ? [0] : portsOf(order.ports, machine.drawSecret());
		return openAtFreeLater(ports, (port) =>
			machine.openTcp(
				{ ...placeOf(held.host), port, tcpType },
				{
					received: (from, bytes, arrival) => {
						if (held.base !== null) ears.received(held.base, from, bytes, arrival);
					},
					refused: (to, error) => this.#refused(held, to, error),
				},
			),
		);
	}

	#refused({ base }: Held, to: Parameters<CarrierEars["refused"]>[1], { errnoName }: SystemError): void {
		if (base !== null) this.#parts.ears.refused(base, to, errnoName);
	}

	#opened(held: Held, opened: HostSocket | SystemError): void {
		const { host, place, kind } = held;
		if (isSystemError(opened)) {
			this.#held.delete(held);
			// The portable backend has no simultaneous open, which is no loss that anybody should hear of.
			if (!this.#closed && !(kind === "so" && opened.code === "unsupportedProtocol")) this.failed(opened);
		} else if (this.#closed || !this.#hosts.has(keyOf(host))) {
			this.#held.delete(held);
			opened.close();
		} else {
			held.socket = opened;
			const tcp = kind === "udp" ? {} : ({ transport: "tcp", tcpType: kind } as const);
			const name = this.#parts.nameOf(host.address);
			const told = { ...host, ...place, ...tcp, ...(name === null ? {} : { name }) };
			const close = () => this.#close(held);
			held.base = this.#parts.ears.opened(hostCarrier(opened, told, close));
		}
	}

	#end(held: Held, why: IceBaseEnd): void {
		const { base } = held;
		if (base === null) return;
		this.#close(held);
		this.#parts.ears.gone(base, why);
	}

	#close(held: Held): void {
		this.#held.delete(held);
		held.socket?.close();
		held.base = null;
	}
}

function keyOf({ address, zone = "" }: HostAddress): string {
	return `${address}%${zone}`;
}

function placeOf({ address, family, zone }: HostAddress) {
	return { address, family, ...(zone === undefined ? {} : { zone }) };
}
