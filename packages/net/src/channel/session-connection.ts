/** One connection of a session channel: an ordinary TCP socket from bind to FIN. Its owner never writes to it. */
import type { Instant, OpenFailure, SystemError } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";
import { isSystemError, sendError, systemError } from "../errors.ts";
import {
	EPOLLIN,
	EPOLLOUT,
	MSG_DONTWAIT,
	MSG_ERRQUEUE,
	SHUT_WR,
	SOCK_STREAM,
	SOL_TCP,
	TCP_CLOSE,
	TCP_SYN_RECV,
	TCP_SYN_SENT,
	TCP_SYNCNT,
	TCP_TIMESTAMP,
} from "../native/constants.ts";
import { decodeControl } from "../native/control.ts";
import { ERRNO } from "../native/errno.ts";
import { connectSocket, localAddress, readOption, type SocketOption, takeError } from "../native/socket.ts";
import { openBound } from "./bound-socket.ts";
import type { ChannelParts } from "./channel.ts";
import { decodeErrorEntry } from "./error-entry.ts";
import { destinationFields, probeOptions, reuseOptions, sourcePortOf } from "./request-options.ts";
import { errorQueueOptions } from "./socket-options.ts";
import { readTcpInfo } from "./tcp-info.ts";

/** A lost SYN is sent again once, after a second: the least that can be asked for. */
const OPTIONS: readonly SocketOption[] = [
	{ label: "TCP_SYNCNT", level: SOL_TCP, name: TCP_SYNCNT, value: 1, need: "try" },
];

/** Whose handshake is not over; in any other state it is, even if the other end has said all that it will by now. */
const UNCONNECTED: ReadonlySet<number> = new Set([TCP_SYN_SENT, TCP_SYN_RECV, TCP_CLOSE]);

/** Bytes taken off the socket by one read(2), and how often: a flood must not keep us. */
const READ_BYTES = 4096;
const MOST_READS = 64;

/** A socket bound to its port, with the request's own routing; a fixed source port counts upwards. */
export function openConnection(parts: ChannelParts, index: number): SessionConnection | SystemError {
	const { workspace, request } = parts;
	const { family, need } = request;
	// The kernel's own segments heed the path's MTU, as those of any connection do.
	const asConnect = { ...request, need: { ...need, transport: "tcpConnect" } } as const;
	const routed = [...probeOptions(asConnect), ...reuseOptions(request), ...errorQueueOptions(family)];
	const settings = { options: [...routed, ...OPTIONS], port: sourcePortOf(request, index) };
	const fd = openBound(parts, { type: SOCK_STREAM, protocol: IP_PROTOCOL.tcp }, settings);
	if (isSystemError(fd)) return fd;
	const local = localAddress(workspace, fd);
	if (!isSystemError(local)) return new SessionConnection(parts, fd, local.port);
	workspace.libc.close(fd);
	return local;
}

/** One connection; nothing of it blocks. It owns the descriptor. */
export class SessionConnection {
	readonly port: number;
	readonly #parts: ChannelParts;
	readonly #fd: number;
	#state: "bound" | "connecting" | "established" | "ended" | "closed" = "bound";
	#startedAt: Instant = 0;

	constructor(parts: ChannelParts, fd: number, port: number) {
		this.#parts = parts;
		this.#fd = fd;
		this.port = port;
	}

	get established(): boolean {
		return this.#state === "established" || this.#state === "ended";
	}

	/** Sends the SYN. Null, or why that was not possible. */
	connect(): OpenFailure | null {
		const { workspace, request, route, epoll } = this.#parts;
		this.#state = "connecting";
		this.#startedAt = request.clock.now();
		const errno = connectSocket(workspace, this.#fd, destinationFields(request, request.port, route.scope));
		epoll.add(this.#fd, EPOLLIN | EPOLLOUT);
		// On very short paths the answer may be there before connect() returns.
		return errno === 0 || errno === ERRNO.EINPROGRESS ? null : (this.#icmpFailure() ?? this.#failure(errno));
	}

	/** Looks how the handshake goes; null while nothing stands against it. */
	progress(): OpenFailure | null {
		if (this.#state !== "connecting") {
			this.discard();
			return null;
		}
		const told = this.#icmpFailure();
		if (told !== null) return told;
		const errno = takeError(this.#parts.workspace, this.#fd);
		if (errno !== 0) return this.#failure(errno);
		if (UNCONNECTED.has(readTcpInfo(this.#parts.workspace, this.#fd)?.state ?? TCP_CLOSE)) return null;
		this.#state = "established";
		// Room to write is there from now on, and no news.
		this.#parts.epoll.remove(this.#fd);
		this.#parts.epoll.add(this.#fd, EPOLLIN);
		this.discard();
		return null;
	}

	/** Reads away what the other end sends, which would otherwise make close() a reset. */
	discard(): void {
		if (this.#state !== "established") return;
		const ended = this.#readAway();
		if (!ended) return;
		// An end stays readable for ever.
		this.#state = "ended";
		this.#parts.epoll.remove(this.#fd);
	}

	/** Says by FIN that nothing more will come from here; what the other end still says can be read away. */
	finish(): void {
		if (this.established) this.#parts.workspace.libc.shutdown(this.#fd, SHUT_WR);
	}

	/** The other end is still talking, or may be. */
	get underway(): boolean {
		return this.#state === "established";
	}

	/** The TSval that the kernel would send now; null where it does not say. */
	timestamp(): number | null {
		const value = readOption(this.#parts.workspace, this.#fd, SOL_TCP, TCP_TIMESTAMP);
		return value === null ? null : value >>> 0;
	}

	/** From SYN to SYN/ACK, which arrived at `synAckAt`; nanoseconds. */
	kernelRtt(synAckAt: Instant): number {
		const outer = Math.max(0, synAckAt - this.#startedAt);
		const measured = readTcpInfo(this.#parts.workspace, this.#fd)?.rttNs ?? 0;
		return measured > 0 && (measured < outer || outer === 0) ? measured : outer;
	}

	/** Ends it in order, by FIN; before the handshake is done nothing is sent. */
	close(): void {
		if (this.#state === "closed") return;
		const { libc } = this.#parts.workspace;
		if (this.established) {
			libc.shutdown(this.#fd, SHUT_WR);
			this.#readAway();
		}
		this.#state = "closed";
		libc.close(this.#fd);
	}

	/** True when there is nothing more to come: the other end is done, or has reset the connection. */
	#readAway(): boolean {
		const { libc, scratch } = this.#parts.workspace;
		for (let round = 0; round < MOST_READS; round++) {
			const count = libc.read(this.#fd, scratch.address, READ_BYTES);
			if (count > 0) continue;
			return count === 0 || libc.errno() !== ERRNO.EAGAIN;
		}
		return false;
	}

	#failure(errno: number): OpenFailure {
		const { target } = this.#parts.request;
		if (errno === ERRNO.ECONNREFUSED) return { why: "refused", from: target };
		// Linux tells a reset of a connection that stood from one that never did (tcp_reset).
		if (errno === ERRNO.ECONNRESET || errno === ERRNO.EPIPE) return { why: "reset", from: target };
		if (errno === ERRNO.ETIMEDOUT) return { why: "timeout" };
		const local = errno === ERRNO.EADDRINUSE || errno === ERRNO.EADDRNOTAVAIL;
		return { why: "failed", error: (local ? systemError : sendError)("connect", errno, target) };
	}

	/** What the error queue says stands against the handshake. */
	#icmpFailure(): OpenFailure | null {
		const { workspace, request } = this.#parts;
		const { libc, incoming } = workspace;
		incoming.reset();
		const count = libc.recvmmsg(this.#fd, incoming.address(), incoming.slots, MSG_ERRQUEUE | MSG_DONTWAIT, 0);
		for (let slot = 0; slot < count; slot++) {
			const message = incoming.message(slot);
			const error = decodeErrorEntry(message, decodeControl(message.control), {
				family: request.family,
				protocol: IP_PROTOCOL.tcp,
				sourcePort: this.port,
				socket: null,
				at: 0,
				stamp: "user",
			});
			if (error !== null) return { why: "unreachable", from: error.from, icmp: error.icmp };
		}
		return null;
	}
}
