/**
 * One TCP port that peers connect to and that we connect to peers from (RFC 6062 section 5.2). Linux lets a second socket
 * have the port of one that listens where both say SO_REUSEPORT, which Node does not say: the native backend makes the
 * sockets, and Node carries their bytes. Without it connections leave from the right address, by another port.
 */
import type { Server, Socket, SocketConstructorOpts } from "node:net";
import type { Family, SystemError } from "@whither/core";
import type { Backend } from "../backend.ts";
import { v6OnlyOptions } from "../channel/socket-options.ts";
import { isSystemError } from "../errors.ts";
import { SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET } from "../native/constants.ts";
import { bindSocket, openSocket, prepared, type SocketOption, setOption, setOptions } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { nodeError } from "../portable/node-error.ts";
import { scopeOf, unzoned, zoned } from "./socket-address.ts";
import { attach, endsOf, net } from "./stream.ts";
import type { StreamEnds, StreamListener, StreamPort, StreamTransport, TransportAddress } from "./transport.ts";

/** Where a port is opened. */
export interface StreamPortRequest {
	readonly family: Family;
	readonly address: string;
	/** Of a link-local address. */
	readonly zone?: string;
	readonly port: number;
	/** Streams of peers at one time; more are closed as they come. */
	readonly most: number;
}

/** Makes a listener for each stream that a peer opened; it stands, and is paused. */
export type PeerAcceptor = (stream: StreamTransport, ends: StreamEnds) => StreamListener;

/** Opens one; EADDRINUSE where somebody else listens there. */
export function openStreamPort(
	backend: Backend,
	request: StreamPortRequest,
	accept: PeerAcceptor,
): Promise<StreamPort | SystemError> {
	const { address, port, family, zone } = request;
	const { clock } = backend;
	const fd = backend.name === "native" ? openListening(backend.workspace, request) : null;
	if (isSystemError(fd)) return Promise.resolve(fd);
	const server = net().createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) =>
		welcome(socket),
	);
	server.maxConnections = request.most;
	const welcome = (socket: Socket): void => {
		let listener: StreamListener | null = null;
		const stream = attach(
			socket,
			throughTo(() => listener),
			{ clock, call: "accept", address },
		);
		listener = accept(stream, endsOf(socket));
	};
	return new Promise((resolve) => {
		server.once("error", (error) => resolve(nodeError(error, "listen", address)));
		const listening = (): void => {
			server.on("error", () => {});
			const local = boundPlace(server, { address, port });
			resolve({
				local,
				connect: (to, listener) => connectFrom(backend, { ...request, port: local.port }, { to, listener }),
				close: () => server.close(),
			});
		};
		const host = zoned(address, zone);
		if (fd === null) server.listen({ host, port, ipv6Only: family === 6, exclusive: true }, listening);
		else server.listen({ fd }, listening);
	});
}

function boundPlace(server: Server, wanted: TransportAddress): TransportAddress {
	const bound = server.address();
	return bound !== null && typeof bound === "object" ? unzoned(bound.address, bound.port) : wanted;
}

/** Who a stream is for is known only once it has been shown. */
function throughTo(listener: () => StreamListener | null): StreamListener {
	return {
		opened: (ends) => listener()?.opened(ends),
		received: (bytes, at) => listener()?.received(bytes, at),
		ended: () => listener()?.ended?.(),
		drained: () => listener()?.drained?.(),
		closed: (failure) => listener()?.closed(failure),
	};
}

const REUSE_ADDRESS: SocketOption = { label: "SO_REUSEADDR", level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 };
const REUSE_PORT: SocketOption = { label: "SO_REUSEPORT", level: SOL_SOCKET, name: SO_REUSEPORT, value: 1 };

/** A bound socket to listen on. SO_REUSEPORT comes after bind(2): nobody else who listens there is to be joined. */
function openListening(workspace: Workspace, request: StreamPortRequest): number | SystemError {
	const { family, address, port } = request;
	const scope = scopeOf(workspace, request.zone);
	if (isSystemError(scope)) return scope;
	return prepared(workspace, openSocket(workspace, { family, type: SOCK_STREAM, protocol: 0 }), (fd) => {
		const failed = setOptions(workspace, fd, [...v6OnlyOptions(family), REUSE_ADDRESS]);
		const bound = failed ?? bindSocket(workspace, fd, { family, address, port, scope });
		return bound ?? setOption(workspace, fd, REUSE_PORT);
	});
}

function openLeaving(workspace: Workspace, { family, address, port, zone }: StreamPortRequest): number | SystemError {
	const scope = scopeOf(workspace, zone);
	if (isSystemError(scope)) return scope;
	return prepared(workspace, openSocket(workspace, { family, type: SOCK_STREAM, protocol: 0 }), (fd) => {
		const failed = setOptions(workspace, fd, [...v6OnlyOptions(family), REUSE_ADDRESS, REUSE_PORT]);
		return failed ?? bindSocket(workspace, fd, { family, address, port, scope });
	});
}

function connectFrom(
	backend: Backend,
	request: StreamPortRequest,
	{ to, listener }: { readonly to: TransportAddress; readonly listener: StreamListener },
): StreamTransport {
	const fd = backend.name === "native" ? openLeaving(backend.workspace, request) : null;
	const wish: SocketConstructorOpts & { readonly manualStart: true } = { allowHalfOpen: true, manualStart: true };
	const socket = new (net().Socket)(fd === null || isSystemError(fd) ? wish : { ...wish, fd });
	socket.pause();
	const stream = attach(socket, listener, { clock: backend.clock, call: "connect", address: to.address });
	if (isSystemError(fd)) {
		socket.destroy(Object.assign(new Error(fd.errnoName), { code: fd.errnoName, syscall: fd.call }));
		return stream;
	}
	socket.setNoDelay(true);
	socket.once("connect", () => listener.opened(endsOf(socket)));
	const from = fd === null ? { localAddress: request.address } : {};
	socket.connect({ host: zoned(to.address, to.zone), port: to.port, ...from });
	return stream;
}
