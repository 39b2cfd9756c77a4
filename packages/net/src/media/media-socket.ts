/**
 * A UDP socket for media, which a trace can borrow: its probes then leave on the same 5-tuple, between two packets of its
 * owner's, each with a TTL of its own as ancillary data. So routers that spread flows over several ways send probes and
 * media the same way, and no packet of the owner's ever leaves with another TTL.
 */
import type { Family, IcmpErrorReply, Instant, SystemError } from "@whither/core";
import type { PacketClass } from "@whither/wire";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { fragmentOption, mediaOptions, tosOption } from "../channel/socket-options.ts";
import { type Clock, createClock } from "../clock.ts";
import { isSystemError } from "../errors.ts";
import { IP_PMTUDISC_PROBE } from "../native/constants.ts";
import type { SocketOption } from "../native/socket.ts";
import { openWorkspace, type Workspace } from "../native/workspace.ts";
import type { TransportAddress } from "../transport/transport.ts";
import { openUdpSocket, type UdpPlace } from "../transport/udp-socket.ts";
import { LiveSocket } from "./live-socket.ts";

/** A datagram to send. Its bytes may be used again once the call has returned. */
export interface OutgoingMedia {
	readonly to: TransportAddress;
	readonly bytes: Uint8Array;
	/** What `sent` is to call it, a number below 2^53; absent: nobody wants to know. */
	readonly id?: number;
}

/** A datagram that came in. */
export interface IncomingMedia {
	readonly from: TransportAddress;
	/** What it looks like by its first byte (RFC 7983). */
	readonly kind: PacketClass;
	/** The receiver's to keep. */
	readonly bytes: Uint8Array;
	/** Arrival on the scale of the socket's clock, and who took it: the kernel as it came in, or we when we read it. */
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
	/** TTL or hop limit and TOS or traffic class that it arrived with; null where unknown. */
	readonly ttl: number | null;
	readonly tos: number | null;
}

/** An ICMP error about a datagram of the owner's. */
export interface RefusedMedia extends IcmpErrorReply {
	/** Whom the datagram was for. */
	readonly to: TransportAddress;
	/** What the kernel makes of it: `noRoute`, `systemCall` with ECONNREFUSED, ... */
	readonly error: SystemError;
}

/** What the owner is told. Nothing comes before the call that opened the socket has returned, nor after `close`. */
export interface MediaListener {
	/** A datagram that answers no probe, in the order of arrival. */
	received(datagram: IncomingMedia): void;
	/** An ICMP error about a datagram of the owner's own; absent: not wanted. */
	refused?(error: RefusedMedia): void;
	/** When a datagram with an id left, by the kernel's clock; not told where the kernel or the device takes no such time. */
	sent?(id: number, at: Instant): void;
	/** The socket is of no more use (`networkDown`, ...); its owner is to close it. */
	broken?(error: SystemError): void;
}

/** Datagrams of the owner's, counted since the socket was opened. */
export interface MediaCounters {
	readonly sent: number;
	readonly received: number;
	/** Sends that an ICMP error about an earlier packet made fail, and that were done again at once. */
	readonly sentAgain: number;
	/** Dropped by the kernel since they came faster than they were read. */
	readonly dropped: number;
}

/** One of a batch that did not leave. */
export interface UnsentMedia {
	readonly index: number;
	readonly error: SystemError;
}

/** An open socket. All of it happens in the thread that opened it. */
export interface MediaSocket {
	readonly family: Family;
	/** Where it is bound; the address is "0.0.0.0" or "::" for all. */
	readonly local: TransportAddress;
	/** The scale of its instants. */
	readonly clock: Clock;
	/** The TOS byte or traffic class that its datagrams leave with. */
	readonly tos: number;
	readonly counters: MediaCounters;
	/**
	 * Sends one datagram now. Null, or why it did not leave: `noBuffers` where the device takes no more at the moment. An
	 * ICMP error about an earlier packet, which makes a plain send fail, is no reason.
	 */
	send(to: TransportAddress, bytes: Uint8Array): SystemError | null;
	/** Sends many in order; those that did not leave. */
	sendBatch(datagrams: readonly OutgoingMedia[]): readonly UnsentMedia[];
	/** Lends the socket to a trace; any number at a time. Closing the channel gives it back. */
	borrow(request: ChannelRequest): Channel | SystemError;
	/** Ends it, and with an error the traces that have borrowed it. */
	close(): void;
}

/** How one is opened. */
export interface MediaSocketOptions extends UdpPlace {
	/** The TOS byte or traffic class of all that it sends, probes included. */
	readonly tos?: number;
	/** Nothing is cut into fragments: what is too long for the first link does not leave (`messageTooLong`). */
	readonly dontFragment?: boolean;
}

/** Opens one, or says which call failed: `unsupportedPlatform` anywhere but on Linux, `addressNotAvailable`, ... */
export function openMediaSocket(options: MediaSocketOptions, listener: MediaListener): MediaSocket | SystemError {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	return openMediaOn({ workspace, clock: createClock(workspace) }, options, listener);
}

/** The same by a clock of the caller's. */
export function openMediaOn(
	{ workspace, clock }: { readonly workspace: Workspace; readonly clock: Clock },
	options: MediaSocketOptions,
	listener: MediaListener,
): MediaSocket | SystemError {
	const { family } = options;
	const fd = openUdpSocket(workspace, options, [...sendingOptions(options), ...mediaOptions(family)]);
	if (isSystemError(fd)) return fd;
	const live = LiveSocket.open({ workspace, fd, family, listener, clock });
	if (isSystemError(live)) workspace.libc.close(fd);
	return live;
}

function sendingOptions({ family, tos = 0, dontFragment = false }: MediaSocketOptions): readonly SocketOption[] {
	return [
		...(tos === 0 ? [] : [tosOption(family, tos)]),
		...(dontFragment ? [fragmentOption(family, IP_PMTUDISC_PROBE)] : []),
	];
}
