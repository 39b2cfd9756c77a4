/** Contexts of `quic`, and what a QUIC server says to its probes. */
import {
	decodeQuicDatagram,
	deriveInitialKeys,
	encodeQuicPacket,
	encodeQuicRetry,
	encodeQuicVersionNegotiation,
	encodeServerHello,
	encodeServerInitial,
	type QuicFrame,
	type QuicInitialPacket,
	quicFrame,
} from "@whither/wire";
import { testCrypto } from "../../../../wire/src/crypto.fixture.ts";
import type { PacketReply, QuotedProbe, Reply } from "../channel.ts";
import type { Match, ProbeContext } from "../method.ts";
import { contextOf, ROUTER, TARGET } from "./method.fixture.ts";
import { quic } from "./quic.ts";

export const SERVER_ID = Uint8Array.of(9, 8, 7, 6, 5);

/** On an unprivileged socket unless told. */
export function quicContext(changes: Partial<ProbeContext> = {}): ProbeContext {
	const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
	const needs = { channel: "errorQueue", transport: "udp", targetName: "www.example.net" } as const;
	return contextOf(quic, changes.family ?? 4, { ...needs, secret, ...changes });
}

export function payloadOf(context: ProbeContext, sequence: number, state?: unknown): Uint8Array {
	return quic.probe(context, { ttl: 5, sequence, flow: 0, ...(state === undefined ? {} : { state }) }).bytes;
}

export function initialOf(datagram: Uint8Array): QuicInitialPacket {
	const [packet] = decodeQuicDatagram(datagram).packets;
	if (packet?.kind !== "initial") throw new Error("no Initial");
	return packet;
}

const HEAD = { at: 1, stamp: "kernel", ttl: null, tos: null, socket: null } as const;

export function datagram(payload: Uint8Array, changes: Partial<PacketReply> = {}): Reply {
	const ports = { sourcePort: 443, destinationPort: null };
	return { ...HEAD, type: "packet", from: TARGET[4], protocol: 17, ...ports, segment: null, payload, ...changes };
}

export function timeExceeded(payload: Uint8Array, changes: Partial<QuotedProbe> = {}): Reply {
	const quoted: QuotedProbe = {
		protocol: 17,
		source: null,
		destination: TARGET[4],
		sourcePort: null,
		destinationPort: 443,
		segment: null,
		payload,
		bytes: null,
		ip: null,
		...changes,
	};
	const icmp = { type: 11, code: 0 };
	return { ...HEAD, type: "icmpError", from: ROUTER[4], icmp, mtu: null, quoted, extensions: [] };
}

export const HELLO = encodeServerHello({
	legacyVersion: 0x0303,
	random: new Uint8Array(32).fill(5),
	legacySessionIdEcho: new Uint8Array(0),
	cipherSuite: 0x1301,
	legacyCompressionMethod: 0,
	extensions: [],
});

export const ACK = { delay: 3, ranges: [{ smallest: 0, largest: 0 }] };

/** What a server says to this Initial; `keyDcid` as for `encodeServerInitial`, by default the Initial's own DCID. */
export function serverInitial(
	probe: Uint8Array,
	frames: readonly QuicFrame[],
	keyDcid?: Uint8Array,
	packetNumber = 0,
): Uint8Array {
	const { version, dcid, scid } = initialOf(probe);
	const ids = { version, dcid: scid, scid: SERVER_ID, keyDcid: keyDcid ?? dcid };
	return encodeServerInitial({ ...ids, packetNumber, frames }, testCrypto);
}

/** A datagram of Handshake packets alone, which follows this Initial of the server's. */
export function handshakeOf(initial: Uint8Array, packetNumber: number): Uint8Array {
	const { version, dcid, scid } = initialOf(initial);
	const keys = deriveInitialKeys(version, scid, testCrypto).server;
	const fields = { version, dcid, scid, packetNumber, frames: [quicFrame("ping", null)] };
	return encodeQuicPacket({ kind: "handshake", ...fields }, keys, testCrypto);
}

export function retryTo(probe: Uint8Array, originalDcid = initialOf(probe).dcid): Uint8Array {
	const { version, scid } = initialOf(probe);
	const token = Uint8Array.of(1, 2, 3, 4);
	return encodeQuicRetry({ version, dcid: scid, scid: SERVER_ID, token, originalDcid }, testCrypto);
}

export function negotiationTo(probe: Uint8Array, versions: readonly number[]): Uint8Array {
	const [packet] = decodeQuicDatagram(probe).packets;
	if (packet === undefined || !("scid" in packet)) throw new Error("no long header");
	return encodeQuicVersionNegotiation({ dcid: packet.scid, scid: packet.dcid, versions });
}

export function expectProbe(match: Match): Extract<Match, { type: "probe" }> {
	if (match.type !== "probe") throw new Error(`${match.type}: no answer`);
	return match;
}

export function expectAgain(match: Match): unknown {
	if (match.type !== "again") throw new Error(`${match.type}: nothing to follow`);
	return match.state;
}
