/**
 * Method `quic`: real Initials of QUIC version 1 or 2 (RFC 9000, RFC 9369), each the first packet of a connection of its
 * own, from one socket. What the target asks for first, a token (Retry) or another version, it gets.
 *
 * Deviation: connections that were opened are not closed (RFC 9000 §10.2), for a method only sends probes; a short idle
 * timeout makes the target forget them.
 */
import {
	encodeClientHello,
	encodeClientInitial,
	encodeUdp,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	QUIC_V1,
	QUIC_VERSIONS,
	quicClientHello,
	quicFrame,
	quicTransportParameter,
	UDP_HEADER_LENGTH,
} from "@whither/wire";
import type { IcmpErrorReply, Reply } from "../channel.ts";
import { icmpMeaning } from "../icmp-meaning.ts";
import type { Match, MethodOption, ProbeContext, ProbeRequest, TraceMethod } from "../method.ts";
import { matchQuicDatagram } from "./quic-answer.ts";
import {
	type Connection,
	connectionOf,
	destinationId,
	type FollowUp,
	latestInitial,
	rememberFollowUp,
} from "./quic-connection.ts";
import { connectionId, quicSecret, quotedConnection } from "./quic-ids.ts";

const UDP = IP_PROTOCOL.udp;
const HTTPS_PORT = 443;
/** IP and UDP headers plus the 1200 bytes that a datagram with a first Initial has at least (RFC 9000 §14.1). */
const LENGTH = { 4: 1228, 6: 1248 } as const;
/** The longest QUIC packet that our encoder's length of two bytes allows, rounded down; zeros follow in the datagram. */
const LONGEST_PACKET = 16_000;
/** Names of the protocol that fit the ClientHello beside the longest host name (RFC 1035 §2.3.4: 255 bytes). */
const LONGEST_ALPN = 255;
/** What every HTTP/3 client allows the server (RFC 9114 §6.2); some refuse a connection with less. */
const CONTROL_STREAMS = 3;
const CONTROL_STREAM_BYTES = 1024;
/** The target forgets our connection so soon, or three of its probe timeouts later (RFC 9000 §10.1). */
const IDLE_TIMEOUT_MS = 1000;

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
		{ kind: "errorQueue", transport: "udp", protocol: UDP, ports: "one" },
		{ kind: "raw", transport: "ip", protocol: UDP, ports: "one" },
	],
	defaultPort: HTTPS_PORT,
	defaultLength: LENGTH,
	minimumLength: LENGTH,
	options: OPTIONS,
	probe,
	match,
};

function probe(context: ProbeContext, { sequence, state }: ProbeRequest) {
	if (state !== undefined) rememberFollowUp(context, sequence, state as FollowUp);
	const { family, source, target: destination, port: destinationPort, transport } = context;
	const sourcePort = context.sourcePorts[0] ?? 0;
	const payload = initialDatagram(context, connectionOf(context, sequence));
	const bytes =
		transport === "ip" ? encodeUdp({ family, source, destination, sourcePort, destinationPort }, payload) : payload;
	return { transport, protocol: UDP, sourcePort, destinationPort, bytes };
}

function initialDatagram(context: ProbeContext, connection: Connection): Uint8Array {
	const { first, version, retry } = connection;
	const length = context.length - IP_HEADER_LENGTH[context.family] - UDP_HEADER_LENGTH;
	const known = Object.values(QUIC_VERSIONS).some((row) => row.version === version);
	const fields = {
		version: known ? version : QUIC_V1,
		dcid: destinationId(context, connection),
		scid: connectionId(context, "source", first),
		// A Retry does not start the packet numbers anew (RFC 9000 §17.2.5.3).
		packetNumber: retry === null ? 0 : 1,
		frames: [quicFrame("crypto", { offset: 0, data: clientHello(context, connection) })],
		padTo: Math.min(length, LONGEST_PACKET),
		...(retry === null ? {} : { token: retry.token }),
	};
	const packet = encodeClientInitial(fields, context.crypto);
	// Nobody can read the Initials of a version that does not exist, so only the invariants must be right (RFC 8999).
	if (!known) new DataView(packet.buffer, packet.byteOffset).setUint32(1, version);
	if (packet.length >= length) return packet;
	const datagram = new Uint8Array(length);
	datagram.set(packet);
	return datagram;
}

/** Behind a Retry the same message again (RFC 9000 §17.2.5.3): it depends on the connection's first Initial alone. */
function clientHello(context: ProbeContext, { first, version }: Connection): Uint8Array {
	const { alpn, sni } = context.options;
	const scid = connectionId(context, "source", first);
	const hello = quicClientHello({
		random: quicSecret(context, "random", first),
		serverName: typeof sni === "string" ? sni : context.targetName,
		...(typeof alpn === "string" ? { alpn: alpn.split("+") } : {}),
		keyShare: quicSecret(context, "keyShare", first),
		transportParameters: [
			quicTransportParameter("initialSourceConnectionId", scid),
			quicTransportParameter("versionInformation", { chosen: version, available: [version] }),
			quicTransportParameter("maxIdleTimeout", IDLE_TIMEOUT_MS),
			quicTransportParameter("initialMaxStreamsUni", CONTROL_STREAMS),
			quicTransportParameter("initialMaxStreamDataUni", CONTROL_STREAM_BYTES),
			quicTransportParameter("initialMaxData", CONTROL_STREAMS * CONTROL_STREAM_BYTES),
		],
	});
	return encodeClientHello(hello);
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
	if (quoted.protocol !== UDP) return { type: "foreign", reason: "otherProtocol" };
	if (quoted.destination !== context.target) return { type: "foreign", reason: "otherTarget" };
	const meaning = icmpMeaning(context.family, reply);
	if (meaning === null) return { type: "foreign", reason: "notAnError" };
	if (!arePorts(context, quoted.sourcePort, quoted.destinationPort)) return { type: "foreign", reason: "otherPort" };
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
