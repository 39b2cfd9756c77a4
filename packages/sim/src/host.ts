/** What a machine answers to a packet addressed to itself. */
import {
	type CryptoPort,
	DNS_CLASSES,
	DNS_TYPES,
	type DnsData,
	decodeDns,
	decodeIcmp,
	decodeTcp,
	decodeUdp,
	dnsData,
	ECHO_TYPES,
	encodeDns,
	encodeIcmpEcho,
	encodeTcp,
	encodeUdp,
	IP_PROTOCOL,
	isDecodeError,
	TCP_FLAGS,
	type TcpHeader,
} from "@whither/wire";
import { answerQuic } from "./host-quic.ts";
import { answerTransport } from "./host-transports.ts";
import type { ErrorCause } from "./icmp-error.ts";
import { buildPacket, hasGoodChecksum, type IpPacket, icmpProtocol } from "./packet.ts";
import type { HostSpec } from "./scenario.ts";
import { SYN_WINDOW } from "./syn-options.ts";

/** What the machine's IP layer gives its answers. */
export interface HostStack {
	/** Source address of the answers. */
	readonly source: string;
	readonly ttl: number;
	readonly identification: number;
	/** Drawn for a DCCP or SCTP connection that begins now. */
	readonly initialSequence: number;
	/** For servers that encrypt; without it they are silent. */
	readonly crypto?: CryptoPort;
}

/** An answer, an ICMP error to be written by the node, or nothing and why. */
export type HostAnswer =
	| { readonly type: "packet"; readonly packet: Uint8Array }
	| { readonly type: "error"; readonly cause: ErrorCause }
	| { readonly type: "none"; readonly why: string };

/** What a host says to a packet that has arrived at it. */
export function answerPacket(host: HostSpec, packet: IpPacket, stack: HostStack): HostAnswer {
	if (!KNOWN_PROTOCOLS.has(packet.protocol)) return answerUnknown(host, packet, stack);
	if (!hasGoodChecksum(packet)) return none("bad checksum");
	if (packet.protocol === IP_PROTOCOL.udp) return answerUdp(host, packet, stack);
	if (packet.protocol === IP_PROTOCOL.tcp) return answerTcp(host, packet, stack);
	return answerIcmp(host, packet, stack);
}

function answerUnknown(host: HostSpec, packet: IpPacket, stack: HostStack): HostAnswer {
	const answer = answerTransport(host, packet, stack);
	if (answer.type === "payload") return reply(packet, stack, answer.payload);
	return answer.type === "unreachable" ? unreachable(answer.code) : answer;
}

const KNOWN_PROTOCOLS: ReadonlySet<number> = new Set([
	IP_PROTOCOL.udp,
	IP_PROTOCOL.tcp,
	IP_PROTOCOL.icmp,
	IP_PROTOCOL.icmpv6,
]);

function answerUdp(host: HostSpec, packet: IpPacket, stack: HostStack): HostAnswer {
	const udp = decodeUdp(packet.payload);
	if (isDecodeError(udp) || udp.truncated) return none("malformed UDP");
	const behaviour = host.udp ?? "closed";
	if (behaviour === "closed") return unreachable("port");
	if (udp.payload.length > (host.udpLongest ?? Number.POSITIVE_INFINITY)) return none("too long for the application");
	const answer = applicationAnswer(host, udp.payload, stack);
	if (answer === null) return none(behaviour === "silent" ? "silent" : "taken by an application");
	const { sourcePort, destinationPort } = udp.header;
	const ports = { sourcePort: destinationPort, destinationPort: sourcePort };
	const datagram = encodeUdp({ ...backwards(packet, stack), ...ports }, answer);
	return reply(packet, stack, datagram);
}

function applicationAnswer(
	{ udp, quicRetry: retry = false }: HostSpec,
	payload: Uint8Array,
	{ crypto }: HostStack,
): Uint8Array | null {
	if (udp === "echo") return payload;
	if (udp === "dns") return answerQuery(payload);
	return udp === "quic" && crypto !== undefined ? answerQuic(payload, crypto, { retry }) : null;
}

/** What any name resolves to here: addresses for documentation (RFC 5737, RFC 3849). */
const RESOLVED: Readonly<Record<4 | 6, DnsData>> = {
	4: dnsData("A", { address: "192.0.2.53" }),
	6: dnsData("AAAA", { address: "2001:db8::53" }),
};

/** One address record for a query of one question: AAAA where that is asked for, else A; null for anything else. */
function answerQuery(bytes: Uint8Array): Uint8Array | null {
	const query = decodeDns(bytes);
	if (isDecodeError(query) || query.response || query.cut !== null) return null;
	const [question, another] = query.questions;
	if (question === undefined || another !== undefined) return null;
	const data = RESOLVED[question.type === DNS_TYPES.AAAA ? 6 : 4];
	const { id, questions, recursionDesired } = query;
	const answers = [{ name: question.name, class: DNS_CLASSES.IN, ttl: 300, data }];
	return encodeDns({ id, response: true, recursionDesired, recursionAvailable: true, questions, answers });
}

/** RFC 9293 §3.10.7.1: what belongs to no connection and begins none (tcp-endpoint.ts has what does). */
function answerTcp(host: HostSpec, packet: IpPacket, stack: HostStack): HostAnswer {
	const tcp = decodeTcp(packet.payload);
	if (isDecodeError(tcp)) return none("malformed TCP");
	const { header, payload } = tcp;
	const port = header.destinationPort;
	if (isFiltered(host, port)) return none("filtered");
	if (has(header, TCP_FLAGS.rst)) return none("reset for no connection");
	const next = { ...TCP_START, ...backwards(packet, stack), sourcePort: port, destinationPort: header.sourcePort };
	if (has(header, TCP_FLAGS.ack)) {
		return reply(packet, stack, encodeTcp({ ...next, sequence: header.acknowledgment, flags: TCP_FLAGS.rst }, NOTHING));
	}
	const acknowledgment = (header.sequence + payload.length + (has(header, TCP_FLAGS.syn) ? 1 : 0)) >>> 0;
	const flags = TCP_FLAGS.rst | TCP_FLAGS.ack;
	return reply(packet, stack, encodeTcp({ ...next, acknowledgment, flags }, NOTHING));
}

const NOTHING = new Uint8Array(0);
const TCP_START = { sequence: 0, acknowledgment: 0, window: SYN_WINDOW };

function has(header: TcpHeader, flag: number): boolean {
	return (header.flags & flag) !== 0;
}

function isFiltered({ tcpPorts = {}, tcpDefault }: HostSpec, port: number): boolean {
	if (tcpPorts.open?.includes(port)) return false;
	return tcpDefault === "filtered" || tcpPorts.filtered?.includes(port) === true;
}

function answerIcmp(host: HostSpec, packet: IpPacket, stack: HostStack): HostAnswer {
	const { family, payload } = packet;
	if (packet.protocol !== icmpProtocol(family)) return none("the other family's ICMP");
	const icmp = decodeIcmp(family, payload);
	if (isDecodeError(icmp) || icmp.body.kind !== "echo") return none("no question");
	if (icmp.type !== ECHO_TYPES[family].request) return none("an echo reply to nothing");
	if (host.icmpEcho === "silent") return none("silent");
	const { id, sequence, payload: data } = icmp.body;
	const { source, destination } = backwards(packet, stack);
	const echo = encodeIcmpEcho(family, { direction: "reply", id, sequence, payload: data, source, destination });
	return reply(packet, stack, echo);
}

function reply(packet: IpPacket, stack: HostStack, payload: Uint8Array): HostAnswer {
	const { protocol } = packet;
	const { ttl, identification } = stack;
	const fields = { ...backwards(packet, stack), protocol, ttl, identification };
	return { type: "packet", packet: buildPacket({ ...fields, flowLabel: packet.flowLabel }, payload) };
}

function backwards(packet: IpPacket, stack: HostStack) {
	return { family: packet.family, source: stack.source, destination: packet.source };
}

function unreachable(code: "port" | "protocol"): HostAnswer {
	return { type: "error", cause: { what: "unreachable", code } };
}

function none(why: string): HostAnswer {
	return { type: "none", why };
}
