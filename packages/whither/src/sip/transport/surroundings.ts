/** What the transports know of the machine they run on. Tests have another. */
import { randomBytes } from "node:crypto";
import type { Family, Instant, SystemError } from "@whither/core";
import {
	addressesToGather,
	type Backend,
	type DatagramListener,
	type DatagramTransport,
	hostAddressesBy,
	listenForStreams,
	openBackend,
	openDatagram,
	openStream,
	type StreamAcceptor,
	type StreamFailure,
	type StreamListener,
	type StreamServer,
	type StreamTransport,
	sourceAddressFor,
} from "@whither/net/transport";
import { addressFamily } from "@whither/wire";
import type { SipHop } from "./hop.ts";
import type { SipTlsOrder, SipTransportOrder } from "./transport-io.ts";

/** A numeric place of this machine. */
export interface BoundPlace {
	readonly address: string;
	readonly port: number;
}

/** The machine as the transports see it. */
export interface SipSurroundings {
	now(): Instant;
	/** Calls back after so long, unless what it returns is called first. */
	after(ms: number, call: () => void): () => void;
	/** At least 0, less than 1. */
	draw(): number;
	/** 32 random bytes. */
	drawSecret(): Uint8Array;
	/** The addresses that others may reach us at, best first. */
	addresses(order: Pick<SipTransportOrder, "families" | "loopback">): readonly string[] | SystemError;
	/** The address that packets to there leave from; null: there is no way. */
	addressTowards(to: BoundPlace): string | null;
	openDatagram(place: BoundPlace, listener: DatagramListener): DatagramTransport | SystemError;
	/** Deviation: certificates are compared as those of the web, by names and addresses, not by RFC 5922 §7's `sip:` URIs. */
	connect(to: SipHop, tls: SipTlsOrder, listener: StreamListener): StreamTransport;
	listen(
		place: BoundPlace & { readonly transport: "tcp" | "tls" },
		tls: SipTlsOrder,
		accept: StreamAcceptor,
	): Promise<StreamServer | StreamFailure>;
}

/** Connections that others may hold open, in all and from one source; ours. */
const MOST_ACCEPTED = 128;
const MOST_PER_SOURCE = 16;
/** A connection that others opened may bring nothing for so long: their keepalives come twice in it (RFC 5626 §4.4.1). */
const ACCEPTED_IDLE_MS = 300_000;
/** Of UDP's sockets, for what comes while we are busy. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** This machine, or why nothing can be opened on it. */
export function thisMachine(): SipSurroundings | SystemError {
	const backend = openBackend();
	return "errnoName" in backend ? backend : surroundingsBy(backend);
}

function surroundingsBy(backend: Backend): SipSurroundings {
	const familyOf = (address: string): Family => addressFamily(address) ?? 4;
	return {
		now: () => backend.clock.now(),
		after: (ms, call) => {
			const timer = setTimeout(call, ms);
			return () => clearTimeout(timer);
		},
		draw: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
		drawSecret: () => new Uint8Array(randomBytes(32)),
		addresses: (order) => ownAddresses(backend, order),
		addressTowards: (to) => {
			const found = sourceAddressFor(backend, { family: familyOf(to.address), ...to });
			return typeof found === "string" ? found : null;
		},
		// A relay's: ICMP errors are heard, and long messages may be fragmented on their way.
		openDatagram: ({ address, port }, listener) => {
			const buffer = { receiveBufferBytes: RECEIVE_BUFFER_BYTES };
			return openDatagram(backend, { family: familyOf(address), address, port, use: "relay", ...buffer }, listener);
		},
		connect: ({ transport, address, port, ours, serverName = address }, { authorities }, listener) => {
			const trust = authorities === undefined ? {} : { authorities };
			const protocol = transport === "tls" ? "tls" : "tcp";
			const ends = { to: { address, port }, source: ours ?? null, serverName };
			return openStream({ protocol, ...ends, ...trust }, listener, backend.clock);
		},
		listen: ({ transport, address, port }, { certificate, key }, accept) => {
			const secrets = certificate === undefined || key === undefined ? {} : { certificate, key };
			const bounds = { most: MOST_ACCEPTED, mostPerSource: MOST_PER_SOURCE, idleMs: ACCEPTED_IDLE_MS };
			const place = { protocol: transport, family: familyOf(address), address, port };
			return listenForStreams({ ...place, ...bounds, ...secrets }, accept, backend.clock);
		},
	};
}

/** Nobody else can use an address with a zone. What packets to everywhere leave from comes first. */
function ownAddresses(
	backend: Backend,
	{ families, loopback }: Pick<SipTransportOrder, "families" | "loopback">,
): readonly string[] | SystemError {
	const all = hostAddressesBy(backend);
	if ("errnoName" in all) return all;
	const options = { ...(families === undefined ? {} : { families }), ...(loopback === undefined ? {} : { loopback }) };
	const usable = addressesToGather(all, options).filter(({ zone }) => zone === undefined);
	const preferred = ELSEWHERE.map(({ family, address }) => sourceAddressFor(backend, { family, address, port: 9 }));
	const rank = (address: string): number => (preferred.includes(address) ? 0 : 1);
	return usable.map(({ address }) => address).toSorted((one, other) => rank(one) - rank(other));
}

/** Somewhere else (RFC 5737, RFC 3849); nothing is sent there. */
const ELSEWHERE = [
	{ family: 4, address: "192.0.2.1" },
	{ family: 6, address: "2001:db8::1" },
] as const;
