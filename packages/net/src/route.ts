/** Source address and MTU towards a target, asked of the kernel's own routing. */
import { networkInterfaces } from "node:os";
import type { SystemError } from "@whither/core";
import { parseAddress } from "@whither/wire";
import type { ChannelRequest } from "./channel/channel.ts";
import { destinationFields, type RouteRequest, routeOptions } from "./channel/request-options.ts";
import { firstStop } from "./channel/source-route.ts";
import { isSystemError, systemError } from "./errors.ts";
import { linkMtu } from "./link-mtu.ts";
import { IP_MTU, IPV6_MTU, SOCK_DGRAM, SOL_IP, SOL_IPV6 } from "./native/constants.ts";
import { ERRNO } from "./native/errno.ts";
import {
	bindSocket,
	connectSocket,
	localAddress,
	openSocket,
	prepared,
	readOption,
	setOptions,
} from "./native/socket.ts";
import type { Workspace } from "./native/workspace.ts";
import { isLinkLocal, scopeOf } from "./transport/socket-address.ts";

/** What the kernel says about the way to a target. */
export interface Route {
	readonly source: string;
	/** Bytes that the way takes or, for packets that may not be cut up, its first link; null where the kernel does not say. */
	readonly mtu: number | null;
	/** Interface index for link-local IPv6 addresses, else 0. */
	readonly scope: number;
}

/** The discard port (RFC 863), for a look-up by a protocol that has no ports: nothing is sent to it. */
const LOOK_UP_PORT = 9;

/**
 * Connects a UDP socket, which sends nothing, with the request's own device, mark and TOS, and reads where it was bound.
 * Errors: `noRoute`, `noSuchDevice`, `addressNotAvailable`, `permissionDenied` and what else the kernel says.
 */
export function findRoute(
	workspace: Workspace,
	request: RouteRequest & Partial<Pick<ChannelRequest, "dontFragment">>,
): Route | SystemError {
	const { family, source } = request;
	// With a source route it is the first gateway that packets are sent to.
	const target = firstStop(request);
	const scope = interfaceIndex(workspace, request);
	if (bypassesInVain(request)) return systemError("connect", ERRNO.ENETUNREACH, target);
	if (isSystemError(scope)) return scope;
	const opened = openSocket(workspace, { family, type: SOCK_DGRAM, protocol: 0 });
	const fd = prepared(workspace, opened, (fd) => {
		const failed = setOptions(workspace, fd, routeOptions(request));
		if (failed !== null || source === null) return failed;
		return bindSocket(workspace, fd, { family, address: source, port: 0, scope });
	});
	if (isSystemError(fd)) return fd;
	try {
		const port = request.port === 0 ? LOOK_UP_PORT : request.port;
		const errno = connectSocket(workspace, fd, destinationFields({ ...request, target }, port, scope));
		if (errno !== 0) return connectError(errno, target);
		const local = localAddress(workspace, fd);
		if (isSystemError(local)) return local;
		const mtu = readOption(workspace, fd, family === 4 ? SOL_IP : SOL_IPV6, family === 4 ? IP_MTU : IPV6_MTU);
		const route = { source: local.address, mtu, scope };
		if (request.dontFragment !== true) return route;
		return { ...route, mtu: linkMtu(workspace, { fd, interface: request.interface, route }) };
	} finally {
		workspace.libc.close(fd);
	}
}

/** Linux routes IPv6 whatever SO_DONTROUTE says: whether the next stop is on an attached network is for us to look. */
function bypassesInVain(request: RouteRequest): boolean {
	if (request.family === 4 || !request.bypassRouting) return false;
	const stop = parseAddress(firstStop(request));
	const attached = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
	return stop instanceof Uint8Array && !attached.some(({ cidr }) => cidr !== null && isWithin(stop, cidr));
}

/** Whether an address lies in `address/bits`. */
function isWithin(address: Uint8Array, prefix: string): boolean {
	const [text = "", bits] = prefix.split("/");
	const network = parseAddress(text);
	if (!(network instanceof Uint8Array) || network.length !== address.length) return false;
	const whole = Number(bits) >> 3;
	const mask = 0xff00 >> (Number(bits) & 7);
	const differs = (address[whole] ?? 0) ^ (network[whole] ?? 0);
	return network.subarray(0, whole).every((byte, index) => byte === address[index]) && (differs & mask & 0xff) === 0;
}

/** connect(2) on UDP says EINVAL for a source that no interface has, and EACCES for a broadcast or prohibited address. */
function connectError(errno: number, target: string): SystemError {
	const error = systemError("connect", errno, target);
	if (errno === ERRNO.EINVAL) return { ...error, code: "noRoute" };
	return errno === ERRNO.EACCES ? { ...error, code: "prohibited" } : error;
}

function interfaceIndex(workspace: Workspace, request: RouteRequest): number | SystemError {
	if (request.interface === null) return 0;
	const index = scopeOf(workspace, request.interface);
	return isSystemError(index) || isLinkLocal(request.target) ? index : 0;
}
