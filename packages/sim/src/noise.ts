/** Packets that a trace must not believe: spoofed, foreign and broken ICMP, and answers to nothing. */
import {
	encodeIcmpEcho,
	encodeTcp,
	encodeUdp,
	IP_PROTOCOL,
	internetChecksum,
	TCP_FLAGS,
	transportChecksum,
} from "@whither/wire";
import { buildIcmpError, type ErrorCause } from "./icmp-error.ts";
import { buildPacket, type IpPacket, icmpProtocol, readPacket } from "./packet.ts";
import type { Random } from "./random.ts";
import type { NoiseKind, NoiseSpec } from "./scenario.ts";

/** What the noise is made from. */
export interface NoiseFacts {
	/** The probe that set it off. */
	readonly probe: IpPacket;
	/** Address of the node that makes it. */
	readonly source: string;
	readonly target: string;
	readonly random: Random;
}

const EXPIRED: ErrorCause = { what: "timeExceeded" };
/** What an unrelated flow of the same host looks like. */
const OTHER_PORTS = { sourcePort: 40_000, destinationPort: 53 };

/** The packets of one noise maker to the probe's sender; none where its kind cannot be made from this probe. */
export function noisePackets({ what, copies = 1 }: NoiseSpec, facts: NoiseFacts): readonly Uint8Array[] {
	const packets = Array.from({ length: copies }, () => MAKERS[what](facts));
	return packets.filter((packet) => packet !== null);
}

const MAKERS: Readonly<Record<NoiseKind, (facts: NoiseFacts) => Uint8Array | null>> = {
	wrongPort: (facts) => errorAbout(facts, changed(facts.probe, wrongPortAt(facts.probe)), EXPIRED),
	wrongKey: (facts) => errorAbout(facts, withRandomKey(facts), EXPIRED),
	otherFlow: (facts) => errorAbout(facts, otherFlow(facts), EXPIRED),
	otherProtocol: (facts) => errorAbout(facts, otherProtocol(facts), EXPIRED),
	fakeTarget: (facts) =>
		errorAbout({ ...facts, source: facts.target }, changed(facts.probe, wrongPortAt(facts.probe)), {
			what: "unreachable",
			code: "port",
		}),
	garbage,
	truncated,
	badChecksum,
	strayEcho,
	strayReset,
};

function errorAbout(facts: NoiseFacts, quoted: Uint8Array, cause: ErrorCause): Uint8Array | null {
	const original = readPacket(quoted);
	if (original === null) return null;
	return buildIcmpError({ ...original, source: facts.probe.source }, cause, {
		source: facts.source,
		ttl: 64,
		identification: facts.random.below(0x10000),
		quoteBytes: "all",
		extensions: [],
		layout: "rfc4884",
	});
}

/** Offset in the payload of a byte of the source port, or of the echo id. */
function wrongPortAt(probe: IpPacket): number {
	return probe.protocol === icmpProtocol(probe.family) ? 4 : 0;
}

/** The packet with one byte of its payload turned over; nobody checks the checksums of quotes. */
function changed(probe: IpPacket, at: number): Uint8Array {
	const bytes = probe.bytes.slice();
	const offset = bytes.length - probe.payload.length + at;
	bytes[offset] = (bytes[offset] ?? 0) ^ 0x5a;
	return bytes;
}

/** Keeps ports (or type, code and id) and replaces all that names a probe: sequence numbers, checksum, payload. */
function withRandomKey({ probe, random }: NoiseFacts): Uint8Array {
	const bytes = probe.bytes.slice();
	const keep = probe.protocol === icmpProtocol(probe.family) ? 6 : 4;
	const start = bytes.length - probe.payload.length + keep;
	bytes.set(random.bytes(Math.max(0, bytes.length - start)), start);
	return bytes;
}

function otherFlow({ probe, source }: NoiseFacts): Uint8Array {
	const fields = { family: probe.family, source: probe.source, destination: source };
	const datagram = encodeUdp({ ...fields, ...OTHER_PORTS }, new Uint8Array(32));
	return buildPacket({ ...fields, protocol: IP_PROTOCOL.udp, ttl: 1 }, datagram);
}

function otherProtocol({ probe, random }: NoiseFacts): Uint8Array {
	const { family, source, destination } = probe;
	return buildPacket({ family, source, destination, protocol: IP_PROTOCOL.experiment1, ttl: 1 }, random.bytes(32));
}

/** A true ICMP header with a right checksum, and random bytes where the quoted packet should be. */
function garbage(facts: NoiseFacts): Uint8Array {
	const quoted = { ...facts.probe, bytes: facts.random.bytes(28 + facts.random.below(100)) };
	return buildIcmpError({ ...quoted, payload: new Uint8Array(0) }, EXPIRED, {
		source: facts.source,
		ttl: 64,
		identification: 0,
		quoteBytes: "all",
		extensions: [],
		layout: "rfc4884",
	});
}

/** An ICMP message that ends after 0 to 30 bytes, with a right checksum where there is room for one. */
function truncated(facts: NoiseFacts): Uint8Array | null {
	const whole = errorAbout(facts, facts.probe.bytes, EXPIRED);
	const packet = whole === null ? null : readPacket(whole);
	if (packet === null) return null;
	const { family, source, destination, protocol, ttl } = packet;
	const cut = packet.payload.slice(0, facts.random.below(31));
	cut.fill(0, 2, 4);
	const checksum = family === 4 ? internetChecksum(cut) : transportChecksum(6, source, destination, protocol, cut);
	cut.set([checksum >> 8, checksum & 0xff].slice(0, Math.max(0, cut.length - 2)), Math.min(2, cut.length));
	return buildPacket({ family, source, destination, protocol, ttl }, cut);
}

function badChecksum(facts: NoiseFacts): Uint8Array | null {
	const whole = errorAbout(facts, facts.probe.bytes, EXPIRED);
	const packet = whole === null ? null : readPacket(whole);
	return packet === null ? null : changed(packet, 2);
}

function strayEcho({ probe, source, random }: NoiseFacts): Uint8Array {
	const { family } = probe;
	const addresses = { source, destination: probe.source };
	const numbers = { id: random.below(0x10000), sequence: random.below(0x10000) };
	const echo = encodeIcmpEcho(family, { direction: "reply", ...numbers, payload: random.bytes(24), ...addresses });
	return buildPacket({ family, ...addresses, protocol: icmpProtocol(family), ttl: 64 }, echo);
}

function strayReset({ probe, target, random }: NoiseFacts): Uint8Array {
	const { family } = probe;
	const addresses = { source: target, destination: probe.source };
	const ports = { sourcePort: 443, destinationPort: 1 + random.below(1000) };
	const numbers = { sequence: random.uint32(), acknowledgment: random.uint32() };
	const segment = encodeTcp(
		{ family, ...addresses, ...ports, ...numbers, flags: TCP_FLAGS.rst | TCP_FLAGS.ack, window: 0 },
		new Uint8Array(0),
	);
	return buildPacket({ family, ...addresses, protocol: IP_PROTOCOL.tcp, ttl: 64 }, segment);
}
