/** Listening for streams on `node:net` and `node:tls`, with bounds on what strangers hold open. */
import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { SystemError } from "@whither/core";
import { holderOf } from "@whither/wire";
import type { Clock } from "../clock.ts";
import { ANY_ADDRESS } from "../portable/datagram.ts";
import { nodeError } from "../portable/node-error.ts";
import { unzoned, zoned } from "./socket-address.ts";
import { attach, endsOf, net, tls } from "./stream.ts";
import type { StreamAcceptor, StreamFailure, StreamListener, StreamListenRequest, StreamServer } from "./transport.ts";

/** Listens for streams; the error of the call that failed, or of TLS where certificate and key do not go together. */
export function listenForStreams(
	request: StreamListenRequest,
	accept: StreamAcceptor,
	clock: Clock,
): Promise<StreamServer | StreamFailure> {
	const { protocol, family, address, port, most, mostPerSource = MOST_PER_SOURCE } = request;
	const on = (socket: Socket | TLSSocket): void => welcome(socket, accept, { request, clock });
	if (protocol === "tls" && !isPair(request)) return Promise.resolve(EMPTY_PEM);
	let server: Server;
	try {
		server =
			protocol === "tcp"
				? net().createServer({ allowHalfOpen: true }, on)
				: tls().createServer(serverOptions(request), on);
	} catch (thrown) {
		const error = thrown as NodeJS.ErrnoException;
		return Promise.resolve({ code: "tls", reason: error.code ?? "UNKNOWN", about: error.message });
	}
	server.maxConnections = most;
	endBeyondShare(server, mostPerSource);
	if (protocol === "tls") endLateHandshakes(server);
	return new Promise((resolve) => {
		server.once("error", (error) => resolve(nodeError(error, "listen", address) satisfies SystemError));
		server.listen(
			{ host: zoned(address ?? ANY_ADDRESS[family], request.zone), port, ipv6Only: family === 6, exclusive: true },
			() => {
				// Connections that broke before they were ours to take.
				server.on("error", () => {});
				const bound = server.address();
				const place = bound !== null && typeof bound === "object" ? bound : { address: address ?? "", port };
				resolve({
					local: unzoned(place.address, place.port),
					renew: (certificate, key) => renew(server, certificate, key),
					close: () => server.close(),
				});
			},
		);
	});
}

const EMPTY_PEM: StreamFailure = { code: "tls", reason: "ERR_EMPTY", about: "certificate or key is empty" };

/** Node takes empty text, such as a file that is just being written, for a wish to have none, and fails every handshake. */
function isPair({ certificate = "", key = "" }: Pick<StreamListenRequest, "certificate" | "key">): boolean {
	return certificate !== "" && key !== "";
}

function renew(server: Server, certificate: string, key: string): boolean {
	if (!("setSecureContext" in server) || !isPair({ certificate, key })) return false;
	try {
		(server as import("node:tls").Server).setSecureContext({ cert: certificate, key, minVersion: "TLSv1.2" });
		return true;
	} catch {
		return false;
	}
}

/** Streams that one source may hold at a time, so that no single one takes them all. */
const MOST_PER_SOURCE = 64;
/** How long a TLS handshake may take, from the connection on. */
const HANDSHAKE_MS = 10_000;

/** Ends connections beyond their source's share. */
function endBeyondShare(server: Server, most: number): void {
	const held = new Map<string, number>();
	server.on("connection", (socket) => {
		const source = holderOf(socket.remoteAddress ?? "");
		const count = (held.get(source) ?? 0) + 1;
		held.set(source, count);
		socket.once("close", () => {
			const left = (held.get(source) ?? 1) - 1;
			if (left === 0) held.delete(source);
			else held.set(source, left);
		});
		if (count > most) socket.destroy();
	});
}

/** Ends connections whose TLS handshake does not come to an end: until then no idle limit holds for them. */
function endLateHandshakes(server: Server): void {
	const timers = new Map<string, NodeJS.Timeout>();
	const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
	server.on("connection", (socket) => {
		const name = nameOf(socket);
		const timer = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
		timers.set(name, timer);
		socket.once("close", () => {
			clearTimeout(timer);
			if (timers.get(name) === timer) timers.delete(name);
		});
	});
	server.on("secureConnection", (socket: TLSSocket) => clearTimeout(timers.get(nameOf(socket))));
}

function serverOptions({ certificate = "", key = "", idleMs }: StreamListenRequest): import("node:tls").TlsOptions {
	return { cert: certificate, key, handshakeTimeout: idleMs, minVersion: "TLSv1.2", allowHalfOpen: true };
}

/** How long the other end of an idle stream may take to end it too. */
const END_WAIT_MS = 1_000;

/** Silence after which the kernel asks whether the other end is still there. */
const KEEPALIVE_MS = 60_000;

function leaveInOrder(socket: Socket): void {
	socket.removeAllListeners("timeout");
	socket.end();
	// The other end may never agree.
	socket.setTimeout(END_WAIT_MS, () => socket.destroy());
}

interface Welcome {
	readonly request: StreamListenRequest;
	readonly clock: Clock;
}

/** The stream stands; who it is for is known only now, so what it tells goes through here. */
function welcome(socket: Socket, accept: StreamAcceptor, { request, clock }: Welcome): void {
	let listener: StreamListener | null = null;
	const through: StreamListener = {
		opened: (ends) => listener?.opened(ends),
		received: (bytes, at) => listener?.received(bytes, at),
		ended: () => (listener?.ended === undefined ? socket.end() : listener.ended()),
		drained: () => listener?.drained?.(),
		closed: (failure) => listener?.closed(failure),
	};
	socket.setNoDelay(true);
	// What a network has forgotten would otherwise stay open for ever.
	socket.setKeepAlive(true, KEEPALIVE_MS);
	socket.setTimeout(request.idleMs);
	socket.on("timeout", () => {
		// It comes once, until something is said again.
		if (listener?.idle?.() === true) socket.setTimeout(request.idleMs);
		else leaveInOrder(socket);
	});
	const stream = attach(socket, through, { clock, call: "accept", address: socket.remoteAddress ?? null });
	listener = accept(stream);
	listener.opened(endsOf(socket));
}
