/** What a connection knows of the machine it runs on: sockets, relays, a clock and names. Tests have another. */
import { IcePacer, type Instant, type SystemError } from "@whither/core";
import { BACKEND_VARIABLE, type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { type Alarm, openAlarm } from "../exact-call.ts";
import type { HostAddress } from "../interfaces/host-address.ts";
import { hostAddressesBy } from "../interfaces/host-addresses.ts";
import { type HostAddressListener, type HostAddressWatch, watchHostAddresses } from "../interfaces/watch.ts";
import { type Mdns, type MdnsOrder, openMdns } from "../mdns/mdns.ts";
import { createPortableClock } from "../portable/clock.ts";
import { drawSecrets } from "../probe-secrets.ts";
import { type IceSocket, type IceSocketListener, type IceSocketPlace, openIceSocket } from "./ice-socket.ts";
import { openRelayRace, type RelayRace, type RelayRaceListener, type RelayRaceOrder } from "./relay-race.ts";
import { type IceTcpBase, type IceTcpListener, type IceTcpPlace, openIceTcpBase } from "./tcp-base.ts";

/** A relay race as far as a connection uses it. */
export type IceRelay = Pick<
	RelayRace,
	| "leg"
	| "underWay"
	| "local"
	| "server"
	| "send"
	| "permit"
	| "bind"
	| "unbind"
	| "refresh"
	| "borrow"
	| "close"
	| "destroy"
>;

/** A machine as connections see it. */
export interface IceSurroundings {
	/** One for all connections of this thread. */
	readonly clock: { now(): Instant };
	/** The same: transactions of all connections together keep a floor (RFC 8445 §14.2). */
	readonly pacer: IcePacer;
	/** Sockets can be lent to traces. */
	readonly lends: boolean;
	/** 32 random bytes. */
	drawSecret(): Uint8Array;
	alarm(call: () => void): Alarm;
	/** This machine's addresses now. */
	hostAddresses(): readonly HostAddress[] | SystemError;
	/** The same, and whenever they have changed. */
	watchHostAddresses(listener: HostAddressListener): HostAddressWatch | SystemError;
	openSocket(place: IceSocketPlace, listener: IceSocketListener): IceSocket | SystemError;
	openTcp(place: IceTcpPlace, listener: IceTcpListener): Promise<IceTcpBase | SystemError>;
	/** On the same clock. */
	openRelay(order: RelayRaceOrder, listener: RelayRaceListener): IceRelay;
	openMdns(order: MdnsOrder): Mdns | SystemError;
	/** The address of a name, by this machine's own resolver; null: there is none. */
	resolve(name: string): Promise<string | null>;
}

const machines = new Map<string | undefined, IceSurroundings>();

/** This machine, by the backend that there is. */
export function thisMachine(): IceSurroundings {
	const wanted = process.env[BACKEND_VARIABLE];
	const known = machines.get(wanted) ?? machineOf(openBackend());
	machines.set(wanted, known);
	return known;
}

/** Where there is no backend, every socket fails with its error. */
function machineOf(opened: Backend | SystemError): IceSurroundings {
	const failure = isSystemError(opened) ? opened : null;
	const backend: Backend = isSystemError(opened) ? { name: "portable", clock: createPortableClock() } : opened;
	return {
		clock: backend.clock,
		pacer: new IcePacer(),
		lends: backend.name === "native",
		drawSecret: () => drawSecrets(backend).secret,
		alarm: (call) => openAlarm(backend, call),
		hostAddresses: () => failure ?? hostAddressesBy(backend),
		watchHostAddresses: (listener) => failure ?? watchHostAddresses(listener, backend),
		openSocket: (place, listener) => failure ?? openIceSocket(backend, place, listener),
		openTcp: async (place, listener) => failure ?? openIceTcpBase(backend, place, listener),
		openRelay: (order, listener) => openRelayRace(order, listener, backend),
		openMdns: (order) => failure ?? openMdns(order, backend),
		resolve: lookUp,
	};
}

async function lookUp(name: string): Promise<string | null> {
	try {
		const { address } = await process.getBuiltinModule("node:dns/promises").lookup(name);
		return address;
	} catch {
		return null;
	}
}
