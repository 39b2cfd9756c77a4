import {
	decodeTcp,
	decodeUdp,
	encodeTcp,
	IP_PROTOCOL,
	internetChecksum,
	isDecodeError,
	TCP_FLAGS,
	transportChecksum,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { ChannelNeed, Family, ProbePacket, Reply } from "../channel.ts";
import type { ProbeContext, TraceMethod } from "../method.ts";
import { findMethod, TRACE_METHODS } from "./index.ts";
import {
	arrived,
	contextOf,
	errorAbout,
	errorReply,
	FAMILIES,
	HEADER,
	KEY,
	ROUTER,
	SOURCE,
	SOURCE_PORT,
	TARGET,
	UNKNOWN_PROTOCOL,
} from "./method.fixture.ts";

const PUBLIC = { 4: "192.0.2.200", 6: "2001:db8:200::200" } as const;
/** Transport checksums that cover addresses, by IP protocol. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
	[IP_PROTOCOL.udp, 6],
	[IP_PROTOCOL.tcp, 16],
	[IP_PROTOCOL.icmpv6, 2],
	[IP_PROTOCOL.dccp, 6],
]);

function needContext(method: TraceMethod, family: Family, need: ChannelNeed, key = KEY): ProbeContext {
	const ports = { one: [SOURCE_PORT], perProbe: Array.from({ length: 100 }, (_, at) => SOURCE_PORT + at), none: [] };
	const { kind: channel, transport } = need;
	return contextOf(method, family, { channel, transport, sourcePorts: ports[need.ports], key });
}

/** The Time Exceeded about a packet that a NAT has given other addresses and a checksum to match. */
function translatedError(seen: ProbeContext, packet: ProbePacket, quoteBytes: number): Reply {
	const bytes = packet.bytes.slice();
	const at = CHECKSUM_AT.get(packet.protocol);
	if (at !== undefined) {
		bytes.fill(0, at, at + 2);
		const checksum = transportChecksum(seen.family, seen.source, seen.target, packet.protocol, bytes);
		new DataView(bytes.buffer).setUint16(at, checksum);
	}
	return errorAbout(seen, { ...packet, bytes }, { quoteBytes });
}

/** As a NAT would that translates ports, or the id of an echo. */
function withOtherPorts(packet: ProbePacket): ProbePacket {
	const bytes = packet.bytes.slice();
	const at = packet.protocol === IP_PROTOCOL.icmp || packet.protocol === IP_PROTOCOL.icmpv6 ? 4 : 0;
	new DataView(bytes.buffer).setUint16(at, 1024);
	return { ...packet, bytes };
}

/** Bytes that must be quoted of those whose first eight have no room for a name. */
const LONGER_NAMES: ReadonlyMap<string, number> = new Map([
	["quic", 20],
	["udplite", 20],
	["sctp", 20],
]);
/** Those whose first bytes are no ports, or whose key is read by other rules. */
const NEVER_LOOSE = ["quic", "raw"];

const rawNeeds = TRACE_METHODS.flatMap((method) =>
	method.channels
		.filter(({ kind }) => kind === "raw")
		.flatMap((need) => FAMILIES.map((family) => ({ name: method.name, method, need, family }))),
);

describe.each(rawNeeds)("$name on raw sockets, IPv$family", ({ name, method, need, family }) => {
	const context = needContext(method, family, need);

	it("makes packets of the length asked for", () => {
		const { bytes } = method.probe(context, { ttl: 1, sequence: 7, flow: 0 });
		expect(bytes.length + HEADER[family]).toBe(context.length);
	});

	const shortest = LONGER_NAMES.get(name) ?? 8;

	it(`knows its probe by a whole quote and by one of ${shortest} bytes`, () => {
		for (const sequence of [0, 1, 29, 77, 99]) {
			for (const quoteBytes of [shortest, context.length]) {
				const match = method.match(context, errorReply(method, context, { request: { sequence }, quoteBytes }));
				expect(match).toMatchObject({ type: "probe", sequence, meaning: { kind: "timeExceeded", place: "hop" } });
			}
		}
	});

	it("takes no quote of another trace for its own", () => {
		for (const quoteBytes of [context.length, 20]) {
			const other = needContext(method, family, need, 0x0badcafe);
			const match = method.match(context, errorReply(method, other, { request: { sequence: 3 }, quoteBytes }));
			if (match.type === "probe") expect(match.sequence).toBeGreaterThan(1000);
			else expect(match.type).toBe("foreign");
		}
	});

	it("makes a packet of another length where a request asks for it, and knows it again", () => {
		const { bytes } = method.probe(context, { ttl: 1, sequence: 7, flow: 0, length: 1400 });
		expect(bytes.length + HEADER[family]).toBe(1400);
		const reply = errorReply(method, context, { request: { sequence: 7, length: 1400 }, quoteBytes: 1400 });
		expect(method.match(context, reply)).toMatchObject({ type: "probe", sequence: 7 });
	});

	it("knows its probe behind a 1:1 NAT that shows routers another source", () => {
		const seen = { ...context, source: PUBLIC[family] };
		const packet = method.probe(context, { ttl: 5, sequence: 7, flow: 0 });
		for (const quoteBytes of [shortest, context.length]) {
			const reply = translatedError(seen, packet, quoteBytes);
			expect(method.match(context, reply)).toMatchObject({ type: "probe", sequence: 7 });
		}
	});

	it("has reached a target that does not know the protocol", () => {
		const about = { request: { sequence: 7 }, icmp: UNKNOWN_PROTOCOL, from: TARGET[family] };
		const match = method.match(context, errorReply(method, context, about));
		expect(match).toMatchObject({ type: "probe", sequence: 7, meaning: { place: "target" } });
	});

	it("needs but its key to match loosely", () => {
		const packet = method.probe(context, { ttl: 5, sequence: 7, flow: 0 });
		const elsewhere = { ...context, source: PUBLIC[family], target: ROUTER[family] };
		const reply = translatedError(elsewhere, withOtherPorts(packet), context.length);
		expect(method.match(context, reply).type).toBe("foreign");
		const loose = { ...context, looseMatch: true };
		if (!NEVER_LOOSE.includes(name)) expect(method.match(loose, reply)).toMatchObject({ type: "probe", sequence: 7 });
		const other = needContext(method, family, need, 0x0badcafe);
		const match = method.match(
			loose,
			errorReply(method, other, { request: { sequence: 3 }, quoteBytes: context.length }),
		);
		if (match.type === "probe") expect(match.sequence).toBeGreaterThan(1000);
	});
});

describe("udp", () => {
	const udp = findMethod("udp");
	if (udp === undefined) throw new Error("no udp");

	it.each(FAMILIES)("has a right checksum that names the sequence, IPv%d", (family) => {
		const need = udp.channels.find(({ kind }) => kind === "raw");
		if (need === undefined) throw new Error("no raw channel");
		const context = needContext(udp, family, need);
		const checksums = new Set<number>();
		for (let sequence = 0; sequence < 200; sequence++) {
			const decoded = decodeUdp(udp.probe(context, { ttl: 1, sequence, flow: 0 }).bytes);
			if (isDecodeError(decoded)) throw new Error("not UDP");
			checksums.add(decoded.header.checksum);
		}
		expect(checksums.size).toBe(200);
		expect(checksums.has(0)).toBe(false);
	});

	it.each(["udp", "udp-port", "udp-classic"])(
		"%s believes no error about a packet to another port of the target",
		(name) => {
			const method = findMethod(name);
			const need = method?.channels.find(({ kind }) => kind === "raw");
			if (method === undefined || need === undefined) throw new Error("no method");
			const context = needContext(method, 4, need);
			const elsewhere = errorReply(
				method,
				{ ...context, port: context.port + 40 },
				{ request: { sequence: 3 }, quoteBytes: 8 },
			);
			const match = method.match(context, elsewhere);
			// Where ports count, another port is another probe's, which was never sent.
			if (name === "udp-classic") expect(match).toMatchObject({ sequence: 43 });
			else expect(match).toEqual({ type: "foreign", reason: "otherPort" });
		},
	);

	it("calls an answer without its key its flow's, and one from elsewhere foreign", () => {
		const need = udp.channels.find(({ kind }) => kind === "errorQueue");
		if (need === undefined) throw new Error("no channel");
		const context = needContext(udp, 4, need);
		const reply = {
			type: "packet" as const,
			at: 1,
			stamp: "kernel" as const,
			from: TARGET[4] as string,
			ttl: null,
			tos: null,
			socket: null,
			protocol: IP_PROTOCOL.udp,
			sourcePort: context.port,
			destinationPort: 50_000,
			segment: null,
			payload: Uint8Array.of(1, 2, 3),
		};
		expect(udp.match(context, reply)).toMatchObject({ type: "flow", meaning: { kind: "udp", place: "target" } });
		expect(udp.match(context, { ...reply, from: ROUTER[4] })).toMatchObject({ type: "foreign" });
		expect(udp.match(context, { ...reply, destinationPort: 50_001 })).toMatchObject({
			type: "foreign",
			reason: "otherPort",
		});
	});
});

describe("icmp", () => {
	it("does not believe an echo reply with its id and sequence but another key", () => {
		const icmp = findMethod("icmp");
		const need = icmp?.channels.find(({ kind }) => kind === "raw");
		if (icmp === undefined || need === undefined) throw new Error("no icmp");
		const context = needContext(icmp, 4, need);
		const { bytes } = icmp.probe(context, { ttl: 1, sequence: 3, flow: 0 });
		const echo = (segment: Uint8Array) => ({
			type: "packet" as const,
			at: 1,
			stamp: "kernel" as const,
			from: TARGET[4] as string,
			ttl: null,
			tos: null,
			socket: null,
			protocol: IP_PROTOCOL.icmp,
			sourcePort: null,
			destinationPort: null,
			segment,
			payload: segment.subarray(8),
		});
		const answered = bytes.slice();
		answered[0] = 0;
		expect(icmp.match(context, echo(answered))).toMatchObject({ type: "probe", sequence: 3 });
		const forged = answered.slice();
		forged[8] = (forged[8] ?? 0) ^ 0xff;
		expect(icmp.match(context, echo(forged))).toEqual({ type: "foreign", reason: "otherKey" });
		expect(icmp.match(context, echo(answered.subarray(0, 8)))).toEqual({ type: "foreign", reason: "otherKey" });
	});

	it("keeps its checksum constant, so that load balancers see one flow", () => {
		const icmp = findMethod("icmp");
		const need = icmp?.channels.find(({ kind }) => kind === "raw");
		if (icmp === undefined || need === undefined) throw new Error("no icmp");
		const context = needContext(icmp, 4, need);
		const checksums = new Set<number>();
		for (let sequence = 0; sequence < 90; sequence++) {
			const { bytes } = icmp.probe(context, { ttl: 1, sequence, flow: 0 });
			expect(internetChecksum(bytes)).toBe(0);
			checksums.add(((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0));
		}
		expect(checksums.size).toBe(1);
	});
});

describe("tcp", () => {
	const tcp = findMethod("tcp");
	const need = tcp?.channels[0];
	if (tcp === undefined || need === undefined) throw new Error("no tcp");
	const context = needContext(tcp, 4, need);

	function answer(sequence: number, flags: number, offset = 1): Reply {
		const syn = decodeTcp(tcp?.probe(context, { ttl: 1, sequence, flow: 0 }).bytes ?? new Uint8Array(0));
		if (isDecodeError(syn)) throw new Error("not TCP");
		const segment = encodeTcp(
			{
				family: 4,
				source: TARGET[4],
				destination: SOURCE[4],
				sourcePort: syn.header.destinationPort,
				destinationPort: syn.header.sourcePort,
				sequence: 1,
				acknowledgment: (syn.header.sequence + offset) >>> 0,
				flags,
				options: [{ name: "maximumSegmentSize", kind: 2, value: 1400 }],
			},
			new Uint8Array(0),
		);
		return arrived(context, IP_PROTOCOL.tcp, segment);
	}

	it("tells open from closed, and shows the MSS offered", () => {
		expect(tcp.match(context, answer(5, TCP_FLAGS.syn | TCP_FLAGS.ack))).toMatchObject({
			type: "probe",
			sequence: 5,
			meaning: { kind: "synAck", place: "target", detail: { mss: 1400 } },
		});
		expect(tcp.match(context, answer(6, TCP_FLAGS.rst | TCP_FLAGS.ack))).toMatchObject({
			sequence: 6,
			meaning: { kind: "rst" },
		});
	});

	it("does not believe a segment that acknowledges something else", () => {
		expect(tcp.match(context, answer(5, TCP_FLAGS.rst | TCP_FLAGS.ack, 3)).type).toBe("foreign");
		expect(tcp.match(context, answer(5, TCP_FLAGS.rst)).type).toBe("foreign");
	});

	it("numbers on across the end of the 32-bit sequence space", () => {
		const late = needContext(tcp, 4, need, 0xffffff00);
		const match = tcp.match(late, errorReply(tcp, late, { request: { sequence: 60 }, quoteBytes: 8 }));
		expect(match).toMatchObject({ type: "probe", sequence: 60 });
	});
});
