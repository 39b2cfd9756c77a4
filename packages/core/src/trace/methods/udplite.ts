/**
 * Method `udplite`: UDP-Lite with a constant 5-tuple (RFC 3828). The payload is that of `udp` and names the probe; where
 * the checksum covers those 8 bytes (`-O coverage=16` or more, or 0), so does a quote of the bare header.
 */
import { encodeUdpLite, IP_PROTOCOL, type UdpFields } from "@whither/wire";
import type { ChannelNeed, IcmpErrorReply, ProbePacket, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { arePortsOurs } from "./probe-ports.ts";
import { quotedMatch } from "./quoted-frame.ts";
import { matchDatagram, quotedSequence, UDP_PAYLOAD_MINIMUM, udpPayload } from "./udp-payload.ts";

const UDP_LITE = IP_PROTOCOL.udpLite;
/** The port of traceroute -UL. */
const DNS_PORT = 53;
const HEADER_LENGTH = 8;
/** The header alone: the least that a checksum may cover (RFC 3828 section 3.1). */
const LEAST_COVERAGE = 8;
const MOST_COVERAGE = 0xffff;
const ANSWERED: ReplyMeaning = { kind: "udpLite", place: "target", detail: {} };

/** UDP-Lite with a constant 5-tuple (RFC 3828). */
export const udplite: TraceMethod = {
	name: "udplite",
	summary: "UDP-Lite with a constant 5-tuple (port 53 unless -p), like traceroute -UL",
	channels: needs({}),
	defaultPort: DNS_PORT,
	defaultLength: { 4: 60, 6: 80 },
	minimumLength: { 4: 36, 6: 56 },
	options: [
		{
			name: "coverage",
			value: "N",
			summary: "Bytes that the checksum covers, header included; 0: all (default: 8)",
			check: checkCoverage,
		},
	],
	needs,
	probe,
	match,
};

function needs(options: ProbeContext["options"]): readonly ChannelNeed[] {
	const checksumCoverage = askedCoverage(options);
	return [
		{ kind: "raw", transport: "ip", protocol: UDP_LITE, ports: "one" },
		{ kind: "errorQueue", transport: "udp", protocol: UDP_LITE, ports: "one", checksumCoverage },
	];
}

function checkCoverage(value: string): string | null {
	const coverage = /^[0-9]{1,5}$/.test(value) ? Number(value) : -1;
	const isCoverage = coverage === 0 || (coverage >= LEAST_COVERAGE && coverage <= MOST_COVERAGE);
	return isCoverage ? null : `not 0 or ${LEAST_COVERAGE} to ${MOST_COVERAGE}`;
}

function askedCoverage({ coverage }: ProbeContext["options"]): number {
	return typeof coverage === "string" ? Number(coverage) : LEAST_COVERAGE;
}

/** A checksum cannot cover more than there is; Linux cuts the coverage in the same way. */
function encode(context: ProbeContext, fields: UdpFields, payload: Uint8Array): Uint8Array {
	const coverage = Math.min(askedCoverage(context.options), HEADER_LENGTH + payload.length);
	return encodeUdpLite({ ...fields, coverage }, payload);
}

function probe(context: ProbeContext, { sequence, length = context.length }: ProbeRequest): ProbePacket {
	const { family, source, target: destination, transport, port: destinationPort } = context;
	const sourcePort = context.sourcePorts[0] ?? 0;
	const payload = udpPayload({ ...context, length }, sequence, sourcePort, destinationPort, (fields, bytes) =>
		encode(context, fields, bytes),
	);
	const fields = { family, source, destination, sourcePort, destinationPort };
	const bytes = transport === "ip" ? encode(context, fields, payload) : payload;
	return { transport, protocol: UDP_LITE, sourcePort, destinationPort, bytes };
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	if (reply.type !== "packet" || reply.protocol !== UDP_LITE) return { type: "foreign", reason: "otherProtocol" };
	if (!arePortsOurs(context, reply.destinationPort, reply.sourcePort)) return { type: "foreign", reason: "otherPort" };
	return matchDatagram(context, reply, ANSWERED);
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	return quotedMatch(context, reply, {
		protocol: UDP_LITE,
		sequenceOf: (quoted) => quotedSequence(context, coversName(context) ? quoted : { ...quoted, segment: null }),
	});
}

function coversName({ options }: ProbeContext): boolean {
	const coverage = askedCoverage(options);
	return coverage === 0 || coverage >= HEADER_LENGTH + UDP_PAYLOAD_MINIMUM;
}
