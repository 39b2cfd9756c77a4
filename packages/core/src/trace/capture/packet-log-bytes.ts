/** Packets put together again for a capture, from what was handed to a channel and what the kernel told of answers. */
import {
	decodeIpv4,
	decodeIpv6,
	encodeIcmpEcho,
	encodeIcmpError,
	encodeIpv4,
	encodeIpv6,
	encodeTcp,
	encodeUdp,
	encodeUdpLite,
	ICMP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	TCP_FLAGS,
	UDP_HEADER_LENGTH,
	type UdpFields,
} from "@whither/wire";
import type { ConnectReply, Family, IcmpErrorReply, PacketReply, ProbeSend, Reply } from "../channel.ts";
import { channelNeeds } from "../channel-order.ts";
import type { TracerConfig } from "../tracer-io.ts";
import { ipPacket } from "./packets.ts";

/** A packet for a capture; `rebuilt`: more than its IP header was put together by us. */
export interface LoggedBytes {
	readonly bytes: Uint8Array;
	readonly rebuilt: boolean;
}

/** What stands in for numbers that the kernel keeps to itself: TTL of an answer, sequence numbers of a connect(). */
const UNKNOWN = 0;
/** RFC 3828 section 3.1: the checksum covers the whole packet. */
const ALL = 0;
/** RFC 4443 section 2.4 (c): an error with its quote fits the least MTU; IPv4's fit too. */
const LONGEST_QUOTE = 1232;

/** A probe as it left; `sourcePort` is that of its own socket, or null where the channel's ports serve. */
export function sentBytes(config: TracerConfig, send: ProbeSend, sourcePort: number | null): LoggedBytes {
	const { options, context } = config;
	const { family, source, target } = context;
	const { flowLabel, dontFragment, gateways } = options;
	const frame = { family, source, target, tos: send.tos ?? options.tos, flowLabel, dontFragment, gateways };
	const { packet } = send;
	const port = sourcePort ?? (packet.sourcePort === 0 ? (context.sourcePorts[0] ?? 0) : packet.sourcePort);
	const about = { family, source, destination: target, sourcePort: port, destinationPort: packet.destinationPort };
	const rebuilt = (protocol: number, bytes: Uint8Array): LoggedBytes => ({
		bytes: ipPacket(frame, { ...send, packet: { ...packet, protocol, bytes } }),
		rebuilt: true,
	});
	switch (packet.transport) {
		case "ip":
			return { bytes: ipPacket(frame, send), rebuilt: false };
		case "udp":
			return rebuilt(packet.protocol, encodeDatagram(packet.protocol, about, packet.bytes, coverageOf(config)));
		case "ping":
			return rebuilt(icmpProtocol(family), echoRequest(about, packet.bytes));
		case "tcpConnect": {
			const syn = { ...about, sequence: UNKNOWN, flags: TCP_FLAGS.syn };
			return rebuilt(IP_PROTOCOL.tcp, encodeTcp(syn, new Uint8Array(0)));
		}
	}
}

/** An answer as it came; `probe` is the packet that it is about, where that is known. */
export function receivedBytes(config: TracerConfig, reply: Reply, probe: Uint8Array | null): LoggedBytes {
	if (reply.bytes !== undefined) return { bytes: reply.bytes, rebuilt: false };
	switch (reply.type) {
		case "icmpError":
			return answer(config, reply, icmpProtocol(config.context.family), icmpError(config, reply, probe));
		case "packet":
			return answer(config, reply, reply.protocol, reply.segment ?? datagram(config, reply));
		case "connect":
			return answer(config, reply, IP_PROTOCOL.tcp, handshake(config, reply, probe));
	}
}

function answer({ context }: TracerConfig, reply: Reply, protocol: number, segment: Uint8Array): LoggedBytes {
	const addresses = { source: reply.from, destination: context.source };
	const [ttl, tos] = [reply.ttl ?? UNKNOWN, reply.tos ?? UNKNOWN];
	const bytes =
		context.family === 4
			? encodeIpv4({ tos, ttl, protocol, ...addresses }, segment)
			: encodeIpv6({ trafficClass: tos, hopLimit: ttl, protocol, ...addresses }, segment);
	return { bytes, rebuilt: true };
}

function icmpError({ context }: TracerConfig, reply: IcmpErrorReply, probe: Uint8Array | null): Uint8Array {
	const { icmp, mtu, extensions, from } = reply;
	return encodeIcmpError(context.family, {
		...icmp,
		...(mtu === null ? {} : { mtu }),
		source: from,
		destination: context.source,
		quoted: quote(context.family, reply, probe).subarray(0, LONGEST_QUOTE),
		extensions,
	});
}

/** As much of the probe as the kernel gave back of it; where the probe is not known, what it gave back. */
function quote(family: Family, { quoted }: IcmpErrorReply, probe: Uint8Array | null): Uint8Array {
	if (quoted.bytes !== null) return quoted.bytes;
	if (probe === null) return quoted.segment ?? quoted.payload;
	const header = probe.length - transportPart(family, probe).length;
	return probe.subarray(0, header + (quoted.segment?.length ?? UDP_HEADER_LENGTH + quoted.payload.length));
}

/** What follows the IP headers of a packet that we built. */
function transportPart(family: Family, packet: Uint8Array): Uint8Array {
	const decoded = family === 4 ? decodeIpv4(packet) : decodeIpv6(packet);
	return isDecodeError(decoded) ? new Uint8Array(0) : decoded.payload;
}

/** A datagram whose header the kernel took off. How much a UDP-Lite checksum covered it does not tell: all, as built here. */
function datagram({ context }: TracerConfig, reply: PacketReply): Uint8Array {
	const [sourcePort, destinationPort] = [reply.sourcePort ?? UNKNOWN, reply.destinationPort ?? UNKNOWN];
	const { family, source: destination } = context;
	const about = { family, source: reply.from, destination, sourcePort, destinationPort };
	return encodeDatagram(reply.protocol, about, reply.payload, ALL);
}

/** UDP-Lite is told what its checksum covers, in bytes; Linux covers no more than there is. */
function encodeDatagram(protocol: number, about: UdpFields, payload: Uint8Array, coverage: number): Uint8Array {
	if (protocol !== IP_PROTOCOL.udpLite) return encodeUdp(about, payload);
	return encodeUdpLite({ ...about, coverage: Math.min(coverage, UDP_HEADER_LENGTH + payload.length) }, payload);
}

/** What the kernel was told that a UDP-Lite checksum of ours is to cover. */
function coverageOf({ method, options, context }: TracerConfig): number {
	const need = channelNeeds(method, options).find(({ kind }) => kind === context.channel);
	return need?.checksumCoverage ?? ALL;
}

function handshake({ context }: TracerConfig, reply: ConnectReply, probe: Uint8Array | null): Uint8Array {
	const { family, port: sourcePort } = context;
	const [high = UNKNOWN, low = UNKNOWN] = probe === null ? [] : transportPart(family, probe);
	const destinationPort = (high << 8) | low;
	const flags = TCP_FLAGS.ack | (reply.outcome === "connected" ? TCP_FLAGS.syn : TCP_FLAGS.rst);
	const ports = { sourcePort, destinationPort };
	const numbers = { sequence: UNKNOWN, acknowledgment: 1 };
	const about = { family, source: reply.from, destination: context.source };
	return encodeTcp({ ...about, ...ports, ...numbers, flags }, new Uint8Array(0));
}

/** The kernel puts the socket's number for the id and makes the checksum fit. */
function echoRequest({ family, source, destination, sourcePort: id }: UdpFields, bytes: Uint8Array): Uint8Array {
	const sequence = ((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0);
	return encodeIcmpEcho(family, { id, sequence, payload: bytes.subarray(ICMP_HEADER_LENGTH), source, destination });
}

function icmpProtocol(family: Family): number {
	return family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
}
