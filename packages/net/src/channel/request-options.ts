/** What one trace's request comes to: socket options, source ports, where probes go; the same for every kind of socket. */
import { parseAddress } from "@whither/wire";
import {
	IP_PMTUDISC_DO,
	IP_PMTUDISC_DONT,
	IP_PMTUDISC_PROBE,
	IPV6_DONTFRAG,
	IPV6_FL_A_GET,
	IPV6_FL_F_CREATE,
	IPV6_FL_S_ANY,
	IPV6_FLOWINFO_SEND,
	IPV6_FLOWLABEL_MGR,
	SO_DONTROUTE,
	SO_MARK,
	SO_REUSEADDR,
	SOL_IPV6,
	SOL_SOCKET,
	SOL_UDPLITE,
	UDPLITE_SEND_CSCOV,
} from "../native/constants.ts";
import type { SockaddrFields } from "../native/sockaddr.ts";
import { deviceOption, type SocketOption } from "../native/socket.ts";
import type { ChannelRequest } from "./channel.ts";
import { fragmentOption, tosOption, ttlOption, v6OnlyOptions } from "./socket-options.ts";
import { firstStop, sourceRouteOptions } from "./source-route.ts";

/** The part of a request that the kernel's routing depends on. */
export type RouteRequest = Pick<
	ChannelRequest,
	"family" | "target" | "port" | "source" | "interface" | "tos" | "flowLabel" | "bypassRouting" | "gateways" | "fwmark"
>;

/** Options that decide where packets of this request go: device, mark, TOS, no gateway, flow label. */
export function routeOptions(request: RouteRequest): readonly SocketOption[] {
	const { family } = request;
	const options: SocketOption[] = [...v6OnlyOptions(family)];
	if (request.interface !== null) options.push(deviceOption(request.interface));
	if (request.fwmark !== null) {
		options.push({ label: "SO_MARK", level: SOL_SOCKET, name: SO_MARK, value: request.fwmark });
	}
	if (request.bypassRouting) {
		options.push({ label: "SO_DONTROUTE", level: SOL_SOCKET, name: SO_DONTROUTE, value: 1 });
	}
	options.push(...sourceRouteOptions(request));
	if (request.tos !== 0) options.push(tosOption(family, request.tos));
	if (family === 6 && request.flowLabel !== 0) options.push(...flowLabelOptions(request));
	return options;
}

/** Options of every socket that sends probes: where they go and whether they may be cut into fragments. */
export function probeOptions(request: ChannelRequest): readonly SocketOption[] {
	const { family, dontFragment, need } = request;
	// TCP sets the bit only where the kernel may also heed the path's MTU; other probes go out whatever it knows.
	const whole = need.transport === "tcpConnect" ? IP_PMTUDISC_DO : IP_PMTUDISC_PROBE;
	const discover = dontFragment ? whole : IP_PMTUDISC_DONT;
	const options: SocketOption[] = [...routeOptions(request), { ...fragmentOption(family, discover), need: "try" }];
	if (family === 6 && dontFragment) {
		options.push({ label: "IPV6_DONTFRAG", level: SOL_IPV6, name: IPV6_DONTFRAG, value: 1, need: "try" });
	}
	if (need.kind === "errorQueue" && need.checksumCoverage !== undefined) {
		const { checksumCoverage: value } = need;
		options.push({ label: "UDPLITE_SEND_CSCOV", level: SOL_UDPLITE, name: UDPLITE_SEND_CSCOV, value });
	}
	return options;
}

/** The options that set TTL and TOS for all that a socket sends. */
export function packetOptions(
	request: ChannelRequest,
	{ ttl, tos }: { readonly ttl: number; readonly tos?: number },
): readonly SocketOption[] {
	const { family } = request;
	return [ttlOption(family, ttl), tosOption(family, tos ?? request.tos)];
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
