import {
	decodeTcp,
	encodeTcp,
	IP_PROTOCOL,
	isDecodeError,
	type SackBlock,
	sequenceAdd,
	TCP_FLAGS,
	type TcpOption,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { Family, Reply, SessionFacts } from "../channel.ts";
import type { ProbeContext, ProbeRequest, TraceEvidence } from "../method.ts";
import type { CompanionResult } from "../result.ts";
import { synAckFacts } from "../session.ts";
import { arrived, contextOf, errorAbout, FAMILIES, HEADER, ROUTER, SOURCE, TARGET } from "./method.fixture.ts";
import { tcpinsession as method } from "./tcpinsession.ts";
import { longestPayload } from "./tcpinsession-place.ts";

const PORT = 443;

const SESSION: SessionFacts = {
	sourcePort: 50_000,
	sendNext: 0xffff_fff0,
	receiveNext: 0xffff_fffe,
	synAckTtl: 52,
	window: 64_240,
	mss: 1460,
	sackOffered: true,
	sackPermitted: true,
	timestamps: { value: 0xffff_ff00, echo: 77 },
	rttNs: 46e6,
};

function sessionContext(
	family: Family,
	session: Partial<SessionFacts> = {},
	more: Partial<ProbeContext> = {},
): ProbeContext {
	return contextOf(method, family, { channel: "session", sessions: [{ ...SESSION, ...session }], ...more });
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
	return arrived(context, IP_PROTOCOL.tcp, segment, from);
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
	const packet = method.probe(context, asked);
	return errorAbout(context, { ...packet, bytes: change(packet.bytes) }, { quoteBytes });
}

/** SACK-permitted made into padding, as firewalls do it. */
function stripped(bytes: Uint8Array): Uint8Array {
	const copy = bytes.slice();
	const at = copy.findIndex((byte, index) => index >= 20 && byte === 4 && copy[index + 1] === 2);
	copy.fill(1, at, at + 2);
	return copy;
}

describe.each(FAMILIES)("tcpinsession, IPv%d", (family) => {
	const context = sessionContext(family);

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
		expect(method.probe(context, request(0)).bytes).toHaveLength(context.length - HEADER[family]);
		expect(header.options).toContainEqual({ name: "timestamps", kind: 8, value: { value: 9_744, echo: 77 } });
	});

	it("is as long as asked, and shorter without timestamps", () => {
		for (const length of [100, 1_280, 1_500, 2_000]) {
			const bytes = method.probe(context, request(3, { length })).bytes;
			expect(bytes).toHaveLength(length - HEADER[family]);
		}
		const bare = sessionContext(family, { timestamps: null });
		expect(method.probe(bare, request(3)).bytes).toHaveLength(21);
	});

	it("is no longer than the window has places for", () => {
		for (const length of [2_200, 9_000, 65_535]) {
			expect(segmentOf(context, request(3, { length })).payload).toHaveLength(longestPayload(SESSION.window));
		}
	});

	it("has its code ready without a connection", () => {
		expect(() => method.prepare?.({ ...context, sessions: [] })).not.toThrow();
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
		const other = sessionContext(family, { sourcePort: 50_001 });
		const reply = timeExceeded(other, request(3), 8);
		expect(method.match(context, reply)).toEqual({ type: "foreign", reason: "otherPort" });
		const loose = { ...context, looseMatch: true };
		expect(method.match(loose, reply)).toMatchObject({ type: "probe", sequence: 3 });
		const stranger = sessionContext(family, { sendNext: 0x5555_5555 });
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
		const bare = sessionContext(family, { sackPermitted: false });
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
		const both = sessionContext(family, {}, { sessions: [SESSION, second] });
		const { header } = segmentOf(both, request(6, { flow: 1 }));
		expect(header).toMatchObject({ sourcePort: 50_001, sequence: 0x4000_000d });
		const blocks = [{ start: 0x4000_000d, end: 0x4000_000e }];
		expect(method.match(both, answer(both, { blocks, port: 50_001 }))).toMatchObject({ sequence: 6 });
		expect(method.match(both, answer(both, { blocks })).type).toBe("foreign");
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
		const fields = { family, source, destination, ...ports, ...numbers, flags, window: 64_240, options };
		const segment = encodeTcp(fields, new Uint8Array(0));
		expect(synAckFacts({ segment, ttl: 60 })).toEqual({
			sendNext: 5,
			receiveNext: 0,
			synAckTtl: 60,
			window: 64_240,
			mss: 1_360,
			sackPermitted: true,
			timestamps: { value: 9, echo: 8 },
		});
		expect(synAckFacts({ segment: segment.subarray(0, 19), ttl: 60 })).toBeNull();
	});
});

describe("where SACK was lost", () => {
	const bare = sessionContext(4, { sackPermitted: false });
	const END = { when: "end", lastTtl: 4, reached: true } as const;

	it("is asked of the hops alone, and only where it is missing", () => {
		expect(method.companions?.(bare, END).map(({ name, ttl }) => [name, ttl])).toEqual([
			["syn", 1],
			["syn", 2],
			["syn", 3],
		]);
		expect(method.companions?.(bare, { when: "start" })).toEqual([]);
		expect(method.companions?.(bare, { ...END, reached: false })).toEqual([]);
		expect(method.companions?.(sessionContext(4), END)).toEqual([]);
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
		["behind the last hop that still saw it", ["kept", "kept", "removed"], { lostAt: "hop", ttl: 2, goneAtTtl: 3 }],
		["behind the last that told, over silent ones", ["kept", null, "removed"], { lostAt: "hop", ttl: 1, goneAtTtl: 3 }],
		["before the first hop", ["removed", "removed"], { lostAt: "hop", ttl: null, goneAtTtl: 1 }],
		["behind the last router, if not at the target", ["kept", "unknown", "kept"], { lostAt: "beyond", ttl: 3 }],
		["behind the last that told", ["kept", "unknown", "unknown"], { lostAt: "beyond", ttl: 1 }],
		["nobody knows where", [null, null], { lostAt: "unknown", ttl: null }],
		["at a target next door, or before it", [], { lostAt: "beyond", ttl: null }],
	])("%s", (_, fates, expected) => {
		const evidence = { reached: true, hops: [], companions: companionsWith(...fates) };
		expect(method.conclusions?.(bare, evidence)).toEqual([{ code: "noSack", ...expected }]);
		expect(method.conclusions?.(sessionContext(4), evidence)).toEqual([]);
	});

	it.each([
		["in none of the target's answers", [{}, {}], [{ code: "noSack", lostAt: "answers", ttl: null }]],
		["not in one of them", [{ sack: [[1, 2]] }, {}], []],
		["in nothing that it did not answer", [], []],
	])("with SACK agreed on, blocks are %s", (_, details, expected) => {
		const probes = details.map((detail) => ({ reply: { kind: "ack", detail } }));
		const evidence = { reached: true, hops: [{ ttl: 1, probes }], companions: [] } as unknown as TraceEvidence;
		expect(method.conclusions?.(sessionContext(4), evidence)).toEqual(expected);
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
