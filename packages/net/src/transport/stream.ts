/** Streams on `node:net` and `node:tls`, which serve every platform and both backends: TLS is Node's own. */
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Clock } from "../clock.ts";
import { ERRNO } from "../native/errno.ts";
import { plainBytes } from "../portable/datagram.ts";
import { nodeError } from "../portable/node-error.ts";
import { unzoned, zoned } from "./socket-address.ts";
import type { StreamEnds, StreamFailure, StreamListener, StreamRequest, StreamTransport } from "./transport.ts";

/** Loaded when the first stream is wanted: a trace wants none. */
export function net(): typeof import("node:net") {
	return process.getBuiltinModule("node:net");
}

/** The same. */
export function tls(): typeof import("node:tls") {
	return process.getBuiltinModule("node:tls");
}

/** Begins to open a stream; whether it stands, or why not, is told. */
export function openStream(request: StreamRequest, listener: StreamListener, clock: Clock): StreamTransport {
	const { protocol, to, source } = request;
	const host = zoned(to.address, to.zone);
	const place = { host, port: to.port, ...(source === null ? {} : { localAddress: source }) };
	const socket =
		protocol === "tcp"
			? net().connect({ ...place, allowHalfOpen: true })
			: tls().connect({ ...place, ...tlsOptions(request), minVersion: "TLSv1.2" });
	socket.setNoDelay(true);
	const stream = attach(socket, listener, { clock, call: "connect", address: to.address });
	if (protocol === "tls") socket.once("connect", () => listener.connected?.());
	socket.once(protocol === "tcp" ? "connect" : "secureConnect", () => listener.opened(endsOf(socket)));
	return stream;
}

/**
 * A server name must be a name: RFC 6066 section 3 allows no addresses, which the certificate is compared with all the same,
 * whatever address is connected to.
 */
function tlsOptions({ serverName, authorities }: StreamRequest): ConnectionOptions {
	const checkServerIdentity: ConnectionOptions["checkServerIdentity"] = (_, certificate) =>
		tls().checkServerIdentity(serverName, certificate);
	const name = net().isIP(serverName) === 0 ? { servername: serverName } : { checkServerIdentity };
	return authorities === undefined ? name : { ...name, ca: authorities };
}

/** What is known of a socket beside itself. */
export interface StreamFacts {
	readonly clock: Clock;
	/** What failed, where Node does not say. */
	readonly call: string;
	readonly address: string | null;
}

/** How long what was sent may take to leave once both sides are to end. */
const CLOSE_MS = 10_000;

/** Makes a stream of a socket that was opened with `allowHalfOpen`. */
export function attach(socket: Socket, listener: StreamListener, facts: StreamFacts): StreamTransport {
	const stream = new SocketStream(socket);
	stream.tell(listener, facts);
	return stream;
}

/** A stream on one of Node's sockets. */
class SocketStream implements StreamTransport {
	readonly #socket: Socket;
	#failure: StreamFailure | null = null;
	/** Somebody wants to hear of it. */
	#told = true;
	#closing = false;

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	get waitingBytes(): number {
		return this.#socket.writableLength;
	}

	/** Tells whatever happens from now on. */
	tell(listener: StreamListener, facts: StreamFacts): void {
		const socket = this.#socket;
		socket.on("data", (bytes: Buffer) => {
			if (this.#told) listener.received(plainBytes(bytes), facts.clock.now());
		});
		socket.on("end", () => {
			if (this.#told && !this.#closing && listener.ended !== undefined) listener.ended();
			else socket.end();
		});
		socket.on("drain", () => {
			if (this.#told) listener.drained?.();
		});
		socket.on("error", (error) => {
			this.#failure ??= streamFailure(error, facts);
		});
		socket.on("close", () => {
			if (this.#told) listener.closed(this.#failure);
			this.#told = false;
		});
	}

	send(bytes: Uint8Array): void {
		const socket = this.#socket;
		if (!socket.destroyed && socket.writable) socket.write(new Uint8Array(bytes));
	}

	pause(): void {
		this.#socket.pause();
	}

	resume(): void {
		this.#socket.resume();
	}

	end(): void {
		this.#socket.end();
	}

	close(): void {
		const socket = this.#socket;
		// Whatever else comes is nobody's, but the other end's last word is to be heard.
		this.#closing = true;
		socket.removeAllListeners("data");
		socket.end();
		socket.resume();
		socket.removeAllListeners("timeout");
		socket.setTimeout(CLOSE_MS, () => socket.destroy());
	}

	destroy(): void {
		this.#told = false;
		this.#socket.destroy();
	}
}

/** What is no system call's error is TLS's: a certificate that does not hold, or no TLS at the other end. */
function streamFailure(error: NodeJS.ErrnoException, { call, address }: StreamFacts): StreamFailure {
	const code = error.code ?? "UNKNOWN";
	if (Object.hasOwn(ERRNO, code) && code !== "EPROTO") return nodeError(error, call, address);
	return { code: "tls", reason: code, about: error.message };
}

/** Both ends of a socket that stands. */
export function endsOf(socket: Socket): StreamEnds {
	return {
		local: unzoned(socket.localAddress ?? "", socket.localPort ?? 0),
		remote: unzoned(socket.remoteAddress ?? "", socket.remotePort ?? 0),
	};
}
