/**
 * The raw channel: our own IP payload out, captured ICMP and the target's own packets in (CAP_NET_RAW). The kernel
 * writes the IP header, with the TTL from a control message. Ports are held by ordinary sockets that are bound and never
 * connected: nobody else gets them, and the kernel itself resets what a target opens to one.
 */
import {
	type ChannelInput,
	type Instant,
	type ProbeSend,
	type Reply,
	replyFromPacket,
	replyFromSegment,
	type SystemError,
} from "@whither/core";
import { encodeIpv6, IP_PROTOCOL } from "@whither/wire";
import { isSystemError } from "../errors.ts";
import { EPOLLIN, ICMPV6_FILTER, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, SOL_ICMPV6 } from "../native/constants.ts";
import type { ControlFacts } from "../native/control.ts";
import type { EpollSet } from "../native/epoll.ts";
import type { IncomingMessage } from "../native/message-batch.ts";
import { decodeSockaddr, type SocketName, socketName } from "../native/sockaddr.ts";
import { attachFilter, localAddress, type SocketOption } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import type { ArrivalTime } from "./arrival.ts";
import { type BoundSettings, openBound } from "./bound-socket.ts";
import { type Channel, type ChannelParts, type ChannelRequest, closeParts } from "./channel.ts";
import { Endpoint } from "./endpoint.ts";
import { answerFilter, type FilterFacts, icmp6TypeFilter, icmpFilter, nothingFilter } from "./raw-filter.ts";
import { destinationFields, probeOptions, reuseOptions, sourcePortOf } from "./request-options.ts";
import { bufferOptions, dropsOption, headerOptions, packetControls, packetInfoOption } from "./socket-options.ts";
import { withFinalDestination } from "./source-route.ts";

/**
 * Opens a channel for `ip` probes, or says which call failed; without CAP_NET_RAW that is `permissionDenied`. `heldPorts`
 * are ports that the caller's own sockets hold: answers to them are heard as to those that the channel reserves.
 */
export function openRawChannel(parts: ChannelParts, heldPorts: readonly number[] = []): Channel | SystemError {
	const channel = new RawChannel(parts, heldPorts);
	const failed = channel.open();
	if (failed === null) return channel;
	channel.close();
	return failed;
}

class RawChannel implements Channel {
	readonly kind = "raw";
	readonly source: string;
	readonly mtu: number | null;
	readonly pollFd: number;
	readonly #parts: ChannelParts;
	readonly #workspace: Workspace;
	readonly #request: ChannelRequest;
	readonly #epoll: EpollSet;
	readonly #protocol: number;
	readonly #icmpProtocol: number;
	readonly #destination: SocketName;
	readonly #endpoints = new Map<number, Endpoint>();
	readonly #reserved: number[] = [];
	readonly #ports: number[] = [];
	#inputs: ChannelInput[] = [];
	#sender: Endpoint | null = null;
	#icmp: Endpoint | null = null;
	#echoId: number | null = null;

	constructor(parts: ChannelParts, heldPorts: readonly number[]) {
		this.#parts = parts;
		this.#ports.push(...heldPorts);
		const { request, route } = parts;
		this.#workspace = parts.workspace;
		this.#request = request;
		this.#epoll = parts.epoll;
		this.source = route.source;
		this.mtu = route.mtu;
		this.pollFd = parts.epoll.fd;
		this.#icmpProtocol = request.family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
		this.#protocol = request.need.protocol === IP_PROTOCOL.icmp ? this.#icmpProtocol : request.need.protocol;
		// Raw IPv6 sockets take the port for the protocol: it must be 0.
		this.#destination = socketName(destinationFields(request, 0, route.scope));
	}

	get sourcePorts(): readonly number[] {
		return this.#ports;
	}

	/** Opens all sockets; the error of the first that fails. */
	open(): SystemError | null {
		const sender = this.#addSocket(this.#protocol, { options: probeOptions(this.#request), filter: nothingFilter() });
		if (isSystemError(sender)) return sender;
		this.#sender = sender;
		const failed = this.#reservePorts();
		if (failed !== null) return failed;
		const icmp = this.#addReceiver(this.#icmpProtocol, icmpFilter(this.#filterFacts()));
		if (isSystemError(icmp)) return icmp;
		this.#icmp = icmp;
		if (this.#protocol === this.#icmpProtocol) return null;
		const answers = this.#addReceiver(this.#protocol, answerFilter(this.#filterFacts()));
		return isSystemError(answers) ? answers : null;
	}

	send(probes: readonly ProbeSend[]): void {
		this.#learnEchoId(probes[0]);
		const name = this.#destination;
		this.#sender?.send(
			probes.map((probe) => ({
				sequence: probe.sequence,
				message: { name, data: probe.packet.bytes, control: packetControls(this.#request.family, probe) },
			})),
		);
	}

	read(): readonly ChannelInput[] {
		const ready = this.#epoll.ready();
		// Transmit stamps before the answers that are measured by them.
		if (ready.length > 0) this.#sender?.drainErrors();
		for (const { fd, events } of ready) this.#endpoints.get(fd)?.read(events);
		return this.#inputs.splice(0);
	}

	arm(at: Instant | null): void {
		this.#epoll.arm(at === null ? null : at - this.#request.clock.now());
	}

	close(): void {
		for (const endpoint of this.#endpoints.values()) endpoint.close();
		this.#endpoints.clear();
		for (const fd of this.#reserved.splice(0)) this.#workspace.libc.close(fd);
		closeParts(this.#parts);
	}

	/** The method chooses the id of its echo requests: their answers are let through from the first probe on. */
	#learnEchoId(probe: ProbeSend | undefined): void {
		if (this.#protocol !== this.#icmpProtocol || this.#echoId !== null || probe === undefined) return;
		const { bytes } = probe.packet;
		if (bytes.length < 8 || this.#icmp === null) return;
		this.#echoId = ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0);
		attachFilter(this.#workspace, this.#icmp.fd, icmpFilter(this.#filterFacts()));
	}

	#filterFacts(): FilterFacts {
		const { family, target, gateways, looseMatch } = this.#request;
		return {
			family,
			destinations: looseMatch ? null : [target, ...gateways],
			target,
			protocol: this.#protocol,
			sourcePorts: this.#ports,
			echoId: this.#echoId,
		};
	}

	#reservePorts(): SystemError | null {
		const { need, portCount } = this.#request;
		const count = need.ports === "none" ? 0 : need.ports === "one" ? 1 : portCount;
		for (let index = 0; index < count; index++) {
			const fd = this.#openReserve(sourcePortOf(this.#request, index));
			if (isSystemError(fd)) return fd;
			this.#reserved.push(fd);
			const local = localAddress(this.#workspace, fd);
			if (isSystemError(local)) return local;
			this.#ports.push(local.port);
		}
		return null;
	}

	#openReserve(port: number): number | SystemError {
		const stream = { type: SOCK_STREAM, protocol: 0 };
		if (this.#protocol === IP_PROTOCOL.tcp)
			return openBound(this.#parts, stream, { options: reuseOptions(this.#request), port });
		const settings = { filter: nothingFilter(), options: [], port };
		// UDP-Lite has ports of its own, where the kernel knows it; for protocols that it may not know, UDP's do.
		const isUdpLite = this.#protocol === IP_PROTOCOL.udpLite;
		const own = isUdpLite ? openBound(this.#parts, { type: SOCK_DGRAM, protocol: this.#protocol }, settings) : null;
		if (own !== null && !(isSystemError(own) && own.call === "socket")) return own;
		return openBound(this.#parts, { type: SOCK_DGRAM, protocol: 0 }, settings);
	}

	#addReceiver(protocol: number, filter: Uint8Array): Endpoint | SystemError {
		const { family } = this.#request;
		const options: SocketOption[] = [...headerOptions(family), ...bufferOptions(), dropsOption()];
		if (family === 6) options.push({ ...packetInfoOption(family), need: "try" });
		if (protocol === IP_PROTOCOL.icmpv6) {
			options.push({ label: "ICMPV6_FILTER", level: SOL_ICMPV6, name: ICMPV6_FILTER, value: icmp6TypeFilter() });
		}
		return this.#addSocket(protocol, { options, filter });
	}

	#addSocket(protocol: number, settings: Omit<BoundSettings, "port">): Endpoint | SystemError {
		const { clock, target } = this.#request;
		const fd = openBound(this.#parts, { type: SOCK_RAW, protocol }, { ...settings, port: 0 });
		if (isSystemError(fd)) return fd;
		const endpoint = new Endpoint({
			workspace: this.#workspace,
			clock,
			fd,
			target,
			mtu: this.mtu,
			reportPort: null,
			inputs: this.#inputs,
			onError: () => null,
			onPacket: (message, facts, time) => this.#captured(protocol, { message, facts, time }),
		});
		this.#endpoints.set(fd, endpoint);
		this.#epoll.add(fd, EPOLLIN);
		return endpoint;
	}

	#captured(
		protocol: number,
		{ message, facts, time }: { message: IncomingMessage; facts: ControlFacts; time: ArrivalTime },
	): ChannelInput {
		const { family } = this.#request;
		const bytes = message.data.slice();
		if (family === 4) return this.#toInput(replyFromPacket(bytes, time), () => bytes);
		const from = decodeSockaddr(message.name)?.address ?? "::";
		const to = facts.destination ?? this.source;
		const { ttl, tos } = facts;
		const reply = replyFromSegment({ ...time, family, from, to, ttl, tos, protocol, segment: bytes });
		// Raw IPv6 sockets keep the header back; the flow label is lost.
		const header = { source: from, destination: to, hopLimit: ttl ?? 0, trafficClass: tos ?? 0, protocol };
		return this.#toInput(reply, () => encodeIpv6(header, bytes));
	}

	#toInput(reply: Reply | null, packet: () => Uint8Array): ChannelInput {
		if (reply === null) return { type: "foreign", count: 1 };
		const final = withFinalDestination(reply, this.#request);
		return { type: "reply", reply: this.#request.capture ? { ...final, bytes: packet() } : final };
	}
}
