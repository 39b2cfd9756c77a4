/**
 * The error-queue channel over UDP and ping sockets. A shared socket stays unconnected: the destination port may vary
 * from probe to probe, and answers of strangers then reach the method, which counts them, instead of vanishing. Connecting
 * would save a tenth of the send's cost, which a trace does not feel.
 */
import type { ChannelInput, Family, Instant, PacketReply, ProbeSend, SystemError } from "@whither/core";
import { ICMP_HEADER_LENGTH, IP_PROTOCOL } from "@whither/wire";
import { isSystemError, systemError } from "../errors.ts";
import { EPOLLIN, SOCK_DGRAM } from "../native/constants.ts";
import type { ControlFacts } from "../native/control.ts";
import type { EpollSet } from "../native/epoll.ts";
import { ERRNO } from "../native/errno.ts";
import type { IncomingMessage } from "../native/message-batch.ts";
import { decodeSockaddr, type SocketName, socketName } from "../native/sockaddr.ts";
import { localAddress, setOptions } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import type { Route } from "../route.ts";
import type { ArrivalTime } from "./arrival.ts";
import { openBound } from "./bound-socket.ts";
import { type Channel, type ChannelParts, type ChannelRequest, closeParts } from "./channel.ts";
import { Endpoint, type Outbound } from "./endpoint.ts";
import { decodeErrorEntry } from "./error-entry.ts";
import { destinationFields, packetOptions, probeOptions, sourcePortOf } from "./request-options.ts";
import { errorQueueOptions, packetControls } from "./socket-options.ts";
import { withFinalDestination } from "./source-route.ts";

/**
 * Sockets of one probe each that are kept open; beyond so many the oldest is closed, whose probe has long been answered or
 * given up. No more probes than half as many are in flight (`-N`), and what runs for days must not run out of them.
 */
const MOST_OWN_SOCKETS = 2_048;

/** What a socket of this channel is for: the whole trace, or one probe. */
interface Bound {
	readonly fd: number;
	readonly port: number;
}

/** Opens a channel for `udp` or `ping` probes, or says which call failed. */
export function openDatagramChannel(parts: ChannelParts): Channel | SystemError {
	if (cannotSourceRoute(parts.request)) return systemError("setsockopt IPV6_RTHDR", ERRNO.EPROTONOSUPPORT);
	const channel = new DatagramChannel(parts);
	const failed = parts.request.need.ports === "perProbe" ? null : channel.openShared();
	if (failed === null) return channel;
	channel.close();
	return failed;
}

/** Linux takes a routing header for an IPv6 ping socket, and sends without it. */
function cannotSourceRoute({ need, family, gateways }: ChannelRequest): boolean {
	return gateways.length > 0 && need.transport === "ping" && family === 6;
}

class DatagramChannel implements Channel {
	readonly kind = "errorQueue";
	readonly source: string;
	readonly mtu: number | null;
	readonly pollFd: number;
	readonly #parts: ChannelParts;
	readonly #workspace: Workspace;
	readonly #request: ChannelRequest;
	readonly #route: Route;
	readonly #epoll: EpollSet;
	readonly #protocol: number;
	readonly #endpoints = new Map<number, Endpoint>();
	readonly #names = new Map<number, SocketName>();
	#inputs: ChannelInput[] = [];
	#shared: { readonly endpoint: Endpoint; readonly port: number } | null = null;
	#ownPorts = 0;

	constructor(parts: ChannelParts) {
		this.#parts = parts;
		this.#workspace = parts.workspace;
		this.#request = parts.request;
		this.#route = parts.route;
		this.#epoll = parts.epoll;
		this.#protocol = socketProtocol(parts.request);
		this.source = parts.route.source;
		this.mtu = parts.route.mtu;
		this.pollFd = parts.epoll.fd;
	}

	get sourcePorts(): readonly number[] {
		return this.#shared === null ? [] : [this.#shared.port];
	}

	/** Opens the socket that all probes share. */
	openShared(): SystemError | null {
		const bound = this.#bind(sourcePortOf(this.#request, 0));
		if (isSystemError(bound)) return bound;
		this.#shared = { endpoint: this.#addEndpoint(bound, null), port: bound.port };
		return null;
	}

	send(probes: readonly ProbeSend[]): void {
		if (this.#shared === null) {
			for (const probe of probes) this.#sendAlone(probe);
			return;
		}
		const { endpoint } = this.#shared;
		if (!this.#needsSocketTtl()) {
			endpoint.send(probes.map((probe) => this.#outbound(probe, packetControls(this.#request.family, probe))));
			return;
		}
		for (const probe of probes) {
			setOptions(this.#workspace, endpoint.fd, packetOptions(this.#request, probe));
			endpoint.send([this.#outbound(probe, [])]);
		}
	}

	read(): readonly ChannelInput[] {
		for (const { fd, events } of this.#epoll.ready()) this.#endpoints.get(fd)?.read(events);
		return this.#inputs.splice(0);
	}

	arm(at: Instant | null): void {
		this.#epoll.arm(at === null ? null : at - this.#request.clock.now());
	}

	close(): void {
		for (const endpoint of this.#endpoints.values()) endpoint.close();
		this.#endpoints.clear();
		closeParts(this.#parts);
	}

	/** Ping sockets of IPv6 ignore the control message, without an error, before Linux 5.18. */
	#needsSocketTtl(): boolean {
		return this.#request.need.transport === "ping" && this.#request.family === 6;
	}

	#sendAlone(probe: ProbeSend): void {
		const bound = this.#bind(sourcePortOf(this.#request, this.#ownPorts++));
		if (isSystemError(bound)) {
			this.#inputs.push({ type: "sendFailed", sequence: probe.sequence, error: bound, transient: false });
			return;
		}
		if (this.#endpoints.size >= MOST_OWN_SOCKETS) this.#closeOldest();
		const endpoint = this.#addEndpoint(bound, probe.sequence);
		endpoint.send([this.#outbound(probe, packetControls(this.#request.family, probe))]);
	}

	#closeOldest(): void {
		const [oldest] = this.#endpoints.values();
		if (oldest === undefined) return;
		this.#endpoints.delete(oldest.fd);
		this.#epoll.remove(oldest.fd);
		oldest.close();
	}

	#bind(port: number): Bound | SystemError {
		const options = [...probeOptions(this.#request), ...errorQueueOptions(this.#request.family)];
		const fd = openBound(this.#parts, { type: SOCK_DGRAM, protocol: this.#protocol }, { options, port });
		if (isSystemError(fd)) return fd;
		const local = localAddress(this.#workspace, fd);
		return { fd, port: isSystemError(local) ? 0 : local.port };
	}

	#addEndpoint(bound: Bound, owner: number | null): Endpoint {
		const { fd, port } = bound;
		const endpoint = new Endpoint({
			workspace: this.#workspace,
			clock: this.#request.clock,
			fd,
			target: this.#request.target,
			mtu: this.mtu,
			reportPort: owner === null ? null : port,
			inputs: this.#inputs,
			onError: (message, facts, time) => {
				const reply = decodeErrorEntry(message, facts, {
					family: this.#request.family,
					protocol: this.#protocol,
					sourcePort: this.#request.need.transport === "udp" ? port : null,
					socket: owner,
					...time,
				});
				return reply === null ? null : withFinalDestination(reply, this.#request);
			},
			onPacket: (message, facts, time) => {
				const reply = this.#packetReply(message, { facts, time, port, owner });
				return reply === null ? null : { type: "reply", reply };
			},
		});
		this.#endpoints.set(fd, endpoint);
		this.#epoll.add(fd, EPOLLIN);
		return endpoint;
	}

	#outbound(probe: ProbeSend, control: Outbound["message"]["control"]): Outbound {
		const { destinationPort, bytes: data } = probe.packet;
		return { sequence: probe.sequence, message: { name: this.#nameFor(destinationPort), data, control } };
	}

	/** The destination as the kernel wants it; of one port for most traces. */
	#nameFor(port: number): SocketName {
		const known = this.#names.get(port);
		if (known !== undefined) return known;
		const name = socketName(destinationFields(this.#request, port, this.#route.scope));
		this.#names.set(port, name);
		return name;
	}

	#packetReply(
		message: IncomingMessage,
		about: { facts: ControlFacts; time: ArrivalTime; port: number; owner: number | null },
	): PacketReply | null {
		const from = decodeSockaddr(message.name);
		if (from === null) return null;
		const { facts, time, port, owner } = about;
		const data = message.data.slice();
		const isUdp = this.#request.need.transport === "udp";
		return {
			type: "packet",
			...time,
			from: from.address,
			ttl: facts.ttl,
			tos: facts.tos,
			socket: owner,
			protocol: this.#protocol,
			sourcePort: isUdp ? from.port : null,
			destinationPort: isUdp ? port : null,
			segment: isUdp ? null : data,
			payload: isUdp ? data : data.subarray(Math.min(ICMP_HEADER_LENGTH, data.length)),
		};
	}
}

function socketProtocol(request: ChannelRequest): number {
	const echo: Readonly<Record<Family, number>> = { 4: IP_PROTOCOL.icmp, 6: IP_PROTOCOL.icmpv6 };
	return request.need.transport === "ping" ? echo[request.family] : request.need.protocol;
}
