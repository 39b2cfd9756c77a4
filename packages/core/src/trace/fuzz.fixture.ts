/** Every way of bytes from outside through a trace, as functions of those bytes, for whoever throws inputs at them. */
import {
	encodeIcmpError,
	encodeIpv4,
	encodeServerHello,
	encodeServerInitial,
	IP_PROTOCOL,
	internetChecksum,
	QUIC_V1,
	transportChecksum,
} from "@whither/wire";
import { testCrypto } from "../../../wire/src/crypto.fixture.ts";
import { ipPacket, quotedProbe, replyFromPacket, replyFromSegment } from "./capture/packets.ts";
import type { ChannelNeed, Family, ProbeTransport, Reply, SessionFacts } from "./channel.ts";
import { probeContext } from "./context.ts";
import type { ProbeContext, TraceMethod } from "./method.ts";
import { TRACE_METHODS } from "./methods/index.ts";
import { quic } from "./methods/quic.ts";
import { connectionId } from "./methods/quic-ids.ts";
import { DEFAULT_TRACE_OPTIONS } from "./options.ts";

/** Something that answers for any bytes at all and never throws, with inputs that reach its depths. */
export interface TraceFuzzTarget {
	readonly name: string;
	readonly decode: (bytes: Uint8Array) => unknown;
	readonly seeds: readonly Uint8Array[];
}

const SOURCE = { 4: "192.0.2.1", 6: "2001:db8::1" } as const;
const TARGET = { 4: "203.0.113.7", 6: "2001:db8:7::7" } as const;
const ROUTER = { 4: "198.51.100.9", 6: "2001:db8:9::9" } as const;
const ICMP = { 4: IP_PROTOCOL.icmp, 6: IP_PROTOCOL.icmpv6 } as const;
const FAMILIES = [4, 6] as const;
/** ICMP types of errors, each with a code that means something: enough for every branch of a method. */
const ERRORS = {
	4: [
		{ type: 11, code: 0 },
		{ type: 3, code: 3 },
		{ type: 3, code: 4 },
		{ type: 12, code: 0 },
	],
	6: [
		{ type: 3, code: 0 },
		{ type: 1, code: 4 },
		{ type: 2, code: 0 },
		{ type: 4, code: 1 },
	],
} as const;
const ARRIVAL = { at: 1, stamp: "kernel" } as const;
const PORT = 50_000;
const SESSION: SessionFacts = {
	sourcePort: PORT,
	sendNext: 0xffff_fff0,
	receiveNext: 77,
	synAckTtl: 60,
	window: 64_240,
	mss: 1460,
	sackOffered: true,
	sackPermitted: true,
	timestamps: { value: 5, echo: 6 },
	rttNs: 1_000_000,
};

/** Packets as a raw socket hears them, then what each method makes of answers and of quotes of its own probes. */
export const TRACE_FUZZ_TARGETS: readonly TraceFuzzTarget[] = [
	{ name: "replyFromPacket", decode: (bytes) => replyFromPacket(bytes, ARRIVAL), seeds: [answerSeed()] },
	...FAMILIES.map((family) => ({
		name: `replyFromPacket ${family} ICMP`,
		decode: (bytes: Uint8Array) => replyFromSegment(arrived(family, ICMP[family], withIcmpChecksum(family, bytes))),
		seeds: [encodeIcmpError(family, { ...ERRORS[family][0], quoted: answerSeed(), ...ends(family) })],
	})),
	...TRACE_METHODS.flatMap((method) => FAMILIES.flatMap((family) => methodTargets(method, family))),
	sealedTarget(),
];

function methodTargets(method: TraceMethod, family: Family): readonly TraceFuzzTarget[] {
	return method.channels.flatMap((need) => {
		const context = contextOf(method, family, need);
		const probes = [0, 1, 2].map((sequence) => probeOf(context, method, sequence));
		const name = `${method.name} ${family} ${need.kind}`;
		const answers = {
			name: `${name} answer`,
			decode: (bytes: Uint8Array) => matchIfAny(method, context, answerOf(context, need, bytes)),
			seeds: probes.flatMap(({ bytes }) => [bytes, swappedPorts(bytes), asAnswer(bytes)]),
		};
		const quotes = {
			name: `${name} quote`,
			decode: (bytes: Uint8Array) =>
				matchIfAny(method, context, errorOf(context, need, errorFor(family, bytes), bytes)),
			seeds: probes.map(({ bytes, packet }) => (need.transport === "ip" ? packet : bytes)),
		};
		return [answers, quotes];
	});
}

function contextOf(method: TraceMethod, family: Family, need: ChannelNeed): ProbeContext {
	const sourcePorts = { one: [PORT], perProbe: [PORT, PORT + 1, PORT + 2], none: [] }[need.ports];
	const target = { target: TARGET[family], targetName: "www.example.net" };
	const options = { ...DEFAULT_TRACE_OPTIONS, family, ...target, port: method.defaultPort };
	const channel = { kind: need.kind, source: SOURCE[family], sourcePorts };
	const secrets = { key: 0xdecafbad, secret: new Uint8Array(32).fill(7), crypto: testCrypto };
	const context = probeContext(options, { method, need, channel, ...secrets });
	return need.kind === "session" ? { ...context, sessions: [SESSION], sourcePorts: [PORT] } : context;
}

/** Each error for a quarter of the inputs. */
function errorFor(family: Family, bytes: Uint8Array) {
	return ERRORS[family][bytes.length & 3] ?? ERRORS[family][0];
}

/** A probe's bytes as its socket takes them, and its packet as routers see it. */
function probeOf(context: ProbeContext, method: TraceMethod, sequence: number) {
	const packet = method.probe(context, { ttl: 3, sequence, flow: 0 });
	const { family, source, target, tos } = context;
	const frame = { family, source, target, tos, flowLabel: 0, dontFragment: true };
	return { bytes: packet.bytes, packet: ipPacket(frame, { sequence, ttl: 3, packet }) };
}

function matchIfAny(method: TraceMethod, context: ProbeContext, reply: Reply | null): unknown {
	return reply === null ? null : method.match(context, reply);
}

/** What the target says: without privilege the kernel takes the header of UDP off. */
function answerOf(context: ProbeContext, { protocol, transport }: ChannelNeed, bytes: Uint8Array): Reply | null {
	const { family } = context;
	if (transport === "udp") {
		return {
			type: "packet",
			at: 1,
			stamp: "kernel",
			ttl: 60,
			tos: 0,
			socket: null,
			from: TARGET[family],
			protocol,
			sourcePort: context.port,
			destinationPort: null,
			segment: null,
			payload: bytes,
		};
	}
	const segment = protocol === ICMP[family] ? withIcmpChecksum(family, bytes) : bytes;
	return replyFromSegment(arrived(family, protocol, segment));
}

function errorOf(
	context: ProbeContext,
	{ protocol, transport }: ChannelNeed,
	icmp: { readonly type: number; readonly code: number },
	bytes: Uint8Array,
): Reply | null {
	const { family } = context;
	const quoted = transport === "ip" ? quotedProbe(family, bytes) : queued(context, protocol, transport, bytes);
	if (quoted === null) return null;
	// Written out, since spreading objects would take most of a run's time.
	return {
		type: "icmpError",
		at: 1,
		stamp: "kernel",
		ttl: 60,
		tos: 0,
		socket: null,
		from: ROUTER[family],
		icmp,
		mtu: null,
		quoted,
		extensions: [],
	};
}

/** What the error queue tells of a packet: no source, and of UDP no header. */
function queued({ family, port }: ProbeContext, protocol: number, transport: ProbeTransport, bytes: Uint8Array) {
	return {
		protocol,
		source: null,
		destination: TARGET[family],
		sourcePort: null,
		destinationPort: port,
		segment: transport === "udp" ? null : bytes,
		payload: bytes,
		bytes: null,
		ip: null,
	};
}

function arrived(family: Family, protocol: number, segment: Uint8Array) {
	const [from, to] = [TARGET[family], SOURCE[family]];
	return { at: 1, stamp: "kernel", family, from, to, ttl: 60, tos: 0, protocol, segment } as const;
}

function ends(family: Family) {
	return { source: ROUTER[family], destination: SOURCE[family] };
}

function answerSeed(): Uint8Array {
	const addresses = { source: TARGET[4], destination: SOURCE[4] };
	return encodeIpv4({ ttl: 9, protocol: IP_PROTOCOL.udp, ...addresses }, new Uint8Array(40));
}

/** Only messages with the right checksum get any further. */
function withIcmpChecksum(family: Family, bytes: Uint8Array): Uint8Array {
	if (bytes.length < 4) return bytes;
	const message = bytes.slice();
	message.fill(0, 2, 4);
	const checksum =
		family === 4 ? internetChecksum(message) : transportChecksum(6, TARGET[6], SOURCE[6], ICMP[6], message);
	new DataView(message.buffer).setUint16(2, checksum);
	return message;
}

function swappedPorts(bytes: Uint8Array): Uint8Array {
	return Uint8Array.of(...bytes.subarray(2, 4), ...bytes.subarray(0, 2), ...bytes.subarray(4));
}

/** DNS says in its third byte whether it answers, behind UDP's header or without it. */
function asAnswer(bytes: Uint8Array): Uint8Array {
	const answer = swappedPorts(bytes);
	for (const at of [2, 10]) if (at < answer.length) answer[at] = (answer[at] ?? 0) | 0x80;
	return answer;
}

/** What a server may say where nobody else can: the frames of an Initial with the right keys. */
function sealedTarget(): TraceFuzzTarget {
	const need: ChannelNeed = { kind: "errorQueue", transport: "udp", protocol: IP_PROTOCOL.udp, ports: "one" };
	const context = contextOf(quic, 4, need);
	const keyDcid = connectionId(context, "destination", 0);
	const ids = { version: QUIC_V1, dcid: connectionId(context, "source", 0), scid: Uint8Array.of(1, 2, 3), keyDcid };
	const hello = encodeServerHello({
		legacyVersion: 0x0303,
		random: new Uint8Array(32),
		legacySessionIdEcho: new Uint8Array(0),
		cipherSuite: 0x1301,
		legacyCompressionMethod: 0,
		extensions: [],
	});
	const decode = (bytes: Uint8Array) => {
		const frames = [{ name: "unknown", type: 0, value: bytes }] as const;
		const datagram = encodeServerInitial({ ...ids, packetNumber: 0, frames }, testCrypto);
		return matchIfAny(quic, context, answerOf(context, need, datagram));
	};
	const crypto = Uint8Array.of(6, 0, hello.length, ...hello);
	const close = Uint8Array.of(0x1c, 1, 6, 2, 0x6e, 0x6f);
	const ackEcn = Uint8Array.of(3, 0, 1, 0, 0, 1, 2, 3);
	return { name: "quic sealed frames", decode, seeds: [Uint8Array.of(...ackEcn, ...crypto), close] };
}
