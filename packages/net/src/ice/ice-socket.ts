/** A UDP socket of one host address: a media socket, which traces can borrow, or one of Node's. */
import type { Instant, SystemError } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { Backend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { type MediaSocket, openMediaOn } from "../media/media-socket.ts";
import { openPortableDatagram } from "../portable/datagram.ts";
import type { TransportAddress } from "../transport/transport.ts";
import type { UdpPlace } from "../transport/udp-socket.ts";

/** Where one is opened, and the TOS byte or traffic class of what it sends. */
export interface IceSocketPlace extends UdpPlace {
	readonly address: string;
	readonly tos: number;
}

/** When a packet came, and by whose clock. */
export interface Arrival {
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
}

/** What one tells; nothing before the call that opened it has returned. */
export interface IceSocketListener {
	/** `bytes` are the listener's to keep. */
	received(from: StunAddress, bytes: Uint8Array, arrival: Arrival): void;
	/** An ICMP error about what was sent there, or it did not leave. */
	refused(to: StunAddress, error: SystemError): void;
	/** It is of no more use. */
	broken(error: SystemError): void;
}

/** An open socket, until `close`. */
export interface IceSocket {
	readonly local: TransportAddress;
	/** Lends itself to traces; null: it cannot. */
	readonly lent: Pick<MediaSocket, "borrow" | "tos"> | null;
	/** The bytes may be used again once it has returned. Null, or why it did not leave. */
	send(to: StunAddress, bytes: Uint8Array): SystemError | null;
	close(): void;
}

/** Opens one, or says which call failed. */
export function openIceSocket(
	backend: Backend,
	place: IceSocketPlace,
	listener: IceSocketListener,
): IceSocket | SystemError {
	return backend.name === "native" ? openNative(backend, place, listener) : openPortable(backend, place, listener);
}

function openNative(
	backend: Extract<Backend, { readonly name: "native" }>,
	place: IceSocketPlace,
	listener: IceSocketListener,
): IceSocket | SystemError {
	const socket = openMediaOn(backend, place, {
		received: ({ from, bytes, at, stamp }) => listener.received(unzoned(from), bytes, { at, stamp }),
		refused: ({ to, error }) => listener.refused(unzoned(to), error),
		broken: (error) => listener.broken(error),
	});
	if (isSystemError(socket)) return socket;
	return {
		local: socket.local,
		lent: socket,
		send: (to, bytes) => socket.send({ ...to, ...zoneOf(place) }, bytes),
		close: () => socket.close(),
	};
}

function openPortable({ clock }: Backend, place: IceSocketPlace, listener: IceSocketListener): IceSocket | SystemError {
	const { port = 0 } = place;
	const socket = openPortableDatagram(
		{ ...place, port, use: "client" },
		{
			received: (datagrams) => {
				for (const { from, bytes, at, stamp } of datagrams)
					listener.received(unzoned(from), bytes.slice(), { at, stamp });
			},
			failed: (error, to) => {
				if (to !== null) listener.refused(unzoned(to), error);
			},
		},
		clock,
	);
	if (isSystemError(socket)) return socket;
	return {
		local: socket.local,
		lent: null,
		send: (to, bytes) => {
			socket.send([{ to: { ...to, ...zoneOf(place) }, bytes }]);
			return null;
		},
		close: () => socket.close(),
	};
}

/** An address without its zone: the agent knows none, since the socket is bound to the link. */
function unzoned({ address, port }: TransportAddress): StunAddress {
	return { address, port };
}

function zoneOf({ zone }: UdpPlace): Pick<TransportAddress, "zone"> {
	return zone === undefined ? {} : { zone };
}
