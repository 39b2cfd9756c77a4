/**
 * The error-queue channel of TCP connects: one non-blocking connect() per probe with its own TTL. Since Linux 5.8 the
 * error queue of a socket in SYN_SENT names the hop that refused it. The kernel gives no transmit stamp for a SYN, so
 * probes carry the time just before the call; a finished handshake brings the kernel's own measure of it.
 *
 * A socket is closed as soon as it has answered. A connection that came about is reset (SO_LINGER 0) instead of closed in
 * order: nothing half-open and no TIME_WAIT stays behind at either end, and the next trace finds its port free.
 */
import type { ChannelInput, ConnectReply, Instant, ProbeSend, SystemError } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";
import { isSystemError, isTransient, sendError } from "../errors.ts";
import {
	EPOLLIN,
	EPOLLOUT,
	MSG_DONTWAIT,
	MSG_ERRQUEUE,
	SO_LINGER,
	SOCK_STREAM,
	SOL_SOCKET,
	SOL_TCP,
	TCP_SYNCNT,
} from "../native/constants.ts";
import { decodeControl } from "../native/control.ts";
import type { EpollSet } from "../native/epoll.ts";
import { ERRNO } from "../native/errno.ts";
import { connectSocket, localAddress, type SocketOption, takeError } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import type { Route } from "../route.ts";
import { openBound } from "./bound-socket.ts";
import { type Channel, type ChannelParts, type ChannelRequest, closeParts } from "./channel.ts";
import { decodeErrorEntry } from "./error-entry.ts";
import { destinationFields, packetOptions, probeOptions, reuseOptions, sourcePortOf } from "./request-options.ts";
import { errorQueueOptions, stampOption } from "./socket-options.ts";
import { withFinalDestination } from "./source-route.ts";
import { plausibleArrival } from "./stamp-ledger.ts";
import { readTcpInfo } from "./tcp-info.ts";

/** struct linger: on, zero seconds. */
const RESET_ON_CLOSE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** The kernel sends a SYN again after a second; once is the least that can be asked for. */
const CONNECT_OPTIONS: readonly SocketOption[] = [
	{ label: "TCP_SYNCNT", level: SOL_TCP, name: TCP_SYNCNT, value: 1, need: "try" },
	{ label: "SO_LINGER", level: SOL_SOCKET, name: SO_LINGER, value: RESET_ON_CLOSE },
];

/** What connect() says when an ICMP error came back before it returned, as happens on very short paths. */
const ANSWERED_AT_ONCE: ReadonlySet<number> = new Set([
	ERRNO.EINPROGRESS,
	ERRNO.ECONNREFUSED,
	ERRNO.EHOSTUNREACH,
	ERRNO.ENETUNREACH,
]);

/**
 * What a socket says whose connection came about: nothing, or that the far end took it back (RFC 9293 section 3.10.7.4)
 * before we looked, as busy machines and servers that drop strangers make likely. A SYN that is refused says otherwise.
 */
const CONNECTED: ReadonlySet<number> = new Set([0, ERRNO.ECONNRESET, ERRNO.EPIPE]);

/** A connect under way. */
interface Attempt {
	readonly fd: number;
	readonly sequence: number;
	readonly sourcePort: number;
	readonly startedAt: Instant;
}

/** A channel for `tcpConnect` probes; it has no socket before the first. */
export class TcpConnectChannel implements Channel {
	readonly kind = "errorQueue";
	readonly source: string;
	readonly sourcePorts: readonly number[] = [];
	readonly mtu: number | null;
	readonly pollFd: number;
	readonly #workspace: Workspace;
	readonly #request: ChannelRequest;
	readonly #route: Route;
	readonly #epoll: EpollSet;
	readonly #parts: ChannelParts;
	readonly #attempts = new Map<number, Attempt>();
	readonly #options: readonly SocketOption[];
	#inputs: ChannelInput[] = [];
	#ownPorts = 0;

	constructor(parts: ChannelParts) {
		const { request } = parts;
		this.#parts = parts;
		this.#workspace = parts.workspace;
		this.#request = request;
		this.#route = parts.route;
		this.#epoll = parts.epoll;
		this.source = parts.route.source;
		this.mtu = parts.route.mtu;
		this.pollFd = parts.epoll.fd;
		const queue = errorQueueOptions(request.family);
		const own = [...probeOptions(request), ...reuseOptions(request)];
		this.#options = [...own, ...queue, stampOption("receive"), ...CONNECT_OPTIONS];
	}

	send(probes: readonly ProbeSend[]): void {
		for (const probe of probes) {
			this.#connect(probe);
			// An answer of the target itself carries no kernel stamp: it must not wait until the last probe is out.
			this.#takeAnswers();
		}
	}

	read(): readonly ChannelInput[] {
		this.#takeAnswers();
		return this.#inputs.splice(0);
	}

	arm(at: Instant | null): void {
		this.#epoll.arm(at === null ? null : at - this.#request.clock.now());
	}

	close(): void {
		for (const fd of this.#attempts.keys()) this.#workspace.libc.close(fd);
		this.#attempts.clear();
		closeParts(this.#parts);
	}

	#takeAnswers(): void {
		for (const { fd } of this.#epoll.ready()) {
			const attempt = this.#attempts.get(fd);
			if (attempt !== undefined) this.#answered(attempt);
		}
	}

	#connect(probe: ProbeSend): void {
		const workspace = this.#workspace;
		const { target, clock } = this.#request;
		const fd = this.#openFor(probe);
		if (isSystemError(fd)) {
			this.#fail(probe.sequence, fd);
			return;
		}
		const to = destinationFields(this.#request, probe.packet.destinationPort, this.#route.scope);
		const startedAt = clock.now();
		const errno = connectSocket(workspace, fd, to);
		if (errno !== 0 && !ANSWERED_AT_ONCE.has(errno)) {
			workspace.libc.close(fd);
			this.#fail(probe.sequence, sendError("connect", errno, target));
			return;
		}
		const local = localAddress(workspace, fd);
		const sourcePort = isSystemError(local) ? 0 : local.port;
		const attempt: Attempt = { fd, sequence: probe.sequence, sourcePort, startedAt };
		this.#attempts.set(fd, attempt);
		this.#epoll.add(fd, EPOLLIN | EPOLLOUT);
		this.#sent(attempt);
		if (errno !== 0 && errno !== ERRNO.EINPROGRESS) this.#endedAtOnce(attempt, errno);
	}

	#sent({ sequence, startedAt, sourcePort }: Attempt): void {
		this.#inputs.push({ type: "sent", sequence, at: startedAt, stamp: "user", sourcePort });
	}

	/** connect() itself gave the error: the far end's, an ICMP error's, or that there is no way at all. */
	#endedAtOnce(attempt: Attempt, errno: number): void {
		if (this.#readErrors(attempt)) this.#finish(attempt);
		else if (errno === ERRNO.ECONNREFUSED) this.#connected(attempt, "refused");
		else {
			this.#fail(attempt.sequence, sendError("connect", errno, this.#request.target));
			this.#finish(attempt);
		}
	}

	#answered(attempt: Attempt): void {
		if (this.#readErrors(attempt)) {
			this.#finish(attempt);
			return;
		}
		const errno = takeError(this.#workspace, attempt.fd);
		if (CONNECTED.has(errno)) this.#connected(attempt, "connected");
		else if (errno === ERRNO.ECONNREFUSED) this.#connected(attempt, "refused");
		// Anything else (ETIMEDOUT after the last SYN) is silence, which the tracer's own wait finds.
		else this.#finish(attempt);
	}

	#connected(attempt: Attempt, outcome: ConnectReply["outcome"]): void {
		const reply: ConnectReply = {
			type: "connect",
			at: this.#request.clock.now(),
			stamp: "user",
			from: this.#request.target,
			ttl: null,
			tos: null,
			socket: attempt.sequence,
			outcome,
			rttNs: outcome === "connected" ? this.#kernelRtt(attempt.fd) : null,
		};
		this.#inputs.push({ type: "reply", reply });
		this.#finish(attempt);
	}

	#kernelRtt(fd: number): number | null {
		const rttNs = readTcpInfo(this.#workspace, fd)?.rttNs ?? 0;
		return rttNs === 0 ? null : rttNs;
	}

	/** Reads the attempt's error queue; whether an ICMP error was there. */
	#readErrors(attempt: Attempt): boolean {
		const { libc, incoming } = this.#workspace;
		const { clock, family } = this.#request;
		incoming.reset();
		const count = libc.recvmmsg(attempt.fd, incoming.address(), incoming.slots, MSG_ERRQUEUE | MSG_DONTWAIT, 0);
		const now = clock.now();
		let found = false;
		for (let slot = 0; slot < count; slot++) {
			const message = incoming.message(slot);
			const facts = decodeControl(message.control);
			const { stamp } = facts;
			const at = stamp === null ? null : clock.fromRealtime(stamp.seconds, stamp.nanoseconds);
			const time =
				at !== null && plausibleArrival(at, attempt.startedAt, now)
					? ({ at, stamp: "kernel" } as const)
					: ({ at: now, stamp: "user" } as const);
			const { sequence: socket, sourcePort } = attempt;
			const reply = decodeErrorEntry(message, facts, {
				family,
				protocol: IP_PROTOCOL.tcp,
				sourcePort,
				socket,
				...time,
			});
			if (reply === null) continue;
			this.#inputs.push({ type: "reply", reply: withFinalDestination(reply, this.#request) });
			found = true;
		}
		return found;
	}

	#finish(attempt: Attempt): void {
		if (!this.#attempts.delete(attempt.fd)) return;
		this.#epoll.remove(attempt.fd);
		this.#workspace.libc.close(attempt.fd);
	}

	#fail(sequence: number, error: SystemError): void {
		this.#inputs.push({ type: "sendFailed", sequence, error, transient: isTransient(error.errno) });
	}

	/** A socket ready to connect. A fixed source port counts upwards, as two probes to one port cannot share it. */
	#openFor(probe: ProbeSend): number | SystemError {
		const options = [...this.#options, ...packetOptions(this.#request, probe)];
		const port = sourcePortOf(this.#request, this.#ownPorts++);
		return openBound(this.#parts, { type: SOCK_STREAM, protocol: IP_PROTOCOL.tcp }, { options, port });
	}
}
