import { DCCP_TYPES, decodeDccp, encodeDccp, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { ProbeContext } from "../method.ts";
import { checkMethodOptions } from "../method-options.ts";
import { dccp } from "./dccp.ts";
import {
	arrived,
	bytesOf,
	contextOf,
	errorReply,
	FAMILIES,
	HEADER,
	ROUTER,
	SOURCE_PORT,
	UNKNOWN_PROTOCOL,
} from "./method.fixture.ts";

function decoded(bytes: Uint8Array) {
	const packet = decodeDccp(bytes);
	if (isDecodeError(packet)) throw new Error("no DCCP");
	return packet;
}

/** The target's answer of that type to one of our Requests. */
function answer(context: ProbeContext, type: number, changes: { sequence?: number; offset?: number } = {}) {
	const request = decoded(bytesOf(dccp, context, { sequence: changes.sequence ?? 7 })).header;
	const { family, source: destination, target: source } = context;
	const ports = { sourcePort: context.port, destinationPort: SOURCE_PORT };
	const acknowledgment = request.sequence + (changes.offset ?? 0);
	const reset = type === DCCP_TYPES.reset ? { code: 7, data: new Uint8Array(3) } : null;
	const fields = { family, source, destination, ...ports, type, sequence: 0xabcd_ef01, acknowledgment, reset };
	return arrived(context, IP_PROTOCOL.dccp, encodeDccp(fields, new Uint8Array(0)));
}

describe("a probe of dccp", () => {
	it("is a Request with a 48-bit sequence number of key and probe, and the service code", () => {
		const bytes = bytesOf(dccp, contextOf(dccp, 4), { sequence: 0x0101 });
		expect([...bytes.subarray(0, 6)]).toEqual([0xc3, 0x50, 0x82, 0x9a, 5, 0]);
		expect([...bytes.subarray(8)]).toEqual([...[1, 0, 0xde, 0xca, 0xfb, 0xad, 1, 2], ...[0x70, 0x69, 0x6e, 0x67]]);
	});

	it.each(FAMILIES)("carries the service asked for, and bytes that make it as long as asked, IPv%d", (family) => {
		const context = contextOf(dccp, family, { options: { service: "42" }, length: 100 });
		const { header, payload } = decoded(bytesOf(dccp, context));
		expect(header.serviceCode).toBe(42);
		expect(header.dataOffset + payload.length + HEADER[family]).toBe(100);
		expect(bytesOf(dccp, context, { length: 1400 }).length + HEADER[family]).toBe(1400);
		expect(bytesOf(dccp, context, { length: 1 }).length).toBe(20);
	});

	it("is refused a service code that stands for none", () => {
		for (const service of ["4294967295", "-1", "ping"])
			expect(checkMethodOptions(dccp, { service })).toMatchObject({ code: "badValue" });
		expect(checkMethodOptions(dccp, { service: "4294967294" })).toBeNull();
	});
});

describe.each(FAMILIES)("dccp over IPv%d", (family) => {
	const context = contextOf(dccp, family);

	it("knows its probe by its sequence number, and by the checksum of a bare quote", () => {
		for (const sequence of [0, 7, 299]) {
			for (const quoteBytes of [8, 12, 16, 1200]) {
				const reply = errorReply(dccp, context, { request: { sequence }, quoteBytes });
				expect(dccp.match(context, reply)).toMatchObject({ type: "probe", sequence, meaning: { place: "hop" } });
			}
		}
	});

	it("knows a longer one by its checksum too", () => {
		const reply = errorReply(dccp, context, { request: { sequence: 7, length: 1400 }, quoteBytes: 8 });
		expect(dccp.match(context, reply)).toMatchObject({ type: "probe", sequence: 7 });
	});

	it("takes neither another key's, another port's nor another target's quote", () => {
		const matchOf = (changes: object) => dccp.match(context, errorReply(dccp, { ...context, ...changes }));
		expect(matchOf({ key: 1 })).toEqual({ type: "foreign", reason: "otherKey" });
		expect(matchOf({ port: 54 })).toEqual({ type: "foreign", reason: "otherPort" });
		expect(matchOf({ target: ROUTER[family] })).toEqual({ type: "foreign", reason: "otherTarget" });
	});

	it("is at the target when that does not know the protocol, and only ends when a router says so", () => {
		const about = { request: { sequence: 7 }, icmp: UNKNOWN_PROTOCOL };
		const refused = errorReply(dccp, context, { ...about, from: context.target });
		expect(dccp.match(context, refused)).toMatchObject({ sequence: 7, meaning: { place: "target" } });
		const place = { 4: "target", 6: "end" }[family];
		expect(dccp.match(context, errorReply(dccp, context, about))).toMatchObject({ meaning: { place } });
	});

	it("is answered by a Reset, whose code is told", () => {
		expect(dccp.match(context, answer(context, DCCP_TYPES.reset))).toEqual({
			type: "probe",
			sequence: 7,
			meaning: { kind: "dccp", place: "target", detail: { type: "reset", resetCode: "Connection Refused" } },
		});
	});

	it("takes leave of a server that opened a connection", () => {
		const match = dccp.match(context, answer(context, DCCP_TYPES.response));
		expect(match).toMatchObject({ type: "probe", sequence: 7, meaning: { detail: { type: "response" } } });
		if (match.type !== "probe" || match.farewell === undefined) throw new Error("no farewell");
		const request = decoded(bytesOf(dccp, context, { sequence: 7 })).header;
		expect(decoded(match.farewell.bytes).header).toMatchObject({
			type: DCCP_TYPES.reset,
			sourcePort: SOURCE_PORT,
			destinationPort: context.port,
			sequence: request.sequence + 1,
			acknowledgment: 0xabcd_ef01,
			reset: { code: 2 },
		});
	});

	it("does not believe what acknowledges nothing of ours", () => {
		const stranger = answer(context, DCCP_TYPES.reset, { offset: 2 ** 20 });
		expect(dccp.match(context, stranger)).toEqual({ type: "foreign", reason: "otherKey" });
		const data = answer(context, DCCP_TYPES.data);
		expect(dccp.match(context, data)).toEqual({ type: "foreign", reason: "otherKey" });
		const elsewhere = dccp.match({ ...context, port: 1 }, answer(context, DCCP_TYPES.reset));
		expect(elsewhere).toEqual({ type: "foreign", reason: "otherPort" });
	});
});
