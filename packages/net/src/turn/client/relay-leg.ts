/** The legs of a relay: the socket or the connection between us and the server. */

import type { Family, Instant, SystemError } from "@whither/core";
import { addressFamily, formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import type { Backend } from "../../backend.ts";
import type { Channel, ChannelRequest } from "../../channel/channel.ts";
import { isSystemError, systemError } from "../../errors.ts";
import { ERRNO } from "../../native/errno.ts";
import { StreamMessages } from "../../serving/stream-messages.ts";
import { openDatagram } from "../../transport/open.ts";
import { sourceAddressFor } from "../../transport/source-address.ts";
import { openStreamToServer } from "../../transport/stream-to-server.ts";
import type { TransportAddress } from "../../transport/transport.ts";
import type { RelayCause, RelayOrder } from "./relay-io.ts";

/** A message that came in. */
export interface LegMessage {
	readonly bytes: Uint8Array;
	readonly from: TransportAddress;
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
}

/** What a leg tells. */
export interface LegListener {
	/** TLS: the connection below it stands. */
	connected(): void;
	/** It stands; a socket tells that in the next turn. */
	opened(): void;
	received(message: LegMessage): void;
	/** Datagrams: one did not leave, or an ICMP error came back. */
	failed(error: SystemError, to: TransportAddress | null): void;
	/** Streams: it has ended. */
	closed(cause: RelayCause | null): void;
}

/** One leg. */
export interface RelayLeg {
	/** Our end; null while it is not known. */
	readonly local: TransportAddress | null;
	readonly waitingBytes: number;
	send(messages: readonly Uint8Array[], to: TransportAddress): void;
	borrow(request: ChannelRequest): Channel | SystemError;
	/** Tells nothing more. */
	close(): void;
}

/** Opens one; the error of the call that failed, of streams told later. */
export function openLeg(backend: Backend, order: RelayOrder, listener: LegListener): RelayLeg | SystemError {
	return order.transport === "udp"
		? openDatagramLeg(backend, order, listener)
		: openStreamLeg(backend, order, listener);
}

/** The family of an address that a server was named by. */
export function familyOf({ address }: TransportAddress): Family {
	return addressFamily(address) ?? 4;
}

/** Bound to the address that packets to the server leave from: the allocation is held by it. */
function openDatagramLeg(backend: Backend, order: RelayOrder, listener: LegListener): RelayLeg | SystemError {
	const { server, source = null, sourcePort = 0, tos = 0 } = order;
	const family = familyOf(server);
	const address = source ?? sourceAddressFor(backend, { family, ...server });
	if (isSystemError(address)) return address;
	const zone = server.zone === undefined ? {} : { zone: server.zone };
	let open = true;
	const socket = openDatagram(
		backend,
		{ family, address, port: sourcePort, tos, use: "client", ...zone },
		{
			received: (datagrams) => {
				for (const { bytes, from, at, stamp } of datagrams) if (open) listener.received({ bytes, from, at, stamp });
			},
			failed: (error, to) => listener.failed(error, to),
		},
	);
	if (isSystemError(socket)) return socket;
	queueMicrotask(() => {
		if (open) listener.opened();
	});
	return {
		local: socket.local,
		waitingBytes: 0,
		send: (messages, to) => socket.send(messages.map((bytes) => ({ to: { ...to, ...zone }, bytes }))),
		borrow: (request) => socket.borrow?.(request) ?? unsupported("borrow"),
		close: () => {
			open = false;
			socket.close();
		},
	};
}

function openStreamLeg(backend: Backend, order: RelayOrder, listener: LegListener): RelayLeg {
	const messages = new StreamMessages({ channelData: true });
	let local: TransportAddress | null = null;
	let open = true;
	const stream = openStreamToServer(
		order,
		{
			connected: () => {
				if (open) listener.connected();
			},
			opened: (ends) => {
				local = ends.local;
				listener.opened();
			},
			received: (bytes, at) => {
				const { server } = order;
				for (const message of messages.push(bytes)) {
					if (open) listener.received({ bytes: message, from: server, at, stamp: "user" });
				}
				if (!messages.broken || !open) return;
				stream.destroy();
				listener.closed({ code: "notStun" });
			},
			closed: (failure) => listener.closed(failure),
		},
		backend.clock,
	);
	return {
		get local() {
			return local;
		},
		get waitingBytes() {
			return stream.waitingBytes;
		},
		send: (outgoing) => {
			for (const bytes of outgoing) stream.send(bytes);
		},
		borrow: () => unsupported("borrow a stream"),
		close: () => {
			open = false;
			stream.destroy();
		},
	};
}

function unsupported(call: string): SystemError {
	return systemError(call, ERRNO.EPROTONOSUPPORT);
}

/** An address as answers come from it; what is none stays as it is. */
export function canonicalText(address: string): string {
	const bytes = parseAddress(address);
	return isDecodeError(bytes) ? address : formatAddress(bytes);
}
