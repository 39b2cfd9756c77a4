/** Connecting a UDP socket sends nothing, and shows which address the system would send from. */
import type { Socket } from "node:dgram";
import type { Family, SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { zoned } from "../transport/socket-address.ts";
import { close, openBoundSocket } from "./datagram.ts";
import { nodeError } from "./node-error.ts";

/** The discard port (RFC 863), for those who have none in mind. */
const LOOK_UP_PORT = 9;

/** A socket connected to one other end. */
export interface Connected {
	readonly socket: Socket;
	/** Ours. */
	readonly port: number;
	readonly address: string;
}

/** What to connect. */
export interface ConnectRequest {
	readonly family: Family;
	readonly address: string;
	/** 0: none in mind. */
	readonly port: number;
	readonly zone?: string | undefined;
	/** Ours; null: as routed. */
	readonly source: string | null;
	readonly sourcePort: number;
}

/** Connects at once; the error of the call that failed otherwise. */
export function openConnected(request: ConnectRequest): Connected | SystemError {
	const { family, address: target, port, zone, source, sourcePort } = request;
	const ownZone = zone === undefined || source === null ? {} : { zone };
	const socket = openBoundSocket({ family, address: source, port: sourcePort, use: "client", ...ownZone });
	if (isSystemError(socket)) return socket;
	// Why it failed is told by an event in the next turn, too late for us; that it failed shows at once.
	const ignore = (): void => {};
	socket.on("error", ignore);
	socket.connect(port === 0 ? LOOK_UP_PORT : port, zoned(target, zone));
	try {
		socket.remoteAddress();
	} catch {
		setImmediate(() => close(socket));
		return nodeError({ code: "ENETUNREACH" }, "connect", target);
	}
	socket.off("error", ignore);
	const { address, port: bound } = socket.address();
	return { socket, port: bound, address: address.replace(/%.*$/, "") };
}

/** The address that packets leave from, or `noRoute`. */
export function findPortableSource(
	to: Pick<ConnectRequest, "family" | "address" | "port" | "zone">,
): string | SystemError {
	const found = openConnected({ ...to, source: null, sourcePort: 0 });
	if (isSystemError(found)) return found;
	close(found.socket);
	return found.address;
}
