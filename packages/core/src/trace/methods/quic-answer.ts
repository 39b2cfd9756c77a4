/** What datagrams from the target mean to a QUIC probe: Version Negotiation, Retry, Initial, Handshake, reset. */
import {
	decodeQuicDatagram,
	decodeQuicPayload,
	decodeServerHello,
	deriveSenderKeys,
	equalBytes,
	isDecodeError,
	isHelloRetryRequest,
	joinQuicCrypto,
	looksLikeStatelessReset,
	QUIC_V1,
	QUIC_V2,
	type QuicFrame,
	type QuicInitialPacket,
	type QuicOpenedPacket,
	type QuicPacket,
	type QuicRetryPacket,
	type QuicVersionNegotiationPacket,
	quicErrorName,
	quicVersionName,
	verifyQuicRetry,
} from "@whither/wire";
import type { ProbePacket } from "../channel.ts";
import type { IgnoreReason, Match, ProbeContext, ReplyMeaning } from "../method.ts";
import {
	type Connection,
	closeOnce,
	connectionOf,
	destinationId,
	type FollowUp,
	hear,
	latestInitial,
} from "./quic-connection.ts";
import { closingDatagram, quicPacket } from "./quic-datagram.ts";
import { CONNECTION_ID_LENGTH, namedSequence } from "./quic-ids.ts";

/** A longer token would leave the ClientHello no room in a datagram of the usual size. */
const LONGEST_TOKEN = 512;

/** What a datagram from the target's port says, and to which probe. */
export function matchQuicDatagram(context: ProbeContext, datagram: Uint8Array): Match {
	const { packets } = decodeQuicDatagram(datagram, { connectionIdLength: CONNECTION_ID_LENGTH });
	const [packet] = packets;
	if (packet === undefined || packet.kind === "short") return matchShort(context, packet, datagram);
	const first = namedSequence(context, "source", packet.dcid);
	if (first === null || packet.dcid.length < CONNECTION_ID_LENGTH) return foreign("otherKey");
	if (packet.kind === "versionNegotiation") return matchNegotiation(context, packet, first);
	if (packet.kind === "retry") return matchRetry(context, packet, first);
	if (packet.kind === "initial") return matchInitial(context, packet, packets, first);
	const latest = latestInitial(context, first);
	// Nobody answers with a version that was not offered, so one that we can't read must be the one asked for.
	const connection = connectionOf(context, latest);
	const known = packet.kind === "handshake";
	if (!known && packet.version !== connection.version) return foreign("malformed");
	if (known && packet.truncated) return foreign("malformed");
	const detail = { packet: known ? "handshake" : "unknown", version: quicVersionName(packet.version) };
	return { ...answer(latest, detail), ...partOf(context, connection, packet) };
}

/** A short header: 1-RTT where it has our connection ID, else a reset, which nobody can tell whose it is. */
function matchShort(context: ProbeContext, packet: QuicPacket | undefined, datagram: Uint8Array): Match {
	const first = packet?.kind === "short" ? namedSequence(context, "source", packet.dcid) : null;
	if (packet !== undefined && first !== null) {
		const latest = latestInitial(context, first);
		return { ...answer(latest, { packet: "oneRtt" }), ...partOf(context, connectionOf(context, latest), packet) };
	}
	if (!looksLikeStatelessReset(datagram)) return foreign("malformed");
	return { type: "flow", meaning: meaningOf({ packet: "reset" }) };
}

/** What the target says in several datagrams is one answer; what the network doubled is a duplicate. */
function partOf(context: ProbeContext, connection: Connection, { bytes }: QuicPacket): { readonly part?: true } {
	return hear(context, connection, bytes) === "further" ? { part: true } : {};
}

/** RFC 9000 section 6.2: one with the version that we sent, or with other connection IDs than ours, is to be dropped. */
function matchNegotiation(context: ProbeContext, packet: QuicVersionNegotiationPacket, sequence: number): Match {
	const connection = connectionOf(context, sequence);
	if (!equalBytes(packet.scid, destinationId(context, connection))) return foreign("otherKey");
	if (packet.versions.includes(connection.version)) return foreign("malformed");
	const detail = {
		packet: "versionNegotiation",
		version: quicVersionName(connection.version),
		versions: packet.versions.map(quicVersionName),
	};
	const version = [QUIC_V1, QUIC_V2].find((spoken) => packet.versions.includes(spoken));
	if (version === undefined || connection.negotiated) return answer(sequence, detail);
	const state: FollowUp = { first: null, version, negotiated: true, retry: null };
	return { type: "again", sequence, state, detail };
}

/** RFC 9000 section 17.2.5.2: only the first Retry of a connection counts, with a token, a new ID and the right tag. */
function matchRetry(context: ProbeContext, packet: QuicRetryPacket, first: number): Match {
	const connection = connectionOf(context, first);
	const dcid = destinationId(context, connection);
	if (!verifyQuicRetry(packet, dcid, context.crypto)) return foreign("otherKey");
	if (packet.version !== connection.version) return foreign("malformed");
	if (packet.token.length === 0 || equalBytes(packet.scid, dcid)) return foreign("malformed");
	const latest = connectionOf(context, latestInitial(context, first));
	if (latest.retry !== null) return foreign("malformed");
	const detail = { packet: "retry", version: quicVersionName(packet.version) };
	if (packet.token.length > LONGEST_TOKEN) return answer(first, detail);
	const retry = { token: packet.token.slice(), dcid: packet.scid.slice() };
	return { type: "again", sequence: first, state: { ...connection, retry } satisfies FollowUp, detail };
}

function matchInitial(
	context: ProbeContext,
	packet: QuicInitialPacket,
	packets: readonly QuicPacket[],
	first: number,
): Match {
	if (packet.truncated) return foreign("malformed");
	// What comes after the follow-up left may still answer the Initial before it.
	for (const sequence of new Set([latestInitial(context, first), first])) {
		const opened = openInitial(context, packet, sequence);
		if (opened === null) continue;
		const { frames } = opened;
		const handshake = packets.some(({ kind }) => kind === "handshake") ? { handshake: true } : {};
		const detail = {
			packet: "initial",
			version: quicVersionName(packet.version),
			...helloDetail(frames),
			...ecnDetail(frames),
			...closeDetail(frames),
			...handshake,
		};
		const connection = connectionOf(context, sequence);
		const part = partOf(context, connection, packet);
		return { ...answer(sequence, detail), ...part, ...farewellTo(context, connection, packet, opened) };
	}
	return foreign("otherKey");
}

/** What an Initial in answer to the one with this sequence holds; null where its keys do not fit. */
function openInitial(context: ProbeContext, packet: QuicInitialPacket, sequence: number): QuicOpenedPacket | null {
	const keyDcid = destinationId(context, connectionOf(context, sequence));
	const server = deriveSenderKeys(packet.version, keyDcid, "server", context.crypto);
	const opened = decodeQuicPayload(packet, server, context.crypto);
	return isDecodeError(opened) ? null : opened;
}

/** A connection that the target opened is closed, once, unless it closed it itself. */
function farewellTo(
	context: ProbeContext,
	connection: Connection,
	{ scid }: QuicInitialPacket,
	{ frames, packetNumber }: QuicOpenedPacket,
): { readonly farewell?: ProbePacket } {
	if (frames.some(isClose) || !closeOnce(context, connection)) return {};
	return { farewell: quicPacket(context, closingDatagram(context, connection, { scid, packetNumber })) };
}

function helloDetail(frames: readonly QuicFrame[]) {
	const hello = decodeServerHello(joinQuicCrypto(frames));
	if (isDecodeError(hello)) return {};
	return isHelloRetryRequest(hello) ? { helloRetryRequest: true } : { serverHello: true };
}

/** How many of our packets arrived with each codepoint, as the target counts them. */
function ecnDetail(frames: readonly QuicFrame[]) {
	const frame = frames.find(({ name }) => name === "ackEcn");
	return frame?.name === "ackEcn" ? { ecn: frame.value.ecn } : {};
}

function closeDetail(frames: readonly QuicFrame[]) {
	for (const frame of frames) {
		if (!isClose(frame)) continue;
		const { errorCode, reason } = frame.value;
		const application = frame.name === "applicationClose";
		const error = application ? `application 0x${errorCode.toString(16)}` : quicErrorName(errorCode);
		return { close: { error, code: errorCode, ...(reason === "" ? {} : { reason }) } };
	}
	return {};
}

function isClose(frame: QuicFrame) {
	return frame.name === "connectionClose" || frame.name === "applicationClose";
}

function answer(sequence: number, detail: ReplyMeaning["detail"]) {
	return { type: "probe", sequence, meaning: meaningOf(detail) } as const;
}

function meaningOf(detail: ReplyMeaning["detail"]): ReplyMeaning {
	return { kind: "quic", place: "target", detail };
}

function foreign(reason: IgnoreReason): Match {
	return { type: "foreign", reason };
}
