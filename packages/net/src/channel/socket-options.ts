/** The options of sockets by the family's own numbers, for channels, media and transports alike. */
import type { Family } from "@whither/core";
import { parseAddress } from "@whither/wire";
import {
	IP_ADD_MEMBERSHIP,
	IP_MTU_DISCOVER,
	IP_MULTICAST_ALL,
	IP_MULTICAST_IF,
	IP_MULTICAST_LOOP,
	IP_MULTICAST_TTL,
	IP_PKTINFO,
	IP_RECVERR,
	IP_RECVERR_RFC4884,
	IP_RECVTOS,
	IP_RECVTTL,
	IP_TOS,
	IP_TTL,
	IPV6_ADD_MEMBERSHIP,
	IPV6_HOPLIMIT,
	IPV6_MTU_DISCOVER,
	IPV6_MULTICAST_ALL,
	IPV6_MULTICAST_HOPS,
	IPV6_MULTICAST_IF,
	IPV6_MULTICAST_LOOP,
	IPV6_RECVERR,
	IPV6_RECVERR_RFC4884,
	IPV6_RECVHOPLIMIT,
	IPV6_RECVPKTINFO,
	IPV6_RECVTCLASS,
	IPV6_TCLASS,
	IPV6_UNICAST_HOPS,
	IPV6_V6ONLY,
	SO_RCVBUF,
	SO_RCVBUFFORCE,
	SO_REUSEADDR,
	SO_REUSEPORT,
	SO_RXQ_OVFL,
	SO_SNDBUF,
	SO_SNDBUFFORCE,
	SO_TIMESTAMPING,
	SOF_TIMESTAMPING_OPT_ID,
	SOF_TIMESTAMPING_OPT_TSONLY,
	SOF_TIMESTAMPING_RX_SOFTWARE,
	SOF_TIMESTAMPING_SOFTWARE,
	SOF_TIMESTAMPING_TX_SOFTWARE,
	SOL_IP,
	SOL_IPV6,
	SOL_SOCKET,
} from "../native/constants.ts";
import { deviceOption, type SocketOption } from "../native/socket.ts";

/** Options of one level that differ only in their numbers between the families. */
const NAMES = {
	4: {
		level: SOL_IP,
		ttl: IP_TTL,
		ttlControl: IP_TTL,
		tos: IP_TOS,
		discover: IP_MTU_DISCOVER,
		recvErr: IP_RECVERR,
		rfc4884: IP_RECVERR_RFC4884,
		recvTtl: IP_RECVTTL,
		recvTos: IP_RECVTOS,
		recvInfo: IP_PKTINFO,
		multicast: {
			all: IP_MULTICAST_ALL,
			interface: IP_MULTICAST_IF,
			loop: IP_MULTICAST_LOOP,
			ttl: IP_MULTICAST_TTL,
			join: IP_ADD_MEMBERSHIP,
		},
	},
	6: {
		level: SOL_IPV6,
		ttl: IPV6_UNICAST_HOPS,
		ttlControl: IPV6_HOPLIMIT,
		tos: IPV6_TCLASS,
		discover: IPV6_MTU_DISCOVER,
		recvErr: IPV6_RECVERR,
		rfc4884: IPV6_RECVERR_RFC4884,
		recvTtl: IPV6_RECVHOPLIMIT,
		recvTos: IPV6_RECVTCLASS,
		recvInfo: IPV6_RECVPKTINFO,
		multicast: {
			all: IPV6_MULTICAST_ALL,
			interface: IPV6_MULTICAST_IF,
			loop: IPV6_MULTICAST_LOOP,
			ttl: IPV6_MULTICAST_HOPS,
			join: IPV6_ADD_MEMBERSHIP,
		},
	},
} as const;

/** Unread errors and stamps are charged to the receive buffer; the default keeps 255 of them. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Options that make the error queue carry all it can. Without RFC 4884 support (before 5.9) we look for ourselves. */
export function errorQueueOptions(family: Family): readonly SocketOption[] {
	const { level, rfc4884 } = NAMES[family];
	return [
		errorsOption(family),
		{ label: "IP_RECVERR_RFC4884", level, name: rfc4884, value: 1, need: "try" },
		...headerOptions(family),
		...bufferOptions(),
	];
}

/** The option that has ICMP errors wait in the error queue. */
export function errorsOption(family: Family): SocketOption {
	const { level, recvErr } = NAMES[family];
	return { label: "IP_RECVERR", level, name: recvErr, value: 1 };
}

/** Options that make a media socket tell what a trace has to know, and its own drops. */
export function mediaOptions(family: Family): readonly SocketOption[] {
	return [...errorQueueOptions(family), dropsOption()];
}

/** The option that has the kernel count what it drops since it comes faster than it is read. */
export function dropsOption(): SocketOption {
	return { label: "SO_RXQ_OVFL", level: SOL_SOCKET, name: SO_RXQ_OVFL, value: 1, need: "try" };
}

/** The option that keeps IPv4 in disguise (::ffff:0:0/96) off an IPv6 socket; none for IPv4. */
export function v6OnlyOptions(family: Family): readonly SocketOption[] {
	if (family === 4) return [];
	return [{ label: "IPV6_V6ONLY", level: SOL_IPV6, name: IPV6_V6ONLY, value: 1, need: "try" }];
}

/** The option that hands up which of our addresses a packet came to. */
export function packetInfoOption(family: Family): SocketOption {
	const { level, recvInfo: name } = NAMES[family];
	return { label: "IP_PKTINFO", level, name, value: 1 };
}

/** The option that sets a socket's TOS byte or traffic class for all it sends. */
export function tosOption(family: Family, value: number): SocketOption {
	const { level, tos: name } = NAMES[family];
	return { label: "IP_TOS", level, name, value };
}

/** The option that says whether packets may be cut into fragments (IP_PMTUDISC_...). */
export function fragmentOption(family: Family, value: number): SocketOption {
	const { level, discover: name } = NAMES[family];
	return { label: "IP_MTU_DISCOVER", level, name, value };
}

/** Options that hand up TTL and TOS of what arrives. */
export function headerOptions(family: Family): readonly SocketOption[] {
	const { level, recvTtl, recvTos } = NAMES[family];
	return [
		{ label: "IP_RECVTTL", level, name: recvTtl, value: 1, need: "try" },
		{ label: "IP_RECVTOS", level, name: recvTos, value: 1, need: "try" },
	];
}

/** Options that raise the receive buffer, beyond the system's limit where we may. */
export function bufferOptions(value = RECEIVE_BUFFER_BYTES): readonly SocketOption[] {
	return [
		{ label: "SO_RCVBUF", level: SOL_SOCKET, name: SO_RCVBUF, value, need: "try" },
		{ label: "SO_RCVBUFFORCE", level: SOL_SOCKET, name: SO_RCVBUFFORCE, value, need: "try" },
	];
}

/** Options that size what waits to leave, beyond the system's limit where we may. */
export function sendBufferOptions(value: number): readonly SocketOption[] {
	return [
		{ label: "SO_SNDBUF", level: SOL_SOCKET, name: SO_SNDBUF, value, need: "try" },
		{ label: "SO_SNDBUFFORCE", level: SOL_SOCKET, name: SO_SNDBUFFORCE, value, need: "try" },
	];
}

const RECEIVE_STAMPS = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
const SEND_STAMPS = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;

/**
 * What the option that asks for kernel stamps says. `sendIds` numbers the transmit stamps; `askedIds` too, but only packets
 * that ask for one are stamped as they leave.
 */
const STAMPS = {
	receive: RECEIVE_STAMPS,
	send: RECEIVE_STAMPS | SEND_STAMPS,
	sendIds: RECEIVE_STAMPS | SEND_STAMPS | SOF_TIMESTAMPING_OPT_ID,
	askedIds: RECEIVE_STAMPS | SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_ID,
} as const;

/** The option that asks for kernel stamps. */
export function stampOption(want: keyof typeof STAMPS): SocketOption {
	const value = STAMPS[want];
	return { label: "SO_TIMESTAMPING", level: SOL_SOCKET, name: SO_TIMESTAMPING, value, need: "try" };
}

/** The option that sets a socket's TTL or hop limit for all it sends. */
export function ttlOption(family: Family, ttl: number): SocketOption {
	return { label: "IP_TTL", level: NAMES[family].level, name: NAMES[family].ttl, value: ttl };
}

/** The control message that sets the TTL or hop limit of one packet. */
export function ttlControl(family: Family, ttl: number): { level: number; type: number; value: number } {
	return { level: NAMES[family].level, type: NAMES[family].ttlControl, value: ttl };
}

/** The control messages of one packet: its TTL, and its TOS where that is not the trace's. */
export function packetControls(
	family: Family,
	{ ttl, tos }: { readonly ttl: number; readonly tos?: number },
): readonly { level: number; type: number; value: number }[] {
	const own = ttlControl(family, ttl);
	return tos === undefined ? [own] : [own, { level: NAMES[family].level, type: NAMES[family].tos, value: tos }];
}

/** A multicast group on one link. */
export interface GroupPlace {
	/** The group. */
	readonly address: string;
	/** Name of the interface, and its index. */
	readonly interface: string;
	readonly index: number;
}

/** What neither goes to another link nor comes from one has the highest TTL there is (RFC 6762 section 11). */
const LINK_TTL = 255;

/**
 * Options, to be set before bind(2), of a socket that hears a group on one link and sends to it there; other programs may
 * have the same port, and those of this machine hear what it sends. Before 5.7 only root may tie it to the interface.
 */
export function groupOptions(family: Family, { address, interface: name, index }: GroupPlace): readonly SocketOption[] {
	const { level, multicast } = NAMES[family];
	const own = (label: string, number: number, value: number | Uint8Array): SocketOption => {
		return { label: `IP_${label}`, level, name: number, value };
	};
	return [
		{ label: "SO_REUSEADDR", level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 },
		{ label: "SO_REUSEPORT", level: SOL_SOCKET, name: SO_REUSEPORT, value: 1, need: "try" },
		{ ...deviceOption(name), need: "try" },
		own("ADD_MEMBERSHIP", multicast.join, membership(family, address, index)),
		own("MULTICAST_IF", multicast.interface, family === 4 ? membership(family, address, index) : index),
		{ ...own("MULTICAST_ALL", multicast.all, 0), need: "try" },
		own("MULTICAST_LOOP", multicast.loop, 1),
		own("MULTICAST_TTL", multicast.ttl, LINK_TTL),
		ttlOption(family, LINK_TTL),
	];
}

/** struct ip_mreqn (group, our address, interface) or ipv6_mreq (group, interface). Throws RangeError for no address. */
function membership(family: Family, group: string, index: number): Uint8Array {
	const address = parseAddress(group);
	const [length, at] = family === 4 ? [12, 8] : [20, 16];
	if (!(address instanceof Uint8Array) || address.length > at) throw new RangeError(`not a group: ${group}`);
	const value = new Uint8Array(length);
	value.set(address);
	new DataView(value.buffer).setUint32(at, index, true);
	return value;
}
