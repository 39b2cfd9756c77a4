/**
 * Method `tcp`: raw SYNs, each from a source port of its own that an ordinary socket holds but never connects, so that
 * the kernel itself resets what the target opens (RFC 9293 section 3.10.7.1) and nothing stays half open.
 */
import {
	decodeTcp,
	decodeTcpPrefix,
	encodeTcp,
	IP_PROTOCOL,
	isDecodeError,
	TCP_FLAGS,
	type TcpOption,
} from "@whither/wire";
import type { Family, PacketReply, Reply } from "../channel.ts";
import { icmpMeaning } from "../icmp-meaning.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";

const TCP = IP_PROTOCOL.tcp;
const HTTPS_PORT = 443;
/** MSS for a path of 1500 bytes: 1500 less IP and TCP headers (RFC 9293 section 3.7.1). */
const MSS: Readonly<Record<Family, number>> = { 4: 1460, 6: 1440 };
const WINDOW = 64240;
/** Sequence numbers of neighbouring probes are this far apart, so that acknowledgments never mix them up. */
const SEQUENCE_STEP = 16;

export const tcp: TraceMethod = {
	name: "tcp",
	summary: "TCP SYN by raw socket, like traceroute -T",
	channels: [{ kind: "raw", transport: "ip", protocol: TCP, ports: "perProbe" }],
	defaultPort: HTTPS_PORT,
	defaultLength: { 4: 60, 6: 80 },
	minimumLength: { 4: 60, 6: 80 },
	fixedLength: true,
	options: [{ name: "info", value: null, summary: "Show the flags and the maximum segment size of TCP answers" }],
	probe,
	match,
};

function probe(context: ProbeContext, { sequence }: ProbeRequest) {
	const { family, source, target: destination, port: destinationPort } = context;
	const sourcePort = probePort(context, sequence);
	const fields = {
		family,
		source,
		destination,
		sourcePort,
		destinationPort,
		sequence: sequenceNumber(context, sequence),
		flags: TCP_FLAGS.syn,
		window: WINDOW,
		options: synOptions(context),
	};
	return {
		transport: "ip" as const,
		protocol: TCP,
		sourcePort,
		destinationPort,
		bytes: encodeTcp(fields, new Uint8Array(0)),
	};
}

/** What Linux itself offers in a SYN, 20 bytes in all. */
function synOptions(context: ProbeContext): readonly TcpOption[] {
	return [
		{ name: "maximumSegmentSize", kind: 2, value: MSS[context.family] },
		{ name: "sackPermitted", kind: 4, value: true },
		{ name: "timestamps", kind: 8, value: { value: context.key, echo: 0 } },
		{ name: "noOperation", kind: 1, value: null },
		{ name: "windowScale", kind: 3, value: 7 },
	];
}

function probePort(context: ProbeContext, sequence: number): number {
	return context.sourcePorts[sequence % context.sourcePorts.length] ?? 0;
}

function sequenceNumber(context: ProbeContext, sequence: number): number {
	return (context.key + sequence * SEQUENCE_STEP) >>> 0;
}

/** The probe that a TCP sequence number of ours belongs to; null where no probe can have it. */
function probeOf(context: ProbeContext, tcpSequence: number): number | null {
	const distance = (tcpSequence - context.key) >>> 0;
	return distance % SEQUENCE_STEP === 0 && distance < 0x10000 * SEQUENCE_STEP ? distance / SEQUENCE_STEP : null;
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "packet" && reply.protocol === TCP) return matchSegment(context, reply);
	if (reply.type !== "icmpError" || reply.quoted.protocol !== TCP) return { type: "foreign", reason: "otherProtocol" };
	if (reply.quoted.destination !== context.target) return { type: "foreign", reason: "otherTarget" };
	const meaning = icmpMeaning(context.family, reply);
	if (meaning === null) return { type: "foreign", reason: "notAnError" };
	const quoted = decodeTcpPrefix(reply.quoted.segment ?? new Uint8Array(0));
	if (isDecodeError(quoted)) return { type: "foreign", reason: "malformed" };
	return named(context, quoted.sourcePort, quoted.destinationPort, quoted.sequence, meaning);
}

/** SYN/ACK and RST of the target acknowledge our SYN: its sequence number + 1. */
function matchSegment(context: ProbeContext, reply: PacketReply): Match {
	const decoded = decodeTcp(reply.segment ?? new Uint8Array(0));
	if (isDecodeError(decoded)) return { type: "foreign", reason: "malformed" };
	const { header } = decoded;
	const flags = flagNames(header.flags);
	if (!flags.includes("ack")) return { type: "foreign", reason: "otherKey" };
	const kind = flags.includes("rst") ? "rst" : flags.includes("syn") ? "synAck" : "ack";
	const mss = header.options.find((option) => option.name === "maximumSegmentSize");
	const detail = { flags, ...(mss === undefined ? {} : { mss: mss.value }) };
	const meaning: ReplyMeaning = { kind, place: "target", detail };
	return named(context, header.destinationPort, header.sourcePort, (header.acknowledgment - 1) >>> 0, meaning);
}

function named(context: ProbeContext, ours: number, theirs: number, tcpSequence: number, meaning: ReplyMeaning): Match {
	if (theirs !== context.port || !context.sourcePorts.includes(ours)) return { type: "foreign", reason: "otherPort" };
	const sequence = probeOf(context, tcpSequence);
	if (sequence === null || probePort(context, sequence) !== ours) return { type: "foreign", reason: "otherKey" };
	return { type: "probe", sequence, meaning };
}

function flagNames(flags: number): string[] {
	return Object.entries(TCP_FLAGS).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
}
