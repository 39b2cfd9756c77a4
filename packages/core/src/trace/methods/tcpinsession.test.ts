import {
	decodeTcp,
	encodeIcmpError,
	encodeTcp,
	IP_PROTOCOL,
	isDecodeError,
	type SackBlock,
	sequenceAdd,
	TCP_FLAGS,
	type TcpOption,
} from "@whither/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipPacket, replyFromPacket, replyFromSegment } from "../capture.ts";
import type { Family, Reply, SessionFacts } from "../channel.ts";
import type { ProbeContext, ProbeRequest } from "../method.ts";
import type { CompanionResult } from "../result.ts";
import { synAckFacts } from "../session.ts";
import { testCrypto } from "./quic-crypto.fixture.ts";
import { tcpinsession as method } from "./tcpinsession.ts";
import { probeAt, probeSequence, synAt, synSequence } from "./tcpinsession-place.ts";

const SOURCE = { 4: "192.0.2.1", 6: "2001:db8::1" } as const;
const TARGET = { 4: "203.0.113.7", 6: "2001:db8:7::7" } as const;
const ROUTER = { 4: "198.51.100.9", 6: "2001:db8:9::9" } as const;
const TIME_EXCEEDED = { 4: 11, 6: 3 } as const;
const ICMP = { 4: IP_PROTOCOL.icmp, 6: IP_PROTOCOL.icmpv6 } as const;
const PORT = 443;
/** Numbers whose windows wrap, and some that do not. */
const NUMBERS = [0, 0x7fffff00, 0xfffffff0, 0xffff_ffff, 0xffff_8000, 0x1234_5678];

const SESSION: SessionFacts = {
	sourcePort: 50_000,
	sendNext: 0xffff_fff0,
	receiveNext: 0xffff_fffe,
	synAckTtl: 52,
	mss: 1460,
	sackPermitted: true,
	timestamps: { value: 0xffff_ff00, echo: 77 },
	rttNs: 46e6,
};

function contextOf(
	family: Family,
	session: Partial<SessionFacts> = {},
	more: Partial<ProbeContext> = {},
): ProbeContext {
	return {
		family,
		channel: "session",
		transport: "ip",
		source: SOURCE[family],
		target: TARGET[family],
		sourcePorts: [50_000],
		port: PORT,
		key: 0xdecafbad,
		length: method.defaultLength[family],
		targetName: TARGET[family],
		secret: new Uint8Array(32),
		crypto: testCrypto,
		options: {},
		sessions: [{ ...SESSION, ...session }],
		tos: 0,
		looseMatch: false,
		queries: 3,
		...more,
	};
}

function request(sequence: number, more: Partial<ProbeRequest> = {}): ProbeRequest {
	return { ttl: 5, sequence, flow: 0, ...more };
}

function segmentOf(context: ProbeContext, asked: ProbeRequest) {
	const decoded = decodeTcp(method.probe(context, asked).bytes);
	if (isDecodeError(decoded)) throw new Error("not TCP");
	return decoded;
}

/** A segment of the target, as it arrives. */
function answer(
	context: ProbeContext,
	fields: {
		readonly blocks?: readonly SackBlock[];
		readonly flags?: number;
		readonly acknowledgment?: number;
		readonly sequence?: number;
		readonly payload?: Uint8Array;
		readonly port?: number;
		readonly from?: string;
	},
): Reply {
	const { family } = context;
	const [session = SESSION] = context.sessions;
	const { blocks = [], from = TARGET[family], payload = new Uint8Array(0) } = fields;
	const options: readonly TcpOption[] = blocks.length === 0 ? [] : [{ name: "sack", kind: 5, value: blocks }];
	const segment = encodeTcp(
		{
			family,
			source: from,
			destination: SOURCE[family],
			sourcePort: PORT,
			destinationPort: fields.port ?? session.sourcePort,
			sequence: fields.sequence ?? session.receiveNext,
			acknowledgment: fields.acknowledgment ?? session.sendNext,
			flags: fields.flags ?? TCP_FLAGS.ack,
			options,
		},
		payload,
	);
	const head = { at: 1, stamp: "kernel", family, from, to: SOURCE[family], ttl: 52, tos: 0 } as const;
	const reply = replyFromSegment({ ...head, protocol: IP_PROTOCOL.tcp, segment });
	if (reply === null) throw new Error("no reply");
	return reply;
}

/** The block of the bytes of one probe. */
function blockOf(context: ProbeContext, sequence: number, asked: Partial<ProbeRequest> = {}): SackBlock {
	const { header, payload } = segmentOf(context, request(sequence, asked));
	return { start: header.sequence, end: sequenceAdd(header.sequence, payload.length) };
}

function timeExceeded(
	context: ProbeContext,
	asked: ProbeRequest,
	quoteBytes: number,
	change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): Reply {
	const { family } = context;
	const packet = method.probe(context, asked);
	const frame = { family, source: context.source, target: context.target, tos: 0, flowLabel: 0, dontFragment: false };
	const changed = { ...packet, bytes: change(packet.bytes) };
	const whole = ipPacket(frame, { sequence: asked.sequence, ttl: 1, packet: changed });
	const quoted = whole.subarray(0, (family === 4 ? 20 : 40) + quoteBytes);
	const [from, to] = [ROUTER[family], context.source];
	const icmp = { type: TIME_EXCEEDED[family], code: 0, quoted, source: from, destination: to };
	const segment = encodeIcmpError(family, icmp);
	const head = { at: 1, stamp: "kernel", family, from, to, ttl: 60, tos: 0 } as const;
	const reply = replyFromSegment({ ...head, protocol: ICMP[family], segment });
	if (reply === null) throw new Error("no reply");
	return reply;
}

/** SACK-permitted made into padding, as firewalls do it. */
function stripped(bytes: Uint8Array): Uint8Array {
	const copy = bytes.slice();
	const at = copy.findIndex((byte, index) => index >= 20 && byte === 4 && copy[index + 1] === 2);
	copy.fill(1, at, at + 2);
	return copy;
}

describe("places of in-session probes", () => {
	it("names every probe by where it begins, whatever its length and wherever the numbers wrap", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...NUMBERS),
				fc.integer({ min: 0, max: 1_700 }),
				fc.constantFrom(1, 2, 60, 127, 128, 1_348, 1_460),
				(sendNext, sequence, payload) => {
					const at = probeSequence(sendNext, sequence, payload);
					expect(probeAt(sendNext, at)).toBe(sequence);
					expect((at - sendNext) >>> 0).toBeGreaterThan(0);
					expect(((at - sendNext) >>> 0) + payload).toBeLessThanOrEqual(0x8000);
				},
			),
		);
	});

	it("leaves a hole between any two probes of one byte", () => {
		for (let sequence = 0; sequence < 4_000; sequence++) {
			expect(probeSequence(5, sequence + 1, 1) - probeSequence(5, sequence, 1)).toBe(2);
		}
	});

	it("takes nobody else's number for a probe's", () => {
		for (const sendNext of NUMBERS) {
			expect(probeAt(sendNext, sendNext)).toBeNull();
			expect(probeAt(sendNext, sequenceAdd(sendNext, -1))).toBeNull();
			expect(probeAt(sendNext, sequenceAdd(sendNext, 2))).toBeNull();
			expect(synAt(sendNext, sendNext)).toBeNull();
			expect(synAt(sendNext, sequenceAdd(sendNext, -1))).toBeNull();
			expect(synAt(sendNext, synSequence(sendNext, 9))).toBe(9);
			expect(probeAt(sendNext, synSequence(sendNext, 9))).toBeNull();
		}
	});
});

describe.each([4, 6] as const)("tcpinsession, IPv%d", (family) => {
	const context = contextOf(family);

	it("sends one byte behind a hole, in the flow of the connection", () => {
		const { header, payload } = segmentOf(context, request(0));
		expect(header).toMatchObject({
			sourcePort: 50_000,
			destinationPort: PORT,
			sequence: 0xffff_fff1,
			acknowledgment: 0xffff_fffe,
			flags: TCP_FLAGS.psh | TCP_FLAGS.ack,
		});
		expect(payload).toHaveLength(1);
		expect(method.probe(context, request(0)).bytes).toHaveLength(context.length - (family === 4 ? 20 : 40));
		expect(header.options).toContainEqual({ name: "timestamps", kind: 8, value: { value: 9_744, echo: 77 } });
	});

	it("is as long as asked, and shorter without timestamps", () => {
		for (const length of [100, 1_280, 1_500]) {
			const bytes = method.probe(context, request(3, { length })).bytes;
			expect(bytes).toHaveLength(length - (family === 4 ? 20 : 40));
		}
		const bare = contextOf(family, { timestamps: null });
		expect(method.probe(bare, request(3)).bytes).toHaveLength(21);
	});

	it("knows a hop's probe by eight quoted bytes, and by more", () => {
		for (const sequence of [0, 1, 29, 99, 300]) {
			for (const length of [undefined, 100, 1_500]) {
				for (const quoteBytes of [8, 20, 32]) {
					const asked = request(sequence, length === undefined ? {} : { length });
					const match = method.match(context, timeExceeded(context, asked, quoteBytes));
					expect(match).toMatchObject({ type: "probe", sequence, meaning: { kind: "timeExceeded", place: "hop" } });
				}
			}
		}
	});

	it("takes no quote of another connection for its own, unless ports may have been rewritten", () => {
		const other = contextOf(family, { sourcePort: 50_001 });
		const reply = timeExceeded(other, request(3), 8);
		expect(method.match(context, reply)).toEqual({ type: "foreign", reason: "otherPort" });
		const loose = { ...context, looseMatch: true };
		expect(method.match(loose, reply)).toMatchObject({ type: "probe", sequence: 3 });
		const stranger = contextOf(family, { sendNext: 0x5555_5555 });
		expect(method.match(loose, timeExceeded(stranger, request(3), 8))).toEqual({ type: "foreign", reason: "otherKey" });
	});

	it("knows the target's probe by the newest block, and the others by theirs", () => {
		const blocks = [7, 2, 5].map((sequence) => blockOf(context, sequence));
		const match = method.match(context, answer(context, { blocks }));
		expect(match).toMatchObject({
			type: "probe",
			sequence: 7,
			also: [2, 5],
			meaning: {
				kind: "ack",
				place: "target",
				detail: {
					sack: [
						[15, 16],
						[5, 6],
						[11, 12],
					],
				},
			},
		});
		expect(method.match(context, answer(context, { blocks: blocks.slice(1, 2) }))).not.toHaveProperty("also");
	});

	it("tells a block of bytes that came twice as the probe's that it names", () => {
		const blocks = [blockOf(context, 4), blockOf(context, 4), blockOf(context, 1)];
		expect(method.match(context, answer(context, { blocks }))).toMatchObject({ sequence: 4, also: [4, 1] });
	});

	it("reads blocks on segments that carry data as well", () => {
		const fields = { blocks: [blockOf(context, 4)], payload: Uint8Array.of(1, 2, 3), sequence: SESSION.receiveNext };
		expect(method.match(context, answer(context, fields))).toMatchObject({ type: "probe", sequence: 4 });
	});

	it("answers for the flow where an acknowledgment names nothing", () => {
		const bare = contextOf(family, { sackPermitted: false });
		expect(method.match(bare, answer(bare, {}))).toMatchObject({ type: "flow", meaning: { place: "target" } });
	});

	it.each([
		["data", { payload: Uint8Array.of(1) }],
		["a SYN/ACK again", { flags: TCP_FLAGS.syn | TCP_FLAGS.ack }],
		["a FIN", { flags: TCP_FLAGS.fin | TCP_FLAGS.ack }],
		["an acknowledgment of something else", { acknowledgment: sequenceAdd(SESSION.sendNext, 1) }],
		["a block of something else", { blocks: [{ start: 6, end: 900 }] }],
		["another port", { port: 50_001 }],
		["another host", { from: ROUTER[family] }],
		["a reset out of the window", { flags: TCP_FLAGS.rst, sequence: sequenceAdd(SESSION.receiveNext, -1) }],
	])("lets %s be", (_, fields) => {
		expect(method.match(context, answer(context, fields)).type).toBe("foreign");
	});

	it("sees that the other end broke the connection", () => {
		const reset = answer(context, { flags: TCP_FLAGS.rst });
		expect(method.match(context, reset)).toEqual({ type: "broken", from: TARGET[family] });
	});

	it("keeps several connections apart", () => {
		const second = { ...SESSION, sourcePort: 50_001, sendNext: 0x4000_0000 };
		const both = contextOf(family, {}, { sessions: [SESSION, second] });
		const { header } = segmentOf(both, request(6, { flow: 1 }));
		expect(header).toMatchObject({ sourcePort: 50_001, sequence: 0x4000_000d });
		const blocks = [{ start: 0x4000_000d, end: 0x4000_000e }];
		expect(method.match(both, answer(both, { blocks, port: 50_001 }))).toMatchObject({ sequence: 6 });
		expect(method.match(both, answer(both, { blocks })).type).toBe("foreign");
	});

	it("returns a verdict on any bytes at all", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
				const reply = replyFromPacket(bytes, { at: 0, stamp: "user" });
				if (reply !== null) expect(method.match(context, reply).type).toBeTypeOf("string");
			}),
		);
	});

	it("reads the facts of a connection from its SYN/ACK", () => {
		const options: readonly TcpOption[] = [
			{ name: "maximumSegmentSize", kind: 2, value: 1_360 },
			{ name: "sackPermitted", kind: 4, value: true },
			{ name: "timestamps", kind: 8, value: { value: 8, echo: 9 } },
		];
		const [source, destination] = [TARGET[family], SOURCE[family]];
		const ports = { sourcePort: PORT, destinationPort: 50_000 };
		const flags = TCP_FLAGS.syn | TCP_FLAGS.ack;
		const numbers = { sequence: 0xffff_ffff, acknowledgment: 5 };
		const fields = { family, source, destination, ...ports, ...numbers, flags, options };
		const segment = encodeTcp(fields, new Uint8Array(0));
		expect(synAckFacts({ segment, ttl: 60 })).toEqual({
			sendNext: 5,
			receiveNext: 0,
			synAckTtl: 60,
			mss: 1_360,
			sackPermitted: true,
			timestamps: { value: 9, echo: 8 },
		});
		expect(synAckFacts({ segment: segment.subarray(0, 19), ttl: 60 })).toBeNull();
	});
});

describe("where SACK was lost", () => {
	const bare = contextOf(4, { sackPermitted: false });
	const END = { when: "end", lastTtl: 4, reached: true } as const;

	it("is asked of the hops alone, and only where it is missing", () => {
		expect(method.companions?.(bare, END).map(({ name, ttl }) => [name, ttl])).toEqual([
			["syn", 1],
			["syn", 2],
			["syn", 3],
		]);
		expect(method.companions?.(bare, { when: "start" })).toEqual([]);
		expect(method.companions?.(bare, { ...END, reached: false })).toEqual([]);
		expect(method.companions?.(contextOf(4), END)).toEqual([]);
	});

	it("is read from what is quoted of a SYN below the connection's own numbers", () => {
		const asked = request(40, { companion: "syn" });
		const { header } = segmentOf(bare, asked);
		expect(header).toMatchObject({ flags: TCP_FLAGS.syn, sequence: sequenceAdd(SESSION.sendNext, -42) });
		const fate = (quoteBytes: number, change?: typeof stripped) => {
			const match = method.match(bare, timeExceeded(bare, asked, quoteBytes, change));
			expect(match).toMatchObject({ type: "probe", sequence: 40 });
			return match.type === "probe" ? match.meaning.detail : null;
		};
		expect(fate(40)).toEqual({ sackPermitted: "kept" });
		expect(fate(8)).toEqual({ sackPermitted: "unknown" });
		expect(fate(40, stripped)).toEqual({ sackPermitted: "removed" });
	});

	function companionsWith(...fates: readonly (string | null)[]): readonly CompanionResult[] {
		return fates.map((sackPermitted, index) => ({
			name: "syn",
			ttl: index + 1,
			probes: [{ reply: sackPermitted === null ? null : { detail: { sackPermitted } } }],
		})) as unknown as readonly CompanionResult[];
	}

	it.each([
		["behind the last hop that still saw it", ["kept", "kept", "removed"], { lostAt: "hop", ttl: 2 }],
		["behind the last that told, over silent ones", ["kept", null, "removed"], { lostAt: "hop", ttl: 1 }],
		["before the first hop", ["removed", "removed"], { lostAt: "hop", ttl: null }],
		["at the target", ["kept", "unknown", "kept"], { lostAt: "target", ttl: null }],
		["nobody knows where", ["kept", "unknown", "unknown"], { lostAt: "unknown", ttl: 1 }],
		["nobody knows where at all", [null, null], { lostAt: "unknown", ttl: null }],
		["at a target next door", [], { lostAt: "target", ttl: null }],
	])("%s", (_, fates, expected) => {
		const evidence = { reached: true, hops: [], companions: companionsWith(...fates) };
		expect(method.conclusions?.(bare, evidence)).toEqual([{ code: "noSack", ...expected }]);
		expect(method.conclusions?.(contextOf(4), evidence)).toEqual([]);
	});
});

describe("the option ecmp", () => {
	const [ecmp] = method.options ?? [];

	it("opens so many connections", () => {
		expect(method.connections?.({})).toBe(1);
		expect(method.connections?.({ ecmp: "16" })).toBe(16);
		expect(ecmp?.check?.("16")).toBeNull();
		for (const value of ["0", "17", "x", "", "1.5", "-1"]) expect(ecmp?.check?.(value)).toContain("1 to 16");
	});
});
