/** Opens whatever channel a method needs. */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { EpollSet } from "../native/epoll.ts";
import { ERRNO } from "../native/errno.ts";
import { openWorkspace } from "../native/workspace.ts";
import { findRoute } from "../route.ts";
import { type Channel, type ChannelParts, type ChannelRequest, closeParts } from "./channel.ts";
import { openDatagramChannel } from "./datagram.ts";
import { openRawChannel } from "./raw.ts";
import { openSessionChannel } from "./session.ts";
import { openStampHolder } from "./stamp-holder.ts";
import { TcpConnectChannel } from "./tcp-connect.ts";

/**
 * A channel ready to send, or why there is none: `unsupportedPlatform` anywhere but on Linux, `permissionDenied` where
 * a capability is missing, `noRoute`, `noSuchDevice`, `addressNotAvailable` and other answers of the kernel.
 */
export function openChannel(request: ChannelRequest): Channel | SystemError {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	const epoll = EpollSet.open(workspace);
	if (isSystemError(epoll)) return epoll;
	const route = findRoute(workspace, request);
	if (isSystemError(route)) {
		epoll.close();
		return route;
	}
	const stampHolder = openStampHolder(workspace, epoll.fd);
	if (isSystemError(stampHolder)) {
		epoll.close();
		return stampHolder;
	}
	const parts: ChannelParts = { workspace, request, route, epoll, stampHolder };
	const channel = openKind(parts);
	if (isSystemError(channel)) closeParts(parts);
	return channel;
}

function openKind(parts: ChannelParts): Channel | SystemError {
	const { kind, transport } = parts.request.need;
	if (kind === "raw" && transport === "ip") return openRawChannel(parts);
	if (kind === "session" && transport === "ip") return openSessionChannel(parts);
	if (kind === "errorQueue" && transport === "tcpConnect") return new TcpConnectChannel(parts);
	if (kind === "errorQueue" && transport !== "ip") return openDatagramChannel(parts);
	return {
		code: "unsupportedProtocol",
		call: `${kind} channel for ${transport}`,
		address: null,
		errno: ERRNO.EPROTONOSUPPORT,
		errnoName: "EPROTONOSUPPORT",
	};
}
