/**
 * Method `tcpinsession`: segments of one byte inside an open connection, each behind a hole that is never filled, so that
 * the other end acknowledges each selectively (RFC 2018) and delivers none. Hops are known by the sequence number that they
 * quote, the target by the block that names it. Where SACK may not be used, its acknowledgments name no probe: they are
 * counted, and hops are asked alone.
 */
import {
	decodeTcp,
	decodeTcpPrefix,
	encodeTcp,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	type SackBlock,
	sequenceAdd,
	sequenceDifference,
	sequenceWithin,
	TCP_FLAGS,
	TCP_HEADER_LENGTH,
	type TcpHeader,
	type TcpOption,
} from "@whither/wire";
import type { IcmpErrorReply, PacketReply, ProbePacket, QuotedProbe, Reply, SessionFacts } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { quotedFrame } from "./quoted-frame.ts";
import { longestPayload, probeAt, probeSequence, synAt } from "./tcpinsession-place.ts";
import { optionFate, SYN_COMPANION, sackConclusions, synCompanions, synSegment } from "./tcpinsession-sack.ts";
import { windowConclusions } from "./tcpinsession-window.ts";

const TCP = IP_PROTOCOL.tcp;
const HTTPS_PORT = 443;
const MOST_CONNECTIONS = 16;
/** Enough for the interpreter to know the types it will meet. */
const PREPARED = 16;
/** A connection as most are, but for its port. */
const IMAGINED = {
	sendNext: 1,
	receiveNext: 1,
	synAckTtl: 64,
	mss: null,
	window: 0xffff,
	sackOffered: true,
	sackPermitted: true,
	timestamps: { value: 1, echo: 1 },
	rttNs: 1,
} as const;
/** IP header, TCP header, two no-operations and timestamps, one byte. */
const DEFAULT_LENGTH = { 4: 53, 6: 73 } as const;
const MINIMUM_LENGTH = { 4: 41, 6: 61 } as const;
const TIMESTAMPS_LENGTH = 12;
/** What an idle connection of Linux offers: 64 KiB with the usual shift of 7. */
const WINDOW = 502;
/**
 * Deviation: so far our TSval runs ahead of the kernel's clock, in its unit (Linux: ms). The kernel may acknowledge what the server says
 * meanwhile, and segments with an older time than that would be dropped (RFC 7323 section 5.3). A receiver remembers no
 * time of a segment behind a hole (section 4.3), so that the kernel's own later ones are not too old for it.
 */
const TIMESTAMP_LEAD = 10_000;
/** Resets beyond the largest window there is (RFC 7323 section 2.3) are not the other end's. */
const LARGEST_WINDOW = 0x4000_0000;
const NO_OPERATION: TcpOption = { name: "noOperation", kind: 1, value: null };
const STRANGER: Match = { type: "foreign", reason: "otherKey" };

/** Segments of one byte inside an open TCP connection, told apart by SACK (RFC 2018); needs raw sockets. */
export const tcpinsession: TraceMethod = {
	name: "tcpinsession",
	summary: "TCP data inside one open connection: one SYN a trace, the path of real traffic",
	channels: [{ kind: "session", transport: "ip", protocol: TCP, ports: "none" }],
	defaultPort: HTTPS_PORT,
	defaultLength: DEFAULT_LENGTH,
	minimumLength: MINIMUM_LENGTH,
	options: [
		{
			name: "ecmp",
			value: "N",
			summary: `Open N connections (1 to ${MOST_CONNECTIONS}), a flow each; columns take turns`,
			check: (value) => (connectionCount(value) === null ? `not a number from 1 to ${MOST_CONNECTIONS}` : null),
		},
	],
	connections: ({ ecmp }) => (typeof ecmp === "string" ? (connectionCount(ecmp) ?? 1) : 1),
	prepare,
	companions: synCompanions,
	conclusions: (context, evidence) => [...sackConclusions(context, evidence), ...windowConclusions(context, evidence)],
	probe,
	match,
};

/** Has the code of a probe and of its acknowledgment ready while the handshake is on its way. */
function prepare(context: ProbeContext): void {
	const session: SessionFacts = { ...IMAGINED, sourcePort: 1 };
	const opened = { ...context, sessions: [session], sourcePorts: [session.sourcePort] };
	const answer = imaginedAnswer(context, session);
	for (let sequence = 0; sequence < PREPARED; sequence++) {
		probe(opened, { ttl: 1, sequence, flow: 0 });
		match(opened, answer);
	}
}

/** As a target acknowledges its second island. */
function imaginedAnswer(context: ProbeContext, session: SessionFacts): PacketReply {
	const { family, source: destination, target: source, port: sourcePort } = context;
	const ports = { sourcePort, destinationPort: session.sourcePort };
	const numbers = { sequence: session.receiveNext, acknowledgment: session.sendNext };
	const starts = [2, 0].map((sequence) => probeSequence(session, sequence, 1));
	const value = starts.map((start) => ({ start, end: sequenceAdd(start, 1) }));
	const sack: TcpOption = { name: "sack", kind: 5, value };
	const options = [...segmentOptions(session), NO_OPERATION, NO_OPERATION, sack];
	const payload = new Uint8Array(0);
	const fields = { family, source, destination, ...ports, ...numbers, flags: TCP_FLAGS.ack, options };
	const head = { at: 0, stamp: "user", from: source, ttl: null, tos: null, socket: null } as const;
	return { type: "packet", ...head, protocol: TCP, ...ports, segment: encodeTcp(fields, payload), payload };
}

function connectionCount(value: string): number | null {
	const count = /^[0-9]{1,2}$/.test(value) ? Number(value) : 0;
	return count >= 1 && count <= MOST_CONNECTIONS ? count : null;
}

/** Throws RangeError where there is no connection: nothing is sent before they are open. */
function probe(context: ProbeContext, request: ProbeRequest): ProbePacket {
	const session = context.sessions[request.flow];
	if (session === undefined) throw new RangeError(`no connection ${request.flow}`);
	const bytes =
		request.companion === SYN_COMPANION
			? synSegment(context, session, request.sequence)
			: dataSegment(context, session, request);
	return {
		transport: "ip",
		protocol: TCP,
		sourcePort: session.sourcePort,
		destinationPort: context.port,
		bytes,
	};
}

function dataSegment(context: ProbeContext, session: SessionFacts, request: ProbeRequest): Uint8Array {
	const { family, source, target: destination, port: destinationPort, key } = context;
	const payload = Uint8Array.from(
		{ length: payloadLength(context, session, request.length ?? context.length) },
		(_, index) => key >>> (8 * (3 - (index % 4))),
	);
	const fields = {
		family,
		source,
		destination,
		sourcePort: session.sourcePort,
		destinationPort,
		sequence: probeSequence(session, request.sequence, payload.length),
		acknowledgment: session.receiveNext,
		flags: TCP_FLAGS.psh | TCP_FLAGS.ack,
		window: WINDOW,
		options: segmentOptions(session),
	};
	return encodeTcp(fields, payload);
}

/** The shortest packets carry one byte, with timestamps or without; the longest as much as the window has places for. */
function payloadLength({ family }: ProbeContext, { timestamps, window }: SessionFacts, length: number): number {
	if (length <= DEFAULT_LENGTH[family]) return 1;
	const options = timestamps === null ? 0 : TIMESTAMPS_LENGTH;
	return Math.min(longestPayload(window), length - IP_HEADER_LENGTH[family] - TCP_HEADER_LENGTH - options);
}

function segmentOptions({ timestamps }: SessionFacts): readonly TcpOption[] {
	if (timestamps === null) return [];
	const value = { value: sequenceAdd(timestamps.value, TIMESTAMP_LEAD), echo: timestamps.echo };
	return [NO_OPERATION, NO_OPERATION, { name: "timestamps", kind: 8, value }];
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "packet" && reply.protocol === TCP) return matchSegment(context, reply);
	return reply.type === "icmpError" ? matchError(context, reply) : { type: "foreign", reason: "otherProtocol" };
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	const frame = quotedFrame(context, reply, TCP);
	if (frame.type === "foreign") return frame;
	const quoted = decodeTcpPrefix(reply.quoted.segment ?? new Uint8Array(0));
	if (isDecodeError(quoted)) return { type: "foreign", reason: "malformed" };
	const { sourcePort, destinationPort, sequence } = quoted;
	// Sequence numbers are as good as a key: 32 bits that nobody outside knows.
	const sessions = context.looseMatch
		? context.sessions
		: context.sessions.filter((session) => session.sourcePort === sourcePort && destinationPort === context.port);
	if (sessions.length === 0) return { type: "foreign", reason: "otherPort" };
	for (const session of sessions) {
		const found = namedByQuote(session, sequence, { meaning: frame.meaning, quoted: reply.quoted });
		if (found !== null) return found;
	}
	return STRANGER;
}

function namedByQuote(
	session: SessionFacts,
	tcpSequence: number,
	{ meaning, quoted }: { readonly meaning: ReplyMeaning; readonly quoted: QuotedProbe },
): Match | null {
	const { sendNext, sackPermitted } = session;
	const sequence = probeAt(session, tcpSequence);
	if (sequence !== null) return { type: "probe", sequence, meaning };
	const syn = sackPermitted ? null : synAt(sendNext, tcpSequence);
	if (syn === null) return null;
	return { type: "probe", sequence: syn, meaning: { ...meaning, detail: { sackPermitted: optionFate(quoted) } } };
}

function matchSegment(context: ProbeContext, reply: PacketReply): Match {
	if (reply.from !== context.target) return { type: "foreign", reason: "otherTarget" };
	const decoded = decodeTcp(reply.segment ?? new Uint8Array(0));
	if (isDecodeError(decoded)) return { type: "foreign", reason: "malformed" };
	const { header, payload } = decoded;
	const session = context.sessions.find(({ sourcePort }) => sourcePort === header.destinationPort);
	if (session === undefined || header.sourcePort !== context.port) return { type: "foreign", reason: "otherPort" };
	if ((header.flags & TCP_FLAGS.rst) !== 0) return matchReset(session, header, reply.from);
	if ((header.flags & TCP_FLAGS.syn) !== 0 || (header.flags & TCP_FLAGS.ack) === 0) return STRANGER;
	const blocks = sackBlocks(header);
	if (blocks.length > 0) return matchBlocks(session, blocks);
	// Nothing of the kernel's is in flight: an acknowledgment of nothing new, without data, answers a probe.
	const repeats = header.acknowledgment === session.sendNext && (header.flags & TCP_FLAGS.fin) === 0;
	if (!repeats || payload.length > 0) return STRANGER;
	// Who speaks SACK acknowledges several at once, and somebody took the blocks out.
	return { type: "flow", meaning: acknowledged({}), ...(session.sackPermitted ? { joint: true } : {}) };
}

function matchReset(session: SessionFacts, { sequence }: TcpHeader, from: string): Match {
	const end = sequenceAdd(session.receiveNext, LARGEST_WINDOW);
	return sequenceWithin(sequence, session.receiveNext, end) ? { type: "broken", from } : STRANGER;
}

/**
 * The first block holds what has just arrived (RFC 2018 section 4), the others what did before; one that tells of bytes
 * that came twice (RFC 2883) begins where the second copy did, and so names a probe that has its answer.
 */
function matchBlocks(session: SessionFacts, blocks: readonly SackBlock[]): Match {
	const [sequence, ...also] = blocks
		.map(({ start }) => probeAt(session, start))
		.filter((sequence) => sequence !== null);
	if (sequence === undefined) return STRANGER;
	const relative = (edge: number) => sequenceDifference(edge, session.sendNext);
	const sack = blocks.map(({ start, end }) => [relative(start), relative(end)]);
	const meaning = acknowledged({ sack });
	return { type: "probe", sequence, meaning, ...(also.length === 0 ? {} : { also }) };
}

function sackBlocks({ options }: TcpHeader): readonly SackBlock[] {
	return options.flatMap((option) => (option.name === "sack" ? option.value : []));
}

function acknowledged(detail: ReplyMeaning["detail"]): ReplyMeaning {
	return { kind: "ack", place: "target", detail };
}
