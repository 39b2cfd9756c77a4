/**
 * Method `dccp`: a DCCP-Request of one 5-tuple (RFC 4340). The sequence number names the probe; a bare 8-byte quote ends
 * before it, but holds the checksum, which covers it.
 */
import {
	DCCP_RESET_CODES,
	DCCP_TYPES,
	type DccpFields,
	type DccpHeader,
	decodeDccp,
	encodeDccp,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
} from "@whither/wire";
import type { IcmpErrorReply, PacketReply, ProbePacket, QuotedProbe, Reply } from "../channel.ts";
import type { Match, ProbeContext, ReplyMeaning, TraceMethod } from "../method.ts";
import { filler } from "./filler.ts";
import { arePortsOurs } from "./probe-ports.ts";
import { quotedMatch } from "./quoted-frame.ts";
import { sentChecksum } from "./udp-payload.ts";

const DCCP = IP_PROTOCOL.dccp;
/** First port of traceroute's range, which nobody listens on (traceroute(8)). */
const TRACEROUTE_PORT = 33434;
/** What traceroute -D asks for; a server of another service refuses, which is an answer too. */
const SERVICE_CODE = 1885957735;
/** The number that stands for no service (RFC 4340 section 8.1.2). */
const INVALID_SERVICE_CODE = 0xffff_ffff;
/** Generic header with a sequence number of 48 bits, and the service code (RFC 4340 sections 5.1, 5.2). */
const REQUEST_LENGTH = 20;
const LENGTHS = { 4: IP_HEADER_LENGTH[4] + REQUEST_LENGTH, 6: IP_HEADER_LENGTH[6] + REQUEST_LENGTH } as const;
const CHECKSUM_OFFSET = 6;
const SEQUENCE_OFFSET = 10;
const HEADER_LENGTH = 16;
/** Below the key in a sequence number. */
const SEQUENCE_RANGE = 0x1_0000;
/** The connection was ended before its time (RFC 4340 section 5.6). */
const ABORTED = 2;
const NOTHING = new Uint8Array(0);

/** DCCP Requests to one port (RFC 4340 section 5.2); needs raw sockets. */
export const dccp: TraceMethod = {
	name: "dccp",
	summary: "DCCP-Request (port 33434 unless -p), like traceroute -D",
	channels: [{ kind: "raw", transport: "ip", protocol: DCCP, ports: "one" }],
	defaultPort: TRACEROUTE_PORT,
	defaultLength: LENGTHS,
	minimumLength: LENGTHS,
	burdensTarget: true,
	opensConnections: true,
	options: [
		{
			name: "service",
			value: "N",
			summary: `Service code to ask for, as a number (default: ${SERVICE_CODE})`,
			check: (value) =>
				/^[0-9]{1,10}$/.test(value) && Number(value) < INVALID_SERVICE_CODE
					? null
					: `not a number from 0 to ${INVALID_SERVICE_CODE - 1}`,
		},
	],
	probe: (context, { sequence, length = context.length }) => request(context, numberOf(context, sequence), length),
	match,
};

/** The key, then the probe; from 1, since 0 and 0xffff give the same checksum. */
function numberOf({ key }: ProbeContext, sequence: number): number {
	return key * SEQUENCE_RANGE + ((sequence + 1) % SEQUENCE_RANGE);
}

/** The probe that a sequence number of ours belongs to; null where it is of another key. */
function probeOf({ key }: ProbeContext, number: number): number | null {
	if (Math.floor(number / SEQUENCE_RANGE) !== key) return null;
	return ((number % SEQUENCE_RANGE) - 1 + SEQUENCE_RANGE) % SEQUENCE_RANGE;
}

function request(context: ProbeContext, sequence: number, length: number): ProbePacket {
	const { service } = context.options;
	const serviceCode = typeof service === "string" ? Number(service) : SERVICE_CODE;
	const data = filler(length - LENGTHS[context.family]);
	return packet(context, { type: DCCP_TYPES.request, sequence, serviceCode }, data);
}

function packet(
	context: ProbeContext,
	fields: Pick<DccpFields, "type" | "sequence" | "acknowledgment" | "serviceCode" | "reset">,
	data: Uint8Array,
): ProbePacket {
	const { family, source, target: destination, port: destinationPort } = context;
	const sourcePort = context.sourcePorts[0] ?? 0;
	const bytes = encodeDccp({ family, source, destination, sourcePort, destinationPort, ...fields }, data);
	return { transport: "ip", protocol: DCCP, sourcePort, destinationPort, bytes };
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	if (reply.type !== "packet" || reply.protocol !== DCCP) return { type: "foreign", reason: "otherProtocol" };
	if (!arePortsOurs(context, reply.destinationPort, reply.sourcePort)) return { type: "foreign", reason: "otherPort" };
	return matchAnswer(context, reply);
}

/** Response and Reset acknowledge our sequence number. */
function matchAnswer(context: ProbeContext, { segment }: PacketReply): Match {
	const answer = decodeDccp(segment ?? NOTHING);
	if (isDecodeError(answer)) return { type: "foreign", reason: "malformed" };
	const { header } = answer;
	const { acknowledgment, extended, type } = header;
	const sequence = acknowledgment === null || !extended ? null : probeOf(context, acknowledgment);
	if (sequence === null || acknowledgment === null) return { type: "foreign", reason: "otherKey" };
	const named = { type: "probe", sequence, meaning: answered(header) } as const;
	if (type !== DCCP_TYPES.response) return named;
	// The server keeps state for what it thinks is a new connection: RFC 4340 section 8.1.3 has it wait for us.
	const reset = { code: ABORTED, data: NOTHING };
	const next = probeSuccessor(acknowledgment);
	const fields = { type: DCCP_TYPES.reset, sequence: next, acknowledgment: header.sequence, reset };
	return { ...named, farewell: packet(context, fields, NOTHING) };
}

/** Sequence numbers count every packet, modulo 2^48 (RFC 4340 section 7.1). */
function probeSuccessor(number: number): number {
	return (number + 1) % 2 ** 48;
}

function answered({ type, reset }: DccpHeader): ReplyMeaning {
	const name = Object.entries(DCCP_TYPES).find(([, number]) => number === type)?.[0] ?? String(type);
	const resetCode = reset === null ? {} : { resetCode: DCCP_RESET_CODES[reset.code] ?? String(reset.code) };
	return { kind: "dccp", place: "target", detail: { type: name, ...resetCode } };
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	return quotedMatch(context, reply, {
		protocol: DCCP,
		sequenceOf: (quoted) => {
			const segment = quoted.segment ?? NOTHING;
			return segment.length < HEADER_LENGTH ? checksumProbe(context, quoted) : numberProbe(context, segment);
		},
	});
}

function numberProbe(context: ProbeContext, segment: Uint8Array): number | null {
	const view = new DataView(segment.buffer, segment.byteOffset);
	return probeOf(context, view.getUint16(SEQUENCE_OFFSET) * 2 ** 32 + view.getUint32(SEQUENCE_OFFSET + 2));
}

/**
 * The probe that a quoted checksum names: the complement of a sum that the sequence number is part of; undefined where
 * the quote cannot tell.
 */
function checksumProbe(context: ProbeContext, quoted: QuotedProbe): number | undefined {
	const { segment, ip } = quoted;
	if (segment === null || segment.length < CHECKSUM_OFFSET + 2) return undefined;
	const unnamed = request(context, context.key * SEQUENCE_RANGE, ip?.length ?? context.length);
	const sent = sentChecksum(context, quoted, checksumAt(segment));
	const number = (checksumAt(unnamed.bytes) - sent + 0xffff) % 0xffff;
	return number === 0 ? undefined : number - 1;
}

function checksumAt(segment: Uint8Array): number {
	return new DataView(segment.buffer, segment.byteOffset).getUint16(CHECKSUM_OFFSET);
}
