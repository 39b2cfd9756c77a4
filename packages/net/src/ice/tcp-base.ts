/**
 * The sockets behind a TCP candidate (RFC 6544): `passive` listens, `active` connects to whoever it sends to, `so` does both
 * on one port, so that two such ends, each behind a NAT, can meet half-way. A packet is a frame of RFC 4571. Nothing is held
 * without bound: packets that do not leave are dropped, as on a full link.
 */
import type { Family, SystemError } from "@whither/core";
import { formatEndpoint, type IceTcpType, type StunAddress } from "@whither/wire";
import type { Backend } from "../backend.ts";
import { isSystemError, systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import { zoned } from "../transport/socket-address.ts";
import { openStream } from "../transport/stream.ts";
import { openStreamPort } from "../transport/stream-port.ts";
import type { StreamListener, StreamPort, StreamTransport, TransportAddress } from "../transport/transport.ts";
import type { Arrival } from "./ice-socket.ts";
import { TcpConnection } from "./tcp-connection.ts";

/** Where a TCP candidate is opened, and of which kind. */
export interface IceTcpPlace {
	readonly family: Family;
	readonly address: string;
	/** Of a link-local address. */
	readonly zone?: string;
	/** 0 or absent: the kernel's choice; `active` leaves from another for each connection. */
	readonly port?: number;
	readonly tcpType: IceTcpType;
	/** Connections at one time, 64 when absent; more are closed as they come, and not opened. */
	readonly most?: number;
}

/** What one tells; nothing before what opened it has resolved, nor after `close`. */
export interface IceTcpListener {
	/** A packet; `bytes` are the listener's to keep. */
	received(from: StunAddress, bytes: Uint8Array, arrival: Arrival): void;
	/**
	 * A connection could not be opened (ECONNREFUSED, ...), or has ended: ENOTCONN in order, ETIMEDOUT after a minute of
	 * silence. Of `active` and `so` the next packet to there opens another, but not within a second.
	 */
	refused(to: StunAddress, error: SystemError): void;
}

/** An open TCP candidate, until `close`. */
export interface IceTcpBase {
	/** Of `active` the port is 9: nobody can come to it (RFC 6544 section 4.5). */
	readonly local: TransportAddress;
	/**
	 * The bytes may be used again once it has returned. What a connection is opened for waits until it stands. Null, or why
	 * the packet was dropped: ENOTCONN where a `passive` one has no connection from there, EAGAIN where too much waits.
	 */
	send(to: StunAddress, bytes: Uint8Array): SystemError | null;
	close(): void;
}

const MOST_CONNECTIONS = 64;
/** The discard port. */
const ACTIVE_PORT = 9;
/**
 * How often connections are looked after. One that has brought nothing for six looks is over, for consent asks every 5 s; a
 * stranger's that has not brought a check for two.
 */
const LOOK_MS = 10_000;
const SILENT_LOOKS = 6;
const UNPROVEN_LOOKS = 2;
/** A peer that has refused, or has ended a connection, is left alone for so long. */
const REFUSED_MS = 1_000;
/** Both ends of `so` have to be there: whoever comes too early tries again after so long, doubling, four times. */
const RETRY_MS = 100;
const RETRIES = 4;
/** Nobody listens there yet, or the peer's own attempt has come through first and is about to be accepted. */
const TOO_EARLY: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET", "EADDRNOTAVAIL", "EADDRINUSE"]);

/** Opens one, or says which call failed; the portable backend cannot have `so` (EPROTONOSUPPORT). */
export async function openIceTcpBase(
	backend: Backend,
	place: IceTcpPlace,
	listener: IceTcpListener,
): Promise<IceTcpBase | SystemError> {
	const { tcpType, most = MOST_CONNECTIONS, port = 0 } = place;
	if (tcpType === "so" && backend.name === "portable") return systemError("connect", ERRNO.EPROTONOSUPPORT);
	const base = new TcpBase(backend, place, listener);
	if (tcpType === "active") return base;
	const opened = await openStreamPort(backend, { ...place, port, most }, (stream, { remote }) =>
		base.welcome(stream, remote),
	);
	if (isSystemError(opened)) return opened;
	base.listensAt(opened);
	return base;
}

interface Known {
	readonly connection: TcpConnection;
	/** Attempts to open it so far. */
	attempts: number;
	silentLooks: number;
	retry: NodeJS.Timeout | null;
}

class TcpBase implements IceTcpBase {
	readonly #backend: Backend;
	readonly #place: IceTcpPlace;
	readonly #listener: IceTcpListener;
	readonly #known = new Map<string, Known>();
	readonly #refusals = new Map<string, { readonly error: SystemError; readonly timer: NodeJS.Timeout }>();
	#looks: NodeJS.Timeout | null = null;
	#port: StreamPort | null = null;
	#open = true;

	constructor(backend: Backend, place: IceTcpPlace, listener: IceTcpListener) {
		this.#backend = backend;
		this.#place = place;
		this.#listener = listener;
	}

	get local(): TransportAddress {
		const { address, zone } = this.#place;
		return { address, port: this.#port?.local.port ?? ACTIVE_PORT, ...(zone === undefined ? {} : { zone }) };
	}

	listensAt(port: StreamPort): void {
		this.#port = port;
	}

	send(to: StunAddress, bytes: Uint8Array): SystemError | null {
		const key = formatEndpoint(to);
		const known = this.#known.get(key);
		if (known !== undefined) return known.connection.send(bytes);
		if (!this.#open || this.#place.tcpType === "passive") return systemError("send", ERRNO.ENOTCONN, to.address);
		const refusal = this.#refusals.get(key);
		if (refusal !== undefined) return refusal.error;
		const { most = MOST_CONNECTIONS } = this.#place;
		if (this.#known.size >= most) return systemError("connect", ERRNO.EAGAIN, to.address);
		const opening = this.#add(to, { accepted: false });
		this.#connect(opening);
		return opening.connection.send(bytes);
	}

	/** A peer has connected. It may be one that we are connecting to, which then need not come to be. */
	welcome(stream: StreamTransport, { address, port }: TransportAddress): StreamListener {
		const peer = { address, port };
		const known = this.#known.get(formatEndpoint(peer));
		const isMeeting = known?.connection.isOpening === true;
		if (known !== undefined && !isMeeting) this.#remove(known);
		const { connection } = isMeeting && known !== undefined ? known : this.#add(peer, { accepted: true });
		if (known?.retry) clearTimeout(known.retry);
		// What it brings comes in the next turn, when whoever called this knows the listener.
		connection.accept(stream);
		return connection.listener(() => stream);
	}

	close(): void {
		this.#open = false;
		this.#port?.close();
		for (const known of [...this.#known.values()]) this.#remove(known);
		for (const { timer } of this.#refusals.values()) clearTimeout(timer);
		this.#refusals.clear();
	}

	#add(peer: StunAddress, options: { readonly accepted: boolean }): Known {
		const connection = new TcpConnection(
			peer,
			{
				packet: (bytes, at) => this.#listener.received(peer, bytes, { at, stamp: "user" }),
				unopened: (error) => this.#tryAgain(known, error),
				ended: (error) => this.#ended(known, error),
			},
			options,
		);
		const known: Known = { connection, attempts: 0, silentLooks: 0, retry: null };
		this.#known.set(formatEndpoint(peer), known);
		this.#looks ??= setInterval(() => this.#look(), LOOK_MS);
		return known;
	}

	#connect(known: Known): void {
		const { connection } = known;
		const { address, zone } = this.#place;
		const to = { ...connection.peer, ...(zone === undefined ? {} : { zone }) };
		known.attempts++;
		known.retry = null;
		const listener = connection.listener(() => stream);
		const request = { protocol: "tcp", to, source: zoned(address, zone), serverName: "" } as const;
		const stream: StreamTransport =
			this.#port === null ? openStream(request, listener, this.#backend.clock) : this.#port.connect(to, listener);
		connection.carryBy(stream);
	}

	/** Whether it is tried again. */
	#tryAgain(known: Known, { errnoName }: SystemError): boolean {
		if (this.#place.tcpType !== "so" || known.attempts > RETRIES || !TOO_EARLY.has(errnoName)) return false;
		known.retry = setTimeout(() => this.#connect(known), RETRY_MS * 2 ** (known.attempts - 1));
		return true;
	}

	#ended(known: Known, error: SystemError): void {
		const { peer } = known.connection;
		this.#remove(known);
		if (!this.#open) return;
		this.#holdOff(peer, error);
		this.#listener.refused(peer, error);
	}

	#holdOff(peer: StunAddress, error: SystemError): void {
		const key = formatEndpoint(peer);
		const timer = setTimeout(() => this.#refusals.delete(key), REFUSED_MS);
		this.#refusals.set(key, { error, timer });
	}

	#remove(known: Known): void {
		const { connection, retry } = known;
		connection.close();
		if (retry !== null) clearTimeout(retry);
		const key = formatEndpoint(connection.peer);
		if (this.#known.get(key) === known) this.#known.delete(key);
		if (this.#known.size > 0 || this.#looks === null) return;
		clearInterval(this.#looks);
		this.#looks = null;
	}

	#look(): void {
		for (const known of [...this.#known.values()]) {
			const { isProven, peer } = known.connection;
			const heard = known.connection.takeHeard();
			known.silentLooks = heard && isProven ? 0 : known.silentLooks + 1;
			if (known.silentLooks < (isProven ? SILENT_LOOKS : UNPROVEN_LOOKS)) continue;
			this.#ended(known, systemError("read", ERRNO.ETIMEDOUT, peer.address));
		}
	}
}
