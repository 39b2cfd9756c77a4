/** The socket options and addresses that one trace's request comes to, the same for every kind of socket. */
import type { Family } from "@whither/core";
import { parseAddress } from "@whither/wire";
import {
	IP_MTU_DISCOVER,
	IP_PMTUDISC_DO,
	IP_PMTUDISC_DONT,
	IP_PMTUDISC_PROBE,
	IP_RECVERR,
	IP_RECVERR_RFC4884,
	IP_RECVTOS,
	IP_RECVTTL,
	IP_TOS,
	IP_TTL,
	IPV6_DONTFRAG,
	IPV6_FL_A_GET,
	IPV6_FL_F_CREATE,
	IPV6_FL_S_ANY,
	IPV6_FLOWINFO_SEND,
	IPV6_FLOWLABEL_MGR,
	IPV6_HOPLIMIT,
	IPV6_MTU_DISCOVER,
	IPV6_RECVERR,
	IPV6_RECVERR_RFC4884,
	IPV6_RECVHOPLIMIT,
	IPV6_RECVTCLASS,
	IPV6_TCLASS,
	IPV6_UNICAST_HOPS,
	IPV6_V6ONLY,
	SO_DONTROUTE,
	SO_MARK,
	SO_RCVBUF,
	SO_RCVBUFFORCE,
	SO_REUSEADDR,
	SO_RXQ_OVFL,
	SO_TIMESTAMPING,
	SOF_TIMESTAMPING_OPT_ID,
	SOF_TIMESTAMPING_OPT_TSONLY,
	SOF_TIMESTAMPING_RX_SOFTWARE,
	SOF_TIMESTAMPING_SOFTWARE,
	SOF_TIMESTAMPING_TX_SOFTWARE,
	SOL_IP,
	SOL_IPV6,
	SOL_SOCKET,
	SOL_UDPLITE,
	UDPLITE_SEND_CSCOV,
} from "../native/constants.ts";
import type { SockaddrFields } from "../native/sockaddr.ts";
import { deviceOption, type SocketOption } from "../native/socket.ts";
import type { ChannelRequest } from "./channel.ts";
import { firstStop, sourceRouteOptions } from "./source-route.ts";

/** The part of a request that the kernel's routing depends on. */
export type RouteRequest = Pick<
	ChannelRequest,
	"family" | "target" | "port" | "source" | "interface" | "tos" | "flowLabel" | "bypassRouting" | "gateways" | "fwmark"
>;

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
	},
} as const;

/** Unread errors and stamps are charged to the receive buffer; the default keeps 255 of them. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Options that decide where packets of this request go: device, mark, TOS, no gateway, flow label. */
export function routeOptions(request: RouteRequest): readonly SocketOption[] {
	const { family } = request;
	const names = NAMES[family];
	const options: SocketOption[] = [];
	if (family === 6) options.push({ label: "IPV6_V6ONLY", level: SOL_IPV6, name: IPV6_V6ONLY, value: 1, need: "try" });
	if (request.interface !== null) options.push(deviceOption(request.interface));
	if (request.fwmark !== null) {
		options.push({ label: "SO_MARK", level: SOL_SOCKET, name: SO_MARK, value: request.fwmark });
	}
	if (request.bypassRouting) {
		options.push({ label: "SO_DONTROUTE", level: SOL_SOCKET, name: SO_DONTROUTE, value: 1 });
	}
	options.push(...sourceRouteOptions(request));
	if (request.tos !== 0) options.push({ label: "IP_TOS", level: names.level, name: names.tos, value: request.tos });
	if (family === 6 && request.flowLabel !== 0) options.push(...flowLabelOptions(request));
	return options;
}

/** Options of every socket that sends probes: where they go and whether they may be cut into fragments. */
export function probeOptions(request: ChannelRequest): readonly SocketOption[] {
	const { family, dontFragment, need } = request;
	// TCP sets the bit only where the kernel may also heed the path's MTU; other probes go out whatever it knows.
	const whole = need.transport === "tcpConnect" ? IP_PMTUDISC_DO : IP_PMTUDISC_PROBE;
	const discover = dontFragment ? whole : IP_PMTUDISC_DONT;
	const options: SocketOption[] = [
		...routeOptions(request),
		{
			label: "IP_MTU_DISCOVER",
			level: NAMES[family].level,
			name: NAMES[family].discover,
			value: discover,
			need: "try",
		},
	];
	if (family === 6 && dontFragment) {
		options.push({ label: "IPV6_DONTFRAG", level: SOL_IPV6, name: IPV6_DONTFRAG, value: 1, need: "try" });
	}
	if (need.kind === "errorQueue" && need.checksumCoverage !== undefined) {
		const { checksumCoverage: value } = need;
		options.push({ label: "UDPLITE_SEND_CSCOV", level: SOL_UDPLITE, name: UDPLITE_SEND_CSCOV, value });
	}
	return options;
}

/** Options that make the error queue carry all it can. Without RFC 4884 support (before 5.9) we look for ourselves. */
export function errorQueueOptions(family: Family): readonly SocketOption[] {
	const { level, recvErr, rfc4884 } = NAMES[family];
	return [
		{ label: "IP_RECVERR", level, name: recvErr, value: 1 },
		{ label: "IP_RECVERR_RFC4884", level, name: rfc4884, value: 1, need: "try" },
		...headerOptions(family),
		...bufferOptions(),
	];
}

/** Options that make a media socket tell what a trace has to know, and its own drops. */
export function mediaOptions(family: Family): readonly SocketOption[] {
	const drops = { label: "SO_RXQ_OVFL", level: SOL_SOCKET, name: SO_RXQ_OVFL, value: 1, need: "try" } as const;
	return [...errorQueueOptions(family), drops];
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
export function bufferOptions(): readonly SocketOption[] {
	return [
		{ label: "SO_RCVBUF", level: SOL_SOCKET, name: SO_RCVBUF, value: RECEIVE_BUFFER_BYTES, need: "try" },
		{ label: "SO_RCVBUFFORCE", level: SOL_SOCKET, name: SO_RCVBUFFORCE, value: RECEIVE_BUFFER_BYTES, need: "try" },
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

/** The options that set TTL and TOS for all that a socket sends. */
export function packetOptions(
	request: ChannelRequest,
	{ ttl, tos }: { readonly ttl: number; readonly tos?: number },
): readonly SocketOption[] {
	const { family } = request;
	const { level, tos: name } = NAMES[family];
	return [ttlOption(family, ttl), { label: "IP_TOS", level, name, value: tos ?? request.tos }];
}

/** So many ports are not to be had without privilege. */
const PRIVILEGED_PORTS = 1024;
const PORTS = 65_536;

/** The source port of the `index`-th socket: upwards from the one asked for, and behind the last port from 1024 on; 0: any. */
export function sourcePortOf({ sourcePort }: ChannelRequest, index: number): number {
	if (sourcePort === null) return 0;
	const port = sourcePort + index;
	return port < PORTS ? port : PRIVILEGED_PORTS + ((port - PORTS) % (PORTS - PRIVILEGED_PORTS));
}

/** A source port asked for is taken even where an old connection from it still lingers (TIME_WAIT). */
export function reuseOptions({ sourcePort }: ChannelRequest): readonly SocketOption[] {
	if (sourcePort === null) return [];
	return [{ label: "SO_REUSEADDR", level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 }];
}

/** Where probes go. `scope` is the interface's index, which link-local addresses need. */
export function destinationFields(request: RouteRequest, port: number, scope: number): SockaddrFields {
	const { family, target, flowLabel } = request;
	return { family, address: target, port, scope, flowInfo: family === 6 ? flowLabel : 0 };
}

/**
 * struct in6_flowlabel_req (destination 16, label 4, action 1, sharing 1, flags 2, expiry 2, linger 2, padding 4):
 * leases the label, which kernels before 5.3 demand; then IPV6_FLOWINFO_SEND makes the socket address carry it.
 */
function flowLabelOptions(request: RouteRequest): readonly SocketOption[] {
	const lease = new Uint8Array(32);
	const address = parseAddress(firstStop(request));
	if (address instanceof Uint8Array) lease.set(address);
	const view = new DataView(lease.buffer);
	view.setUint32(16, request.flowLabel);
	view.setUint8(20, IPV6_FL_A_GET);
	view.setUint8(21, IPV6_FL_S_ANY);
	view.setUint16(22, IPV6_FL_F_CREATE, true);
	return [
		{ label: "IPV6_FLOWLABEL_MGR", level: SOL_IPV6, name: IPV6_FLOWLABEL_MGR, value: lease, need: "try" },
		{ label: "IPV6_FLOWINFO_SEND", level: SOL_IPV6, name: IPV6_FLOWINFO_SEND, value: 1 },
	];
}
