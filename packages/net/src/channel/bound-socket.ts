/** What all sockets of a channel have alike: they are bound to its source address. */
import type { SystemError } from "@whither/core";
import { attachFilter, bindSocket, openSocket, prepared, type SocketOption, setOptions } from "../native/socket.ts";
import type { ChannelParts } from "./channel.ts";

/** How a socket is made ready. */
export interface BoundSettings {
	/** A BPF program that it has before anything can reach it. */
	readonly filter?: Uint8Array;
	readonly options: readonly SocketOption[];
	/** 0: the kernel's choice. */
	readonly port: number;
}

/** A new descriptor of the channel's family with filter, options and source address; none is left where one fails. */
export function openBound(
	{ workspace, request, route }: Pick<ChannelParts, "workspace" | "request" | "route">,
	kind: { readonly type: number; readonly protocol: number },
	{ filter, options, port }: BoundSettings,
): number | SystemError {
	const { family } = request;
	return prepared(workspace, openSocket(workspace, { family, ...kind }), (fd) => {
		const failed = filter === undefined ? null : attachFilter(workspace, fd, filter);
		const { source: address, scope } = route;
		return failed ?? setOptions(workspace, fd, options) ?? bindSocket(workspace, fd, { family, address, port, scope });
	});
}
