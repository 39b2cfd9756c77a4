/**
 * Method `sctp`: an INIT of one 5-tuple (RFC 9260). Its initiate tag names the probe, and comes back as the verification
 * tag of every answer. A quote of less than 20 bytes ends before the tag and tells only the flow.
 */
import {
	decodeSctp,
	decodeSctpPrefix,
	encodeSctp,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	type SctpChunk,
	type SctpParameter,
	sctpChunk,
} from "@whither/wire";
import type { IcmpErrorReply, PacketReply, ProbePacket, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { filler } from "./filler.ts";
import { arePortsOurs } from "./probe-ports.ts";
import { quotedMatch } from "./quoted-frame.ts";

const SCTP = IP_PROTOCOL.sctp;
/** Where mtr --sctp knocks; SCTP has no port that is everywhere. */
const HTTP_PORT = 80;
/** Common header, and an INIT without parameters (RFC 9260 sections 3.1, 3.3.2). */
const INIT_LENGTH = 32;
const LENGTHS = { 4: IP_HEADER_LENGTH[4] + INIT_LENGTH, 6: IP_HEADER_LENGTH[6] + INIT_LENGTH } as const;
/** Of the initiate tag: after the common header and the chunk's head. */
const TAG_OFFSET = 16;
const TAG_END = 20;
const RECEIVER_WINDOW = 65_536;
const STREAMS = 10;
/** The parameter that makes an INIT longer (RFC 4820 section 4); its head takes 4 bytes, and so do all SCTP's steps. */
const PADDING = 0x8005;
const PARAMETER_HEADER_LENGTH = 4;
const ALIGNMENT = 4;
/** Flag of an ABORT whose sender knows no tag and reflects that of the packet, which is 0 in an INIT (section 8.5.1). */
const TAG_REFLECTED = 1;
const PROBES = 0x1_0000;
const NOTHING = new Uint8Array(0);

/** SCTP INITs (RFC 9260 section 3.3.2); needs raw sockets. */
export const sctp: TraceMethod = {
	name: "sctp",
	summary: "SCTP INIT (port 80 unless -p)",
	channels: [{ kind: "raw", transport: "ip", protocol: SCTP, ports: "one" }],
	defaultPort: HTTP_PORT,
	defaultLength: LENGTHS,
	minimumLength: LENGTHS,
	probe,
	match,
};

function probe(context: ProbeContext, { sequence, length = context.length }: ProbeRequest): ProbePacket {
	const sourcePort = context.sourcePorts[0] ?? 0;
	const destinationPort = context.port;
	const init = sctpChunk("init", {
		initiateTag: tagOf(context, sequence),
		receiverWindow: RECEIVER_WINDOW,
		outboundStreams: STREAMS,
		inboundStreams: STREAMS,
		initialTsn: context.key,
		parameters: padding(length - LENGTHS[context.family]),
	});
	const bytes = encodeSctp({ sourcePort, destinationPort, verificationTag: 0 }, [init]);
	return { transport: "ip", protocol: SCTP, sourcePort, destinationPort, bytes };
}

/** As near to that many bytes as SCTP's steps of four come without going beyond. */
function padding(bytes: number): readonly SctpParameter[] {
	const whole = bytes - (bytes % ALIGNMENT);
	if (whole < PARAMETER_HEADER_LENGTH) return [];
	return [{ name: "unknown", type: PADDING, value: filler(whole - PARAMETER_HEADER_LENGTH) }];
}

/** Tags count up from the key without ever being 0, which RFC 9260 section 3.3.2 forbids. */
function firstTag({ key }: ProbeContext): number {
	return key === 0 || key > 2 ** 32 - PROBES ? (key ^ 0x8000_0000) >>> 0 : key;
}

function tagOf(context: ProbeContext, sequence: number): number {
	return firstTag(context) + (sequence % PROBES);
}

function probeOf(context: ProbeContext, tag: number): number | null {
	const distance = tag - firstTag(context);
	return distance >= 0 && distance < PROBES ? distance : null;
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	if (reply.type !== "packet" || reply.protocol !== SCTP) return { type: "foreign", reason: "otherProtocol" };
	if (!arePortsOurs(context, reply.destinationPort, reply.sourcePort)) return { type: "foreign", reason: "otherPort" };
	return matchAnswer(context, reply);
}

/**
 * INIT ACK and ABORT bear our tag. Nothing is sent after an INIT ACK: all that the server knows of us is in its cookie,
 * which it keeps nowhere (RFC 9260 section 5.1.3). The checksum is not judged: where it is left to network hardware that
 * is no hardware, as between containers, it is never filled in.
 */
function matchAnswer(context: ProbeContext, { segment, from }: PacketReply): Match {
	const answer = decodeSctp(segment ?? NOTHING);
	if (isDecodeError(answer)) return { type: "foreign", reason: "malformed" };
	const [chunk] = answer.chunks;
	if (chunk === undefined) return { type: "foreign", reason: "malformed" };
	const { verificationTag } = answer.header;
	const meaning = answered(chunk);
	const isReflected = chunk.name === "abort" && (chunk.flags & TAG_REFLECTED) !== 0 && verificationTag === 0;
	if (isReflected && from === context.target) return { type: "flow", meaning };
	const sequence = probeOf(context, verificationTag);
	return sequence === null ? { type: "foreign", reason: "otherKey" } : { type: "probe", sequence, meaning };
}

function answered(chunk: SctpChunk): ReplyMeaning {
	const name = chunk.name === "unknown" ? String(chunk.type) : chunk.name;
	const causes = chunk.name === "abort" ? chunk.value.map((cause) => causeName(cause)) : [];
	return { kind: "sctp", place: "target", detail: { chunk: name, ...(causes.length > 0 && { causes }) } };
}

function causeName({ name, type }: { readonly name: string; readonly type: number }): string {
	return name === "unknown" ? String(type) : name;
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	return quotedMatch(context, reply, {
		protocol: SCTP,
		sequenceOf: ({ segment }) => quotedProbe(context, segment ?? NOTHING),
	});
}

function quotedProbe(context: ProbeContext, segment: Uint8Array): number | null | undefined {
	const prefix = decodeSctpPrefix(segment);
	if (isDecodeError(prefix) || prefix.verificationTag !== 0) return null;
	if (segment.length < TAG_END) return undefined;
	return probeOf(context, new DataView(segment.buffer, segment.byteOffset).getUint32(TAG_OFFSET));
}
