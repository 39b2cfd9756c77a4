/**
 * A UDP socket for media, which a trace can borrow: its probes then leave on the same 5-tuple, between two packets of its
 * owner's, each with a TTL of its own as ancillary data. So routers that spread flows over several ways send probes and
 * media the same way, and no packet of the owner's ever leaves with another TTL.
 */
import type { Family, IcmpErrorReply, Instant, SystemError } from "@whither/core";
import type { PacketClass } from "@whither/wire";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { mediaOptions } from "../channel/socket-options.ts";
import { type Clock, createClock } from "../clock.ts";
import { isSystemError } from "../errors.ts";
import {
	IP_MTU_DISCOVER,
	IP_PMTUDISC_PROBE,
	IP_TOS,
	IPV6_MTU_DISCOVER,
	IPV6_TCLASS,
	IPV6_V6ONLY,
	SOCK_DGRAM,
	SOL_IP,
	SOL_IPV6,
} from "../native/constants.ts";
import { bindSocket, openSocket, prepared, type SocketOption, setOptions } from "../native/socket.ts";
import { openWorkspace } from "../native/workspace.ts";
import { scopeOf } from "../transport/native-socket.ts";
import type { TransportAddress } from "../transport/transport.ts";
import { LiveSocket } from "./live-socket.ts";

/** A datagram to send. Its bytes may be used again once the call has returned. */
export interface OutgoingMedia {
	readonly to: TransportAddress;
	readonly bytes: Uint8Array;
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

/** What the owner is told. Nothing comes before the call that opened the socket has returned, nor after `close`. */
export interface MediaListener {
	/** A datagram that answers no probe, in the order of arrival. */
	received(datagram: IncomingMedia): void;
	/** An ICMP error about a datagram of the owner's own; absent: not wanted. */
	refused?(error: IcmpErrorReply): void;
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
export interface MediaSocketOptions {
	readonly family: Family;
	/** Numeric; absent: all that this machine has. An IPv6 socket takes no IPv4 in disguise (::ffff:0:0/96). */
	readonly address?: string;
	/** Of a link-local address. */
	readonly zone?: string;
	/** Absent: the kernel's choice. */
	readonly port?: number;
	/** The TOS byte or traffic class of all that it sends, probes included. */
	readonly tos?: number;
	/** Nothing is cut into fragments: what is too long for the first link does not leave (`messageTooLong`). */
	readonly dontFragment?: boolean;
}

/** Opens one, or says which call failed: `unsupportedPlatform` anywhere but on Linux, `addressNotAvailable`, ... */
export function openMediaSocket(options: MediaSocketOptions, listener: MediaListener): MediaSocket | SystemError {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	const { family, address = null, port = 0, zone } = options;
	const scope = scopeOf(workspace, zone);
	if (isSystemError(scope)) return scope;
	const fd = prepared(workspace, openSocket(workspace, { family, type: SOCK_DGRAM, protocol: 0 }), (fd) => {
		const failed = setOptions(workspace, fd, [...sendingOptions(options), ...mediaOptions(family)]);
		return failed ?? bindSocket(workspace, fd, { family, address, port, scope });
	});
	if (isSystemError(fd)) return fd;
	const live = LiveSocket.open({ workspace, fd, family, listener, clock: createClock(workspace) });
	if (isSystemError(live)) workspace.libc.close(fd);
	return live;
}

function sendingOptions({ family, tos = 0, dontFragment = false }: MediaSocketOptions): readonly SocketOption[] {
	const v4 = family === 4;
	const level = v4 ? SOL_IP : SOL_IPV6;
	const options: SocketOption[] = v4 ? [] : [{ label: "IPV6_V6ONLY", level, name: IPV6_V6ONLY, value: 1 }];
	if (tos !== 0) options.push({ label: "IP_TOS", level, name: v4 ? IP_TOS : IPV6_TCLASS, value: tos });
	const name = v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER;
	if (dontFragment) options.push({ label: "IP_MTU_DISCOVER", level, name, value: IP_PMTUDISC_PROBE });
	return options;
}
