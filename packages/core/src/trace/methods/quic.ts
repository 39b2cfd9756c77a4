/**
 * Method `quic`: real Initials of QUIC version 1 or 2 (RFC 9000, RFC 9369), each the first packet of a connection of its
 * own, from one socket. What the target asks for first, a token (Retry) or another version, it gets; a connection that it
 * opens is closed at once.
 */
import { IP_PROTOCOL } from "@whither/wire";
import type { IcmpErrorReply, ProbePacket, Reply } from "../channel.ts";
import type { Match, MethodOption, ProbeContext, ProbeRequest, TraceMethod } from "../method.ts";
import { arePortsOurs } from "./probe-ports.ts";
import { matchQuicDatagram } from "./quic-answer.ts";
import { connectionOf, type FollowUp, latestInitial, rememberFollowUp } from "./quic-connection.ts";
import { initialDatagram, quicPacket } from "./quic-datagram.ts";
import { quotedConnection } from "./quic-ids.ts";
import { quotedMatch } from "./quoted-frame.ts";

const UDP = IP_PROTOCOL.udp;
const HTTPS_PORT = 443;
/** IP and UDP headers plus the 1200 bytes that a datagram with a first Initial has at least (RFC 9000 section 14.1). */
const LENGTH = { 4: 1228, 6: 1248 } as const;
/** Names of the protocol that fit the ClientHello beside the longest host name (RFC 1035 section 2.3.4: 255 bytes). */
const LONGEST_ALPN = 255;
const OPTIONS: readonly MethodOption[] = [
	{ name: "v2", value: null, summary: "QUIC version 2 (RFC 9369) instead of 1", excludes: ["version"] },
	{
		name: "version",
		value: "HEX",
		summary: "This version number, such as 1a2a3a4a to be told the target's versions",
		check: (value) =>
			/^(0x)?0*[1-9a-f][0-9a-f]{0,7}$/i.test(value) ? null : "a version is 1 to ffffffff, in hexadecimal",
	},
	{
		name: "alpn",
		value: "LIST",
		summary: "Application protocols offered, separated by + (h3)",
		check: (value) =>
			value.length <= LONGEST_ALPN && value.split("+").every((name) => /^[\x21-\x7e]+$/.test(name))
				? null
				: "names of visible ASCII characters separated by +, 255 bytes at most",
	},
	{
		name: "sni",
		value: "NAME",
		summary: "Server name asked for (the target's name)",
		isDomainName: true,
		check: (value) => (/^[\x21-\x7e]{1,255}$/.test(value) ? null : "a host name of 1 to 255 ASCII characters"),
	},
];

/** QUIC Initials (RFC 9000 section 17.2.2), each of a connection of its own. */
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
	targetMayRefuseLength: true,
	opensConnections: true,
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
	if (!arePortsOurs(context, reply.destinationPort, reply.sourcePort)) return { type: "foreign", reason: "otherPort" };
	return matchQuicDatagram(context, reply.payload);
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	return quotedMatch(context, reply, {
		protocol: UDP,
		sequenceOf: ({ payload }) => {
			const connection = quotedConnection(context, payload);
			if (connection === null || connection === undefined) return connection;
			return connection.behindRetry ? latestInitial(context, connection.sequence) : connection.sequence;
		},
	});
}
