/** How the UDP sockets of transports and of media are opened. */
import type { Family, SystemError } from "@whither/core";
import { v6OnlyOptions } from "../channel/socket-options.ts";
import { isSystemError } from "../errors.ts";
import { SOCK_DGRAM } from "../native/constants.ts";
import { bindSocket, openSocket, prepared, type SocketOption, setOptions } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { scopeOf } from "./socket-address.ts";

/** Where one is to be bound. */
export interface UdpPlace {
	readonly family: Family;
	/** Numeric; null or absent: all that this machine has. An IPv6 socket takes no IPv4 in disguise (::ffff:0:0/96). */
	readonly address?: string | null;
	/** Of a link-local address. */
	readonly zone?: string;
	/** 0 or absent: the kernel's choice. */
	readonly port?: number;
}

/** A bound descriptor with these options, which the caller closes, or the error of the call that failed. */
export function openUdpSocket(
	workspace: Workspace,
	{ family, address = null, port = 0, zone }: UdpPlace,
	options: readonly SocketOption[],
): number | SystemError {
	const scope = scopeOf(workspace, zone);
	if (isSystemError(scope)) return scope;
	return prepared(workspace, openSocket(workspace, { family, type: SOCK_DGRAM, protocol: 0 }), (fd) => {
		const failed = setOptions(workspace, fd, [...v6OnlyOptions(family), ...options]);
		return failed ?? bindSocket(workspace, fd, { family, address, port, scope });
	});
}
