/** Machines on one network, in one process and virtual time: what connections are driven on in tests. */
import { IcePacer, type Instant, MILLISECOND, type SystemError } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import { systemError } from "../errors.ts";
import type { Alarm } from "../exact-call.ts";
import type { HostAddress } from "../interfaces/host-address.ts";
import { changeOf, type HostAddressListener } from "../interfaces/watch.ts";
import type { Mdns } from "../mdns/mdns.ts";
import { ERRNO } from "../native/errno.ts";
import type { IceSocket, IceSocketListener, IceSocketPlace } from "./ice-socket.ts";
import type { RelayRaceEvent, RelayRaceListener, RelayRaceOrder } from "./relay-race.ts";
import type { IceRelay, IceSurroundings } from "./surroundings.ts";

type Receiver = (from: StunAddress, bytes: Uint8Array) => void;

interface Due {
	readonly at: Instant;
	readonly call: () => void;
}

const DELAY_NS = 2 * MILLISECOND;
const keyOf = ({ address, port }: StunAddress) => `${address} ${port}`;

/** Everybody reaches everybody, unless `drops` says otherwise. */
export class FakeNetwork {
	now: Instant = 0;
	drops: (from: StunAddress, to: StunAddress) => boolean = () => false;
	readonly receivers = new Map<string, Receiver>();
	#due: Due[] = [];
	#lastPort = 40_000;

	at(at: Instant, call: () => void): Due {
		const due = { at: Math.max(at, this.now), call };
		this.#due.push(due);
		return due;
	}

	cancel(due: Due): void {
		this.#due = this.#due.filter((one) => one !== due);
	}

	carry(from: StunAddress, to: StunAddress, bytes: Uint8Array): void {
		const copy = bytes.slice();
		if (!this.drops(from, to)) this.at(this.now + DELAY_NS, () => this.receivers.get(keyOf(to))?.(from, copy));
	}

	freePort(): number {
		return ++this.#lastPort;
	}

	/** Lets so much time pass. */
	async pass(ms: number): Promise<void> {
		const end = this.now + ms * MILLISECOND;
		await settled();
		for (;;) {
			const next = this.#due.reduce<Due | null>((a, b) => (a === null || b.at < a.at ? b : a), null);
			if (next === null || next.at > end) break;
			this.cancel(next);
			this.now = next.at;
			next.call();
			await settled();
		}
		this.now = end;
	}
}

/** What is to happen at once has happened. */
async function settled(): Promise<void> {
	for (let turn = 0; turn < 8; turn++) await null;
}

/** An address of an interface that is up. */
export function hostAt(address: string, more: Partial<HostAddress> = {}): HostAddress {
	const family = address.includes(":") ? 6 : 4;
	const rest = { cost: 0, temporary: false, deprecated: false, up: true, preferred: true };
	return { address, family, interface: "eth0", prefixLength: 24, kind: "wired", ...rest, ...more };
}

/** A relay that a test decides about. */
export class FakeRelay implements IceRelay {
	readonly order: RelayRaceOrder;
	readonly sent: { readonly to: StunAddress; readonly bytes: Uint8Array }[] = [];
	readonly permitted: string[] = [];
	readonly bound = new Set<string>();
	refreshes = 0;
	state: "asked" | "there" | "closing" | "destroyed" | "over" = "asked";
	local: StunAddress | null = { address: "192.0.2.1", port: 9 };
	readonly #listener: RelayRaceListener;
	readonly #network: FakeNetwork;
	#relayed: readonly StunAddress[] = [];

	constructor(network: FakeNetwork, order: RelayRaceOrder, listener: RelayRaceListener) {
		this.#network = network;
		this.order = order;
		this.#listener = listener;
	}

	get server(): StunAddress {
		return this.order.legs[0]?.server ?? { address: "", port: 0 };
	}

	get underWay() {
		return this.state === "asked" ? this.order.legs : [];
	}

	get leg() {
		return this.order.legs[0] ?? null;
	}

	tell(event: RelayRaceEvent): void {
		this.#listener.event(event);
	}

	allocate(...relayed: readonly StunAddress[]): void {
		this.state = "there";
		this.#relayed = relayed;
		for (const address of relayed)
			this.#network.receivers.set(keyOf(address), (from, bytes) =>
				this.#listener.received({ from, bytes, channel: null, at: this.#network.now, stamp: "user" }),
			);
		const granted = { lifetimeSeconds: 600, addressError: null, reservationToken: null, mobile: false } as const;
		const rest = { dontFragment: false, software: null, integrity: null, rttNs: null } as const;
		this.tell({ kind: "allocated", relayed, mapped: null, server: this.server, ...granted, ...rest });
	}

	fail(why: "unauthorized" | "unreachable"): void {
		const { leg } = this;
		if (leg === null) return;
		this.state = "over";
		const more = { alternate: null, alternateDomain: null, mayFollow: false, unknownAttributes: [], cause: null };
		const end = { kind: "failed", why, error: null, ...more } as const;
		this.tell({ kind: "legFailed", leg, end });
		this.tell({ kind: "failed", why, error: null, failures: [{ leg, end }] });
	}

	/** It may send nothing to this address. */
	refuse(address: string): void {
		this.tell({ kind: "refused", address, why: "forbidden", error: { code: 403, reason: "" } });
	}

	lose(): void {
		this.state = "over";
		this.tell({ kind: "lost", why: "timeout", error: null, cause: null });
	}

	send(to: StunAddress, bytes: Uint8Array): void {
		this.sent.push({ to, bytes });
		const from = this.#relayed.find(({ address }) => address.includes(":") === to.address.includes(":"));
		if (from !== undefined && this.state === "there") this.#network.carry(from, to, bytes);
	}

	permit(addresses: readonly string[]): void {
		this.permitted.push(...addresses);
	}

	bind(peer: StunAddress): void {
		this.bound.add(keyOf(peer));
		this.tell({ kind: "bound", peer, channel: 0x4000 });
	}

	unbind(peer: StunAddress): void {
		this.bound.delete(keyOf(peer));
	}

	refresh(): void {
		this.refreshes++;
	}

	borrow(): SystemError {
		return systemError("borrow", ERRNO.EPROTONOSUPPORT);
	}

	close(): void {
		this.state = "closing";
		this.#network.at(this.#network.now + DELAY_NS, () => {
			this.state = "over";
			this.tell({ kind: "closed", confirmed: true });
		});
	}

	destroy(): void {
		this.state = "destroyed";
	}
}

/** One machine. */
export class FakeMachine implements IceSurroundings {
	readonly network: FakeNetwork;
	readonly clock: { now(): Instant };
	readonly pacer = new IcePacer();
	readonly lends = false;
	readonly relays: FakeRelay[] = [];
	/** Places of open sockets. */
	readonly open = new Set<string>();
	/** What names mean. */
	names = new Map<string, string>();
	/** Ports that somebody else has, and why any other cannot be had. */
	readonly taken = new Set<number>();
	closedMdns = 0;
	bindError: number | null = null;
	sendError: number | null = null;
	readonly #listeners = new Set<HostAddressListener>();
	#addresses: readonly HostAddress[];
	#secrets: number;

	constructor(network: FakeNetwork, addresses: readonly HostAddress[], secret: number) {
		this.network = network;
		this.clock = { now: () => network.now };
		this.#addresses = addresses;
		this.#secrets = secret;
	}

	drawSecret(): Uint8Array {
		return new Uint8Array(32).fill(this.#secrets++);
	}

	alarm(call: () => void): Alarm {
		let due: Due | null = null;
		const arm = (at: Instant | null): void => {
			if (due !== null) this.network.cancel(due);
			due = at === null || at === Number.POSITIVE_INFINITY ? null : this.network.at(at, call);
		};
		return { arm, close: () => arm(null) };
	}

	hostAddresses(): readonly HostAddress[] {
		return this.#addresses;
	}

	watchHostAddresses(listener: HostAddressListener) {
		this.#listeners.add(listener);
		const machine = this;
		return {
			get addresses() {
				return machine.#addresses;
			},
			close: () => void this.#listeners.delete(listener),
		};
	}

	/** These are the addresses from now on. */
	readdress(...addresses: readonly HostAddress[]): void {
		const change = changeOf(this.#addresses, addresses);
		this.#addresses = addresses;
		if (change !== null) for (const listener of this.#listeners) listener.changed(change);
	}

	get watchers(): number {
		return this.#listeners.size;
	}

	openSocket(place: IceSocketPlace, listener: IceSocketListener): IceSocket | SystemError {
		const { address } = place;
		const port = place.port || this.network.freePort();
		if (this.bindError !== null) return systemError("bind", this.bindError, address);
		if (this.taken.has(port)) return systemError("bind", ERRNO.EADDRINUSE, address);
		const local = { address, port };
		this.taken.add(port);
		this.open.add(keyOf(local));
		this.network.receivers.set(keyOf(local), (from, bytes) =>
			listener.received(from, bytes, { at: this.network.now, stamp: "kernel" }),
		);
		return {
			local,
			lent: null,
			send: (to, bytes) => {
				if (this.sendError !== null) return systemError("sendmmsg", this.sendError, to.address);
				this.network.carry(local, to, bytes);
				return null;
			},
			close: () => {
				this.taken.delete(port);
				this.open.delete(keyOf(local));
				this.network.receivers.delete(keyOf(local));
			},
		};
	}

	/** There is no TCP here. */
	async openTcp(): Promise<SystemError> {
		return systemError("socket", ERRNO.EPROTONOSUPPORT);
	}

	openRelay(order: RelayRaceOrder, listener: RelayRaceListener): FakeRelay {
		const relay = new FakeRelay(this.network, order, listener);
		this.relays.push(relay);
		return relay;
	}

	openMdns(): Mdns {
		const { names } = this;
		return {
			links: [],
			publish: (address) => {
				const name = `name-${names.size}.local`;
				names.set(name, address);
				return name;
			},
			withdraw: () => {},
			resolve: async (name) => names.get(name) ?? null,
			close: () => void this.closedMdns++,
		};
	}

	async resolve(name: string): Promise<string | null> {
		return this.names.get(name) ?? null;
	}
}
