/**
 * Method `quic`: real Initials of QUIC version 1 or 2 (RFC 9000, RFC 9369), each the first packet of a connection of its
 * own, from one socket. What the target asks for first, a token (Retry) or another version, it gets; a connection that it
 * opens is closed at once.
 */
import { IP_PROTOCOL } from "@whither/wire";
import type { IcmpErrorReply, ProbePacket, Reply } from "../channel.ts";
import type { Match, MethodOption, ProbeContext, ProbeRequest, TraceMethod } from "../method.ts";
import { matchQuicDatagram } from "./quic-answer.ts";
import { connectionOf, type FollowUp, latestInitial, rememberFollowUp } from "./quic-connection.ts";
import { initialDatagram, quicPacket } from "./quic-datagram.ts";
import { quotedConnection } from "./quic-ids.ts";
import { quotedFrame } from "./quoted-frame.ts";

const UDP = IP_PROTOCOL.udp;
const HTTPS_PORT = 443;
/** IP and UDP headers plus the 1200 bytes that a datagram with a first Initial has at least (RFC 9000 §14.1). */
const LENGTH = { 4: 1228, 6: 1248 } as const;
/** Names of the protocol that fit the ClientHello beside the longest host name (RFC 1035 §2.3.4: 255 bytes). */
const LONGEST_ALPN = 255;
const OPTIONS: readonly MethodOption[] = [
	{ name: "v2", value: null, summary: "QUIC version 2 (RFC 9369) instead of 1" },
	{
		name: "version",
		value: "HEX",
		summary: "this version number, such as 1a2a3a4a to be told the target's versions",
		check: (value) =>
			/^(0x)?0*[1-9a-f][0-9a-f]{0,7}$/i.test(value) ? null : "a version is 1 to ffffffff, in hexadecimal",
	},
	{
		name: "alpn",
		value: "LIST",
		summary: "application protocols offered, separated by + (h3)",
		check: (value) =>
			value.length <= LONGEST_ALPN && value.split("+").every((name) => /^[\x21-\x7e]+$/.test(name))
				? null
				: "names of visible ASCII characters separated by +, 255 bytes at most",
	},
	{
		name: "sni",
		value: "NAME",
		summary: "server name asked for (the target's name)",
		check: (value) => (/^[\x21-\x7e]{1,255}$/.test(value) ? null : "a host name of 1 to 255 ASCII characters"),
	},
];

export const quic: TraceMethod = {
	name: "quic",
	summary: "QUIC Initials to port 443, as HTTP/3 clients send them",
	channels: [
		{ kind: "raw", transport: "ip", protocol: UDP, ports: "one" },
		{ kind: "errorQueue", transport: "udp", protocol: UDP, ports: "one" },
	],
	defaultPort: HTTPS_PORT,
	defaultLength: LENGTH,
	minimumLength: LENGTH,
	burdensTarget: true,
	options: OPTIONS,
	prepare,
	probe,
	match,
};

/** Initials of the first wave; keys and sealing cost a fifth of a millisecond each while the code is cold. */
const PREPARED = 16;

const preparedPackets = new WeakMap<ProbeContext, Map<number, ProbePacket>>();

/** Builds the first Initials beforehand: the cryptography is loaded and the first wave leaves at once. */
function prepare(context: ProbeContext): void {
	const sequences = Array.from({ length: PREPARED }, (_, sequence) => sequence);
	const packets = sequences.map((sequence): [number, ProbePacket] => [sequence, initialPacket(context, sequence)]);
	preparedPackets.set(context, new Map(packets));
}

function initialPacket(context: ProbeContext, sequence: number, length = context.length): ProbePacket {
	return quicPacket(context, initialDatagram(context, connectionOf(context, sequence), length));
}

function probe(context: ProbeContext, { sequence, state, length }: ProbeRequest): ProbePacket {
	const isPlain = state === undefined && length === undefined;
	const prepared = isPlain ? preparedPackets.get(context)?.get(sequence) : undefined;
	if (prepared !== undefined) return prepared;
	if (state !== undefined) rememberFollowUp(context, sequence, state as FollowUp);
	return initialPacket(context, sequence, length);
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	if (reply.type !== "packet" || reply.protocol !== UDP) return { type: "foreign", reason: "otherProtocol" };
	if (reply.from !== context.target) return { type: "foreign", reason: "otherTarget" };
	if (!arePorts(context, reply.destinationPort, reply.sourcePort)) return { type: "foreign", reason: "otherPort" };
	return matchQuicDatagram(context, reply.payload);
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	const { quoted } = reply;
	const frame = quotedFrame(context, reply, UDP);
	if (frame.type === "foreign") return frame;
	const { meaning } = frame;
	if (!context.looseMatch && !arePorts(context, quoted.sourcePort, quoted.destinationPort))
		return { type: "foreign", reason: "otherPort" };
	const connection = quotedConnection(context, quoted.payload);
	if (connection === undefined) return { type: "flow", meaning };
	if (connection === null) return { type: "foreign", reason: "otherKey" };
	const { sequence, behindRetry } = connection;
	return { type: "probe", sequence: behindRetry ? latestInitial(context, sequence) : sequence, meaning };
}

/** Ports known to the reply must be ours and the target's; an unprivileged socket is not told its own again. */
function arePorts(context: ProbeContext, ours: number | null, theirs: number | null): boolean {
	const isOurs = ours === null || context.sourcePorts.length === 0 || context.sourcePorts.includes(ours);
	return isOurs && (theirs === null || theirs === context.port);
}
