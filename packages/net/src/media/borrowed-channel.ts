/**
 * The channel `borrowed`: a trace on a socket that carries its owner's media. The socket sends, reads and sorts; the channel
 * says what came in the words of a trace. Quoted headers are not visible, as on any error queue.
 */

import type { ChannelInput, Instant, PacketReply, ProbeSend, SystemError } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";
import { type ArrivalTime, arrivalTime } from "../channel/arrival.ts";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { decodeErrorEntry } from "../channel/error-entry.ts";
import { packetControls } from "../channel/socket-options.ts";
import type { Clock } from "../clock.ts";
import { isFatal, isSystemError, isTransient, sendError, systemError } from "../errors.ts";
import type { ControlFacts } from "../native/control.ts";
import { ERRNO } from "../native/errno.ts";
import type { Watch } from "../native/libc.ts";
import type { ControlMessage, IncomingMessage } from "../native/message-batch.ts";
import { decodeSockaddr } from "../native/sockaddr.ts";
import { Timer } from "../native/timer.ts";
import type { Workspace } from "../native/workspace.ts";
import { findRoute, type Route } from "../route.ts";
import { unwatchSocket, watchSocket } from "../transport/poller.ts";
import { isMapped, isOfFamily } from "../transport/socket-address.ts";
import type { TransportAddress } from "../transport/transport.ts";

/** One probe as the socket sends it. */
export interface FlowProbe {
	readonly sequence: number;
	readonly to: TransportAddress;
	readonly bytes: Uint8Array;
	readonly control: readonly ControlMessage[];
}

/** The socket, as a channel knows it. */
export interface Lender {
	readonly workspace: Workspace;
	readonly local: TransportAddress;
	/** Where it is connected to, if it is. */
	readonly peer: TransportAddress | null;
	readonly tos: number;
	sendProbes(channel: BorrowedChannel, probes: readonly FlowProbe[]): void;
	giveBack(channel: BorrowedChannel): void;
}

/**
 * Opens a channel on a socket: `unsupportedProtocol` for other probes than UDP, another family than the socket's or another
 * end than the one that it is connected to, which alone is heard then.
 */
export function borrowChannel(lender: Lender, request: ChannelRequest): BorrowedChannel | SystemError {
	const { workspace, local, tos } = lender;
	const { need, family, target } = request;
	const isUdp = need.kind === "borrowed" && need.transport === "udp" && need.protocol === IP_PROTOCOL.udp;
	if (!isUdp) return systemError(`borrow for ${need.transport}`, ERRNO.EPROTONOSUPPORT);
	const isOurs = isOfFamily(local.address, family) && isOfFamily(target, family) && !isMapped(target);
	if (!isOurs) return systemError("borrow", ERRNO.EAFNOSUPPORT, target);
	const { peer } = lender;
	if (peer !== null && (peer.address !== target || peer.port !== request.port)) {
		return { ...systemError("borrow", ERRNO.EISCONN, target), code: "unsupportedProtocol" };
	}
	const source = isAny(local.address) ? null : local.address;
	const route = findRoute(workspace, { ...request, source, tos });
	if (isSystemError(route)) return route;
	const timer = Timer.open(workspace);
	return isSystemError(timer) ? timer : new BorrowedChannel({ request, route, timer }, lender);
}

function isAny(address: string): boolean {
	return address === "0.0.0.0" || address === "::";
}

interface BorrowedParts {
	readonly request: ChannelRequest;
	readonly route: Route;
	readonly timer: Timer;
}

/** One trace's use of the socket, whose thread waits for both in one place. */
export class BorrowedChannel implements Channel {
	readonly kind = "borrowed";
	readonly source: string;
	readonly sourcePorts: readonly number[];
	readonly mtu: number | null;
	readonly pollFd = null;
	readonly clock: Clock;
	/** The owner has sent media since: an ICMP error that quotes next to nothing may be about that. */
	ownerSent = false;
	readonly #parts: BorrowedParts;
	readonly #lender: Lender;
	readonly #emptyAt: Instant;
	#inputs: ChannelInput[] = [];
	#closed = false;

	constructor(parts: BorrowedParts, lender: Lender) {
		this.#parts = parts;
		this.#lender = lender;
		this.source = parts.route.source;
		this.sourcePorts = [lender.local.port];
		this.mtu = parts.route.mtu;
		this.clock = parts.request.clock;
		this.#emptyAt = this.clock.now();
	}

	/** Whether this trace is about the way to such an address and port. */
	isTowards({ address, port }: TransportAddress): boolean {
		const { target, port: targetPort } = this.#parts.request;
		return address === target && port === targetPort;
	}

	send(probes: readonly ProbeSend[]): void {
		this.#lender.sendProbes(
			this,
			probes.map((probe) => this.#flowProbe(probe)),
		);
	}

	read(): readonly ChannelInput[] {
		this.#parts.timer.settle();
		return this.#inputs.splice(0);
	}

	watch(readable: () => void): Watch {
		const { fd } = this.#parts.timer;
		const failed = watchSocket(this.#lender.workspace, fd, readable);
		if (failed !== null) throw new Error(`a channel without a way to wait: ${failed.errnoName}`);
		return { close: () => unwatchSocket(fd) };
	}

	arm(at: Instant | null): void {
		if (this.#inputs.length > 0) this.#wake();
		else this.#parts.timer.arm(at === null ? null : at - this.clock.now());
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#lender.giveBack(this);
		unwatchSocket(this.#parts.timer.fd);
		this.#parts.timer.close();
	}

	/** A probe left, by our clock and then by the kernel's. */
	left(sequence: number, time: ArrivalTime): void {
		this.#take({ type: "sent", sequence, ...time, sourcePort: null });
	}

	/** A probe did not leave. */
	failed(sequence: number, errno: number): void {
		const failed = sendError("sendmmsg", errno, this.#parts.request.target);
		const error = failed.code === "messageTooLong" && this.mtu !== null ? { ...failed, mtu: this.mtu } : failed;
		this.#take({ type: "sendFailed", sequence, error, transient: isTransient(errno) });
		if (isFatal(errno)) this.#take({ type: "fault", error });
	}

	/** The socket is of no more use. */
	fault(error: SystemError): void {
		this.#take({ type: "fault", error });
	}

	/** The kernel dropped so many packets, of whomever. */
	dropped(count: number): void {
		this.#take({ type: "dropped", count });
	}

	/** A datagram answers a probe. */
	answered(message: IncomingMessage, facts: ControlFacts): void {
		const from = decodeSockaddr(message.name);
		if (from === null) return;
		const reply: PacketReply = {
			type: "packet",
			...this.#arrival(facts),
			from: from.address,
			ttl: facts.ttl,
			tos: facts.tos,
			socket: null,
			protocol: IP_PROTOCOL.udp,
			sourcePort: from.port,
			destinationPort: this.#lender.local.port,
			segment: null,
			payload: message.data.slice(),
		};
		this.#take({ type: "reply", reply });
	}

	/** An entry of the error queue is about a probe. */
	refused(message: IncomingMessage, facts: ControlFacts): void {
		const { family } = this.#parts.request;
		const [sourcePort = null] = this.sourcePorts;
		const time = this.#arrival(facts);
		const about = { family, protocol: IP_PROTOCOL.udp, sourcePort, socket: null, ...time };
		const reply = decodeErrorEntry(message, facts, about);
		if (reply !== null) this.#take({ type: "reply", reply });
	}

	#arrival(facts: ControlFacts): ArrivalTime {
		return arrivalTime(facts, { clock: this.clock, emptyAt: this.#emptyAt, now: this.clock.now() });
	}

	#flowProbe(probe: ProbeSend): FlowProbe {
		const { target, family, interface: zone } = this.#parts.request;
		const { sequence, packet } = probe;
		const to = { address: target, port: packet.destinationPort, ...(zone === null ? {} : { zone }) };
		return { sequence, to, bytes: packet.bytes, control: packetControls(family, probe) };
	}

	#take(input: ChannelInput): void {
		if (this.#closed) return;
		if (this.#inputs.push(input) === 1) this.#wake();
	}

	/** Whoever drives the trace watches. */
	#wake(): void {
		this.#parts.timer.arm(0);
	}
}
