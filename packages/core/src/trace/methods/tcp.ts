/**
 * Method `tcp`: raw segments, SYNs unless told otherwise, each from a source port of its own that an ordinary socket
 * holds but never connects, so that the kernel itself resets what the target opens (RFC 9293 section 3.10.7.1) and
 * nothing stays half open. Where the kernel's resets may take another way than the probes, we send our own as well.
 */
import {
	decodeTcp,
	decodeTcpPrefix,
	encodeTcp,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	TCP_FLAGS,
	TCP_HEADER_LENGTH,
	type TcpHeader,
} from "@whither/wire";
import type { IcmpErrorReply, PacketReply, ProbePacket, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { filler } from "./filler.ts";
import { quotedMatch } from "./quoted-frame.ts";
import { SYN_MSS, SYN_OPTIONS_LENGTH, SYN_WINDOW, synOptions } from "./syn-options.ts";
import {
	askedFlags,
	ecnAgreement,
	ecnOffer,
	flagNames,
	numberOption,
	TCP_OPTIONS,
	withoutEcnSetup,
} from "./tcp-asked.ts";
import { ecnConclusions, UNMARKED, unmarkedSyns } from "./tcp-ecn.ts";

const TCP = IP_PROTOCOL.tcp;
const HTTPS_PORT = 443;
/** Neighbouring probes are so far apart that what acknowledges one with all its payload never names another. */
const SEQUENCE_STEP = 0x10000;
/** Payload of a SYN in the smallest packet that carries any: every link bears 68 bytes (RFC 791 section 3.2). */
const PAYLOAD_LEAST = 8;
const SEGMENT_ONLY = { 4: 40, 6: 60 } as const;

/** TCP segments of our own making, SYNs unless told otherwise (RFC 9293); needs raw sockets. */
export const tcp: TraceMethod = {
	name: "tcp",
	summary: "TCP SYN (-O: other flags) by raw socket, like traceroute -T",
	channels: [{ kind: "raw", transport: "ip", protocol: TCP, ports: "perProbe" }],
	defaultPort: HTTPS_PORT,
	// A SYN is longer by its options.
	defaultLength: SEGMENT_ONLY,
	minimumLength: SEGMENT_ONLY,
	leastLength: (context) => headersLength(context, askedFlags(context.options)),
	fixedLength: true,
	options: TCP_OPTIONS,
	opensConnections: ({ kernelStrays }) => kernelStrays === true,
	companions: unmarkedSyns,
	conclusions: ecnConclusions,
	probe,
	match,
};

function probe(context: ProbeContext, request: ProbeRequest) {
	const { family, source, target: destination, port: destinationPort, options, key } = context;
	const sourcePort = probePort(context, request.sequence);
	const flags = flagsOf(context, request);
	const number = sequenceNumber(context, request.sequence);
	const mss = numberOption(options, "mss", SYN_MSS[family]);
	const fields = {
		family,
		source,
		destination,
		sourcePort,
		destinationPort,
		sequence: number,
		// A reset of what acknowledges nothing that was sent has this number (RFC 9293 section 3.10.7.1): it names us too.
		acknowledgment: (flags & TCP_FLAGS.ack) === 0 ? 0 : number,
		flags,
		window: numberOption(options, "window", SYN_WINDOW),
		options: (flags & TCP_FLAGS.syn) === 0 ? [] : synOptions({ mss, timestamp: key }),
	};
	const payload = filler((request.length ?? context.length) - headersLength(context, flags));
	return { transport: "ip" as const, protocol: TCP, sourcePort, destinationPort, bytes: encodeTcp(fields, payload) };
}

/** What is asked for; the companion does without what a path may drop. */
function flagsOf({ options }: ProbeContext, { companion }: ProbeRequest): number {
	const flags = askedFlags(options);
	return companion === UNMARKED ? withoutEcnSetup(flags) : flags;
}

/** IP and TCP headers together, in bytes. */
function headersLength({ family }: ProbeContext, flags: number): number {
	const options = (flags & TCP_FLAGS.syn) === 0 ? 0 : SYN_OPTIONS_LENGTH;
	return IP_HEADER_LENGTH[family] + TCP_HEADER_LENGTH + options;
}

function probePort(context: ProbeContext, sequence: number): number {
	return context.sourcePorts[sequence % context.sourcePorts.length] ?? 0;
}

function sequenceNumber(context: ProbeContext, sequence: number): number {
	return (context.key + sequence * SEQUENCE_STEP) >>> 0;
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	if (reply.type === "packet" && reply.protocol === TCP) return matchSegment(context, reply);
	return { type: "foreign", reason: "otherProtocol" };
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	return quotedMatch(context, reply, {
		protocol: TCP,
		sequenceOf: ({ segment, sourcePort }) => {
			const quoted = decodeTcpPrefix(segment ?? new Uint8Array(0));
			if (isDecodeError(quoted)) return null;
			const named = namedBy(context, quoted.sequence, (offset) => offset === 0);
			return named === null || context.looseMatch || probePort(context, named) === sourcePort ? named : null;
		},
	});
}

function matchSegment(context: ProbeContext, reply: PacketReply): Match {
	const decoded = decodeTcp(reply.segment ?? new Uint8Array(0));
	if (isDecodeError(decoded)) return { type: "foreign", reason: "malformed" };
	const { header } = decoded;
	const named = answeredProbe(context, header);
	const match = matched(context, {
		ours: header.destinationPort,
		theirs: header.sourcePort,
		named,
		meaning: segmentMeaning(context, header),
	});
	const isOpened = match.type === "probe" && match.meaning.kind === "synAck" && context.kernelStrays === true;
	return isOpened ? { ...match, farewell: reset(context, header) } : match;
}

/** What the kernel answers a SYN/ACK with for which it has no connection (RFC 9293 section 3.10.7.1). */
function reset(context: ProbeContext, { destinationPort: sourcePort, acknowledgment }: TcpHeader): ProbePacket {
	const { family, source, target: destination, port: destinationPort } = context;
	const numbers = { sequence: acknowledgment, acknowledgment: 0, flags: TCP_FLAGS.rst, window: 0 };
	const fields = { family, source, destination, sourcePort, destinationPort, ...numbers, options: [] };
	return { transport: "ip", protocol: TCP, sourcePort, destinationPort, bytes: encodeTcp(fields, new Uint8Array(0)) };
}

/** A segment of the target acknowledges the probe or, where that acknowledged something itself, resets at that number. */
function answeredProbe(context: ProbeContext, { flags, sequence, acknowledgment }: TcpHeader): number | null {
	const sent = askedFlags(context.options);
	const isReset = (flags & TCP_FLAGS.rst) !== 0;
	if (isReset && (sent & TCP_FLAGS.ack) !== 0) {
		const named = namedBy(context, sequence, (offset) => offset === 0);
		if (named !== null) return named;
	}
	if ((flags & TCP_FLAGS.ack) === 0) return null;
	const taken = (sent & TCP_FLAGS.syn ? 1 : 0) + (sent & TCP_FLAGS.fin ? 1 : 0);
	// A SYN's payload waits for the handshake, and counts in a reset (RFC 9293 section 3.4).
	if ((flags & TCP_FLAGS.syn) !== 0) return namedBy(context, acknowledgment, (offset) => offset === 1);
	return namedBy(context, acknowledgment, (offset) => offset === taken || offset >= taken + PAYLOAD_LEAST);
}

/** The probe whose sequence number, or one that lies acceptably behind it, this is. */
function namedBy(context: ProbeContext, tcpSequence: number, accepts: (offset: number) => boolean): number | null {
	const distance = (tcpSequence - context.key) >>> 0;
	return accepts(distance % SEQUENCE_STEP) ? Math.floor(distance / SEQUENCE_STEP) : null;
}

function segmentMeaning({ options }: ProbeContext, header: TcpHeader): ReplyMeaning {
	const flags = flagNames(header.flags);
	const kind = flags.includes("rst") ? "rst" : flags.includes("syn") ? "synAck" : "ack";
	const mss = header.options.find((option) => option.name === "maximumSegmentSize");
	const offer = kind === "synAck" ? ecnOffer(askedFlags(options)) : null;
	const detail = {
		flags,
		...(mss === undefined ? {} : { mss: mss.value }),
		...(offer === null ? {} : ecnAgreement(offer, header.flags)),
	};
	return { kind, place: "target", detail };
}

/** What ports and number make of an answer. */
function matched(
	context: ProbeContext,
	found: {
		readonly ours: number;
		readonly theirs: number;
		readonly named: number | null;
		readonly meaning: ReplyMeaning;
	},
): Match {
	const { ours, theirs, named, meaning } = found;
	if (theirs !== context.port || !context.sourcePorts.includes(ours)) return { type: "foreign", reason: "otherPort" };
	if (named === null || probePort(context, named) !== ours) return { type: "foreign", reason: "otherKey" };
	return { type: "probe", sequence: named, meaning };
}
