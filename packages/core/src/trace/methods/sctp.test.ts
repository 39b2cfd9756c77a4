import { decodeSctp, encodeSctp, IP_PROTOCOL, isDecodeError, type SctpChunk, sctpChunk } from "@whither/wire";
import { describe, expect, it } from "vitest";
import {
	arrived,
	bytesOf,
	contextOf,
	errorReply,
	FAMILIES,
	HEADER,
	KEY,
	ROUTER,
	SOURCE_PORT,
	UNKNOWN_PROTOCOL,
} from "./method.fixture.ts";
import { sctp } from "./sctp.ts";

function initOf(bytes: Uint8Array) {
	const packet = decodeSctp(bytes);
	const chunk = isDecodeError(packet) ? undefined : packet.chunks[0];
	if (isDecodeError(packet) || chunk?.name !== "init") throw new Error("no INIT");
	return { ...packet, init: chunk.value };
}

const initAck = sctpChunk("initAck", {
	initiateTag: 1,
	receiverWindow: 1500,
	outboundStreams: 1,
	inboundStreams: 1,
	initialTsn: 1,
	parameters: [],
});
const outOfResource = sctpChunk("abort", [{ name: "outOfResource", type: 4, value: true }]);

describe("a probe of sctp", () => {
	it("is an INIT under verification tag 0 whose initiate tag counts up from the key", () => {
		const bytes = bytesOf(sctp, contextOf(sctp, 4), { sequence: 3 });
		expect([...bytes.subarray(0, 8)]).toEqual([0xc3, 0x50, 0, 80, 0, 0, 0, 0]);
		expect([...bytes.subarray(12)]).toEqual([
			...[1, 0, 0, 20],
			...[0xde, 0xca, 0xfb, 0xb0],
			...[0, 1, 0, 0],
			...[0, 10, 0, 10],
			...[0xde, 0xca, 0xfb, 0xad],
		]);
		expect(initOf(bytes).checksumValid).toBe(true);
	});

	it("never has the tag 0, whatever the key, and still knows itself", () => {
		for (const key of [0, 1, 0xffff_ffff, 0xffff_0001, 0x8000_0000]) {
			const context = contextOf(sctp, 4, { key });
			for (const sequence of [0, 1, 0xffff]) {
				const { init } = initOf(bytesOf(sctp, context, { sequence }));
				expect(init.initiateTag).toBeGreaterThan(0);
				const reply = errorReply(sctp, context, { request: { sequence } });
				expect(sctp.match(context, reply)).toMatchObject({ type: "probe", sequence });
			}
		}
	});

	it.each(FAMILIES)("is padded in steps of four, never beyond what is asked, IPv%d", (family) => {
		const context = contextOf(sctp, family);
		const lengthOf = (length: number) => bytesOf(sctp, context, { length }).length + HEADER[family];
		expect(lengthOf(1400)).toBe(1400);
		expect(lengthOf(1403)).toBe(1400);
		expect(lengthOf(context.length + 3)).toBe(context.length);
		expect(lengthOf(1)).toBe(context.length);
		const { init, chunks, checksumValid } = initOf(bytesOf(sctp, context, { length: 1400 }));
		expect(init.parameters).toMatchObject([{ type: 0x8005 }]);
		expect([chunks.length, checksumValid]).toEqual([1, true]);
	});
});

describe.each(FAMILIES)("sctp over IPv%d", (family) => {
	const context = contextOf(sctp, family);
	const ports = { sourcePort: 80, destinationPort: SOURCE_PORT };
	const answer = (verificationTag: number, chunk: SctpChunk, from = context.target) =>
		sctp.match(context, arrived(context, IP_PROTOCOL.sctp, encodeSctp({ ...ports, verificationTag }, [chunk]), from));

	it("knows its probe by 20 quoted bytes, and the flow by 8", () => {
		const match = (quoteBytes: number) =>
			sctp.match(context, errorReply(sctp, context, { request: { sequence: 7 }, quoteBytes }));
		for (const quoteBytes of [20, 1200]) expect(match(quoteBytes)).toMatchObject({ type: "probe", sequence: 7 });
		for (const quoteBytes of [8, 12, 19]) expect(match(quoteBytes)).toMatchObject({ type: "flow" });
	});

	it("takes neither another key's, another port's nor another target's quote", () => {
		const matchOf = (changes: object) => sctp.match(context, errorReply(sctp, { ...context, ...changes }));
		expect(matchOf({ key: 1 })).toEqual({ type: "foreign", reason: "otherKey" });
		expect(matchOf({ port: 54 })).toEqual({ type: "foreign", reason: "otherPort" });
		expect(matchOf({ target: ROUTER[family] })).toEqual({ type: "foreign", reason: "otherTarget" });
	});

	it("is answered by an INIT ACK, to which nothing is sent, or by an ABORT with its causes", () => {
		expect(answer(KEY + 7, initAck)).toEqual({
			type: "probe",
			sequence: 7,
			meaning: { kind: "sctp", place: "target", detail: { chunk: "initAck" } },
		});
		expect(answer(KEY + 8, outOfResource)).toMatchObject({
			sequence: 8,
			meaning: { detail: { chunk: "abort", causes: ["outOfResource"] } },
		});
	});

	it("takes an ABORT of the target that reflects tag 0 for its flow's, and nobody else's", () => {
		const reflected = sctpChunk("abort", [], 1);
		expect(answer(0, reflected)).toMatchObject({ type: "flow", meaning: { place: "target" } });
		expect(answer(0, reflected, ROUTER[family])).toEqual({ type: "foreign", reason: "otherKey" });
		expect(answer(0, sctpChunk("abort", []))).toEqual({ type: "foreign", reason: "otherKey" });
		expect(answer(5, initAck)).toEqual({ type: "foreign", reason: "otherKey" });
	});

	it("is at the target when that does not know the protocol", () => {
		const about = { request: { sequence: 7 }, icmp: UNKNOWN_PROTOCOL, from: context.target };
		expect(sctp.match(context, errorReply(sctp, context, about))).toMatchObject({
			sequence: 7,
			meaning: { place: "target" },
		});
	});
});
