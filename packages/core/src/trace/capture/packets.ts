/**
 * Between packets and the channel's values: whole IP packets from probes, replies from whole IP packets. Raw sockets,
 * the simulated internet and capture files all go through here.
 */
import {
	decodeIcmp,
	decodeIpv4,
	decodeIpv6,
	decodeQuoted,
	encodeIpv4,
	encodeIpv6,
	hasPorts,
	IP_PROTOCOL,
	isDecodeError,
	transportHeaderLength,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Family, ProbeSend, QuotedProbe, Reply } from "../channel.ts";
import { routedHeader } from "../source-route.ts";

/** What every packet of a trace has in common below its transport header. */
export interface PacketFrame {
	readonly family: Family;
	readonly source: string;
	readonly target: string;
	/** TOS byte, or IPv6 traffic class. */
	readonly tos: number;
	readonly flowLabel: number;
	readonly dontFragment: boolean;
	/** IPv4 identification; absent: one more than the probe's sequence number. */
	readonly identification?: number;
	/** -g: addresses to pass, in order; absent: none. */
	readonly gateways?: readonly string[];
}

/** The whole IP packet of a probe whose packet carries its transport header (transport `ip`). */
export function ipPacket(frame: PacketFrame, { ttl, sequence, packet }: ProbeSend): Uint8Array {
	const { source, tos, flowLabel, dontFragment } = frame;
	const { destination, options, extensionHeaders } = routedHeader(frame.target, frame.gateways ?? []);
	const identification = frame.identification ?? (sequence + 1) & 0xffff;
	const { protocol, bytes } = packet;
	return frame.family === 4
		? encodeIpv4({ tos, ttl, protocol, source, destination, dontFragment, identification, options }, bytes)
		: encodeIpv6(
				{ trafficClass: tos, flowLabel, hopLimit: ttl, protocol, source, destination, extensionHeaders },
				bytes,
			);
}

/** When and by whose clock a packet arrived. */
export interface Arrival {
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
}

/** A packet as it arrived: IP header facts and the bytes after the IP headers. */
export interface ArrivedPacket extends Arrival {
	readonly family: Family;
	readonly from: string;
	readonly to: string;
	readonly ttl: number | null;
	readonly tos: number | null;
	readonly protocol: number;
	readonly segment: Uint8Array;
}

/** The reply that a whole IP packet is; null where it is broken, a fragment, or nothing that a trace hears of. */
export function replyFromPacket(bytes: Uint8Array, arrival: Arrival): Reply | null {
	const version = (bytes[0] ?? 0) >> 4;
	if (version === 4) {
		const packet = decodeIpv4(bytes);
		if (isDecodeError(packet) || packet.header.fragmentOffset > 0) return null;
		const { source: from, destination: to, ttl, tos, protocol } = packet.header;
		return replyFromSegment({ ...arrival, family: 4, from, to, ttl, tos, protocol, segment: packet.payload });
	}
	const packet = decodeIpv6(bytes);
	if (isDecodeError(packet) || (packet.fragment?.offset ?? 0) > 0) return null;
	const { source: from, destination: to, hopLimit: ttl, trafficClass: tos } = packet.header;
	const { protocol, payload: segment } = packet;
	return replyFromSegment({ ...arrival, family: 6, from, to, ttl, tos, protocol, segment });
}

/** The same, of a packet whose IP header the kernel has taken off (raw IPv6 sockets). */
export function replyFromSegment(packet: ArrivedPacket): Reply | null {
	const { at, stamp, from, ttl, tos, protocol, segment } = packet;
	const head = { at, stamp, from, ttl, tos, socket: null };
	if (protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6) return icmpReply(packet, head);
	if (!hasPorts(protocol)) {
		const ports = { sourcePort: null, destinationPort: null };
		return { type: "packet", ...head, protocol, ...ports, segment, payload: segment };
	}
	const headerLength = transportHeaderLength(protocol, segment);
	if (headerLength === null) return null;
	const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
	const sourcePort = view.getUint16(0);
	const destinationPort = view.getUint16(2);
	const payload = segment.subarray(headerLength);
	return { type: "packet", ...head, protocol, sourcePort, destinationPort, segment, payload };
}

type Head = Pick<Reply, "at" | "stamp" | "from" | "ttl" | "tos" | "socket">;

function icmpReply({ family, from, to, protocol, segment }: ArrivedPacket, head: Head): Reply | null {
	const message = decodeIcmp(family, segment, { source: from, destination: to });
	if (isDecodeError(message) || !message.checksumValid) return null;
	const { type, code, body } = message;
	if (body.kind === "echo") {
		const ports = { sourcePort: null, destinationPort: null };
		return { type: "packet", ...head, protocol, ...ports, segment, payload: body.payload };
	}
	if (body.kind !== "error") return null;
	const quoted = quotedProbe(family, body.quoted);
	if (quoted === null) return null;
	return { type: "icmpError", ...head, icmp: { type, code }, mtu: body.mtu, quoted, extensions: body.extensions };
}

/** The packet that an ICMP error quotes; null where not even its IP header is whole. */
export function quotedProbe(family: Family, bytes: Uint8Array): QuotedProbe | null {
	const quoted = decodeQuoted(family, bytes);
	if (isDecodeError(quoted)) return null;
	const { protocol, source, destination, ports, segment, payload, tos, ttl, length } = quoted;
	return {
		protocol,
		source,
		destination,
		sourcePort: ports?.source ?? null,
		destinationPort: ports?.destination ?? null,
		segment,
		payload,
		bytes,
		ip: { tos, ttl, length },
	};
}
