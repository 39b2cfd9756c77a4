import { encodeTcp, IP_PROTOCOL, sequenceAdd, TCP_FLAGS, type TcpOption } from "@whither/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MILLISECOND } from "../../machine.ts";
import type { ProbeSend, Reply, SessionFacts } from "../channel.ts";
import { DEFAULT_TRACE_OPTIONS } from "../options.ts";
import { traceResult } from "../trace-result.ts";
import { Tracer } from "../tracer.ts";
import type { TracerInput } from "../tracer-io.ts";
import { arrived, contextOf, errorAbout, HEADER, SOURCE_PORT, TARGET } from "./method.fixture.ts";
import { tcpinsession as method } from "./tcpinsession.ts";
import { longestPayload, probeAt, probeSequence, synAt, synSequence } from "./tcpinsession-place.ts";

const WINDOW = 64_240;
const LONGEST_PAYLOAD = longestPayload(WINDOW);

/** Numbers whose windows wrap, and some that do not. */
const NUMBERS = [0, 0x7fffff00, 0xfffffff0, 0xffff_ffff, 0xffff_8000, 0x1234_5678];

const SESSION: SessionFacts = {
	sourcePort: SOURCE_PORT,
	sendNext: 0xffff_fff0,
	receiveNext: 7,
	synAckTtl: null,
	window: 64_240,
	mss: 1460,
	sackOffered: true,
	sackPermitted: true,
	timestamps: { value: 1, echo: 2 },
	rttNs: 30 * MILLISECOND,
};

describe("places of in-session probes", () => {
	it("names every probe by where it begins, whatever its length and wherever the numbers wrap", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...NUMBERS),
				fc.integer({ min: 0, max: 1_700 }),
				fc.constantFrom(1, 2, 60, 125, 126, 1_348, 1_460, LONGEST_PAYLOAD),
				(sendNext, sequence, payload) => {
					const at = probeSequence({ sendNext, window: WINDOW }, sequence, payload);
					expect(probeAt({ sendNext, window: WINDOW }, at)).toBe(sequence);
					expect((at - sendNext) >>> 0).toBeGreaterThan(0);
					expect(((at - sendNext) >>> 0) + payload).toBeLessThanOrEqual(0x8000);
				},
			),
		);
	});

	it("leaves a hole between any two probes of one byte", () => {
		for (let sequence = 0; sequence < 4_000; sequence++) {
			expect(
				probeSequence({ sendNext: 5, window: WINDOW }, sequence + 1, 1) -
					probeSequence({ sendNext: 5, window: WINDOW }, sequence, 1),
			).toBe(2);
		}
	});

	it.each([2, 125, 126, 1_448, LONGEST_PAYLOAD])(
		"leaves one between %i bytes and any neighbour too, slot by slot",
		(payload) => {
			const slots = payload > 125 ? 7 : 62;
			for (let first = 0; first < 100; first++) {
				const begins = Array.from({ length: slots }, (_, index) =>
					probeSequence({ sendNext: 5, window: WINDOW }, first + index, payload),
				);
				begins.sort((a, b) => a - b);
				const gaps = begins.slice(1).map((begin, index) => begin - (begins[index] ?? 0) - payload);
				expect(Math.min(...gaps)).toBeGreaterThan(0);
			}
		},
	);

	it.each([536, 1_152, 4_096, 5_840, 8_192, 14_600, 28_960])("fits them into a window of %i bytes", (window) => {
		const receiver = { sendNext: 0xffff_fff0, window };
		const longest = longestPayload(window);
		expect(longest).toBeGreaterThanOrEqual(Math.min(1_460, window / 5));
		for (const payload of [1, 2, 60, longest]) {
			for (let sequence = 0; sequence < Math.min(60, window >> 4); sequence++) {
				const at = probeSequence(receiver, sequence, payload);
				expect(probeAt(receiver, at)).toBe(sequence);
				expect(((at - receiver.sendNext) >>> 0) + payload).toBeLessThanOrEqual(window);
			}
		}
		expect(probeAt(receiver, probeSequence(receiver, 4_000, 1))).toBe(4_000);
	});

	it("takes nobody else's number for a probe's", () => {
		for (const sendNext of NUMBERS) {
			expect(probeAt({ sendNext, window: WINDOW }, sendNext)).toBeNull();
			expect(probeAt({ sendNext, window: WINDOW }, sequenceAdd(sendNext, -1))).toBeNull();
			expect(probeAt({ sendNext, window: WINDOW }, sequenceAdd(sendNext, 2))).toBeNull();
			expect(synAt(sendNext, sendNext)).toBeNull();
			expect(synAt(sendNext, sequenceAdd(sendNext, -1))).toBeNull();
			expect(synAt(sendNext, synSequence(sendNext, 9))).toBe(9);
			expect(probeAt({ sendNext, window: WINDOW }, synSequence(sendNext, 9))).toBeNull();
		}
	});
});

describe("a path MTU search in a connection", () => {
	const HOPS = 3;

	/** The whole trace over a path whose links beyond hop 1 silently drop what is longer; throws where it does not end. */
	function discover(linkMtu: number, narrowest: number) {
		const context = contextOf(method, 4, { channel: "session", linkMtu });
		const asked = { family: 4, target: TARGET[4], targetName: TARGET[4], pathMtu: true } as const;
		const options = { ...DEFAULT_TRACE_OPTIONS, ...asked };
		const tracer = new Tracer({ method, options, context });
		const queue: { at: number; input: TracerInput }[] = [
			{ at: 0, input: { type: "start" } },
			{ at: SESSION.rttNs, input: { type: "opened", sessions: [SESSION] } },
		];
		let now = 0;
		for (let steps = 0; !tracer.finished; steps++) {
			if (steps > 20_000) throw new Error("the tracer does not come to an end");
			queue.sort((a, b) => a.at - b.at);
			const { deadline } = tracer;
			const [next] = queue;
			const isNext = next !== undefined && (deadline === null || next.at <= deadline.at);
			if (isNext) queue.shift();
			now = Math.max(now, isNext ? next.at : (deadline?.at ?? now));
			for (const output of tracer.step(isNext ? next.input : { type: "tick" }, now)) {
				for (const send of output.type === "send" ? output.probes : []) {
					if (send.ttl > 1 && send.packet.bytes.length + HEADER[4] > narrowest) continue;
					const at = now + Math.min(send.ttl, HOPS) * 10 * MILLISECOND;
					queue.push({ at, input: { type: "reply", reply: { ...replyTo(send), at } } });
				}
			}
		}
		return traceResult(tracer, { tool: { name: "test", version: "0" }, args: [], startedAt: "2026-01-01T00:00:00Z" });

		function replyTo({ ttl, packet }: ProbeSend): Reply {
			if (ttl < HOPS) return errorAbout(context, packet, { from: `10.0.0.${ttl}`, quoteBytes: 8 });
			const start = new DataView(packet.bytes.buffer).getUint32(4);
			const options: readonly TcpOption[] = [
				{ name: "sack", kind: 5, value: [{ start, end: sequenceAdd(start, packet.bytes.length - 32) }] },
			];
			const { source: destination, target: source, family, port: sourcePort } = context;
			const numbers = { sequence: SESSION.receiveNext, acknowledgment: SESSION.sendNext, flags: TCP_FLAGS.ack };
			const fields = { family, source, destination, sourcePort, destinationPort: SOURCE_PORT, ...numbers, options };
			return arrived(context, IP_PROTOCOL.tcp, encodeTcp(fields, new Uint8Array(0)));
		}
	}

	it.each([9_000, 65_536])("ends at the longest segment where the link takes %i bytes", (linkMtu) => {
		const result = discover(linkMtu, linkMtu);
		expect(result).toMatchObject({ reached: true, pathMtu: LONGEST_PAYLOAD + 52, mtuDrops: [], warnings: [] });
	});

	it.each([1_500, 65_536])("finds the hole behind a link of %i bytes", (linkMtu) => {
		const { pathMtu, mtuDrops } = discover(linkMtu, 1_400);
		expect(pathMtu).toBe(1_400);
		expect(mtuDrops).toEqual([{ ttl: 1, from: "10.0.0.1", mtu: 1_400, found: "tried" }]);
	});
});
