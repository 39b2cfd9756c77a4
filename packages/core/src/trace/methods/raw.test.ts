import { IP_PROTOCOL } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { checkMethodOptions } from "../method-options.ts";
import {
	arrived,
	bytesOf,
	contextOf,
	errorReply,
	FAMILIES,
	HEADER,
	ROUTER,
	UNKNOWN_PROTOCOL,
} from "./method.fixture.ts";
import { raw } from "./raw.ts";

describe("a probe of raw", () => {
	it("is key, sequence number and filler behind the IP header", () => {
		const bytes = bytesOf(raw, contextOf(raw, 4, { length: 28 }), { sequence: 0x0102 });
		expect([...bytes]).toEqual([0xde, 0xca, 0xfb, 0xad, 1, 2, 0x46, 0x47]);
	});

	it("goes out as the protocol asked for, 253 by default, and has its channel opened for that", () => {
		const packetOf = (options: Record<string, string>) =>
			raw.probe(contextOf(raw, 4, { options }), { ttl: 1, sequence: 0, flow: 0 });
		expect(packetOf({}).protocol).toBe(253);
		expect(packetOf({ protocol: "47" }).protocol).toBe(47);
		expect(raw.channels).toMatchObject([{ kind: "raw", protocol: 253, ports: "none" }]);
		expect(raw.needs?.({ protocol: "47" })).toMatchObject([{ protocol: 47 }]);
	});

	it.each(FAMILIES)("is as long as a request wants it, IPv%d", (family) => {
		const context = contextOf(raw, family);
		expect(bytesOf(raw, context).length + HEADER[family]).toBe(context.length);
		expect(bytesOf(raw, context, { length: 1400 }).length + HEADER[family]).toBe(1400);
		expect(bytesOf(raw, context, { length: 1 }).length).toBe(6);
	});

	it("is refused what another method does, what is no protocol, and what is no number", () => {
		for (const protocol of ["1", "6", "17", "33", "58", "132", "136"]) {
			const problem = checkMethodOptions(raw, { protocol });
			expect(problem).toMatchObject({ code: "badValue", why: expect.stringMatching(/the method [a-z]+ sends/) });
		}
		for (const protocol of ["0", "43", "44", "51", "59", "60", "135", "139", "140", "255"]) {
			expect(checkMethodOptions(raw, { protocol })).toMatchObject({ why: "not a protocol that can be sent alone" });
		}
		for (const protocol of ["256", "-1", "x", ""]) {
			expect(checkMethodOptions(raw, { protocol })).toMatchObject({ why: "not a number from 1 to 254" });
		}
		for (const protocol of ["2", "47", "50", "89", "254"]) expect(checkMethodOptions(raw, { protocol })).toBeNull();
	});
});

describe.each(FAMILIES)("raw over IPv%d", (family) => {
	const context = contextOf(raw, family);
	const request = { sequence: 7 };

	it("knows its probe by a whole quote and by one of 8 bytes", () => {
		for (const quoteBytes of [8, 1200]) {
			expect(raw.match(context, errorReply(raw, context, { request, quoteBytes }))).toMatchObject({
				type: "probe",
				sequence: 7,
				meaning: { kind: "timeExceeded", place: "hop" },
			});
		}
	});

	it("takes neither another key's, another protocol's nor another target's quote", () => {
		const matchOf = (changes: object) => raw.match(context, errorReply(raw, { ...context, ...changes }));
		expect(matchOf({ key: 1 })).toEqual({ type: "foreign", reason: "otherKey" });
		expect(matchOf({ options: { protocol: "47" } })).toEqual({ type: "foreign", reason: "otherProtocol" });
		expect(matchOf({ target: ROUTER[family] })).toEqual({ type: "foreign", reason: "otherTarget" });
	});

	it("goes by the key alone in a loose match", () => {
		const elsewhere = errorReply(raw, { ...context, target: ROUTER[family] }, { request });
		expect(raw.match({ ...context, looseMatch: true }, elsewhere)).toMatchObject({ type: "probe", sequence: 7 });
	});

	it("is at the target when that does not know the protocol", () => {
		const about = { request, icmp: UNKNOWN_PROTOCOL, from: context.target };
		expect(raw.match(context, errorReply(raw, context, about))).toMatchObject({
			sequence: 7,
			meaning: { place: "target" },
		});
	});

	it("takes any packet of the protocol from the target for an answer, and one with its name for that probe's", () => {
		const answer = (payload: Uint8Array, from?: string) =>
			raw.match(context, arrived(context, IP_PROTOCOL.experiment1, payload, from));
		const meaning = { kind: "protocol", place: "target", detail: {} };
		expect(answer(bytesOf(raw, context, request))).toEqual({ type: "probe", sequence: 7, meaning });
		expect(answer(Uint8Array.of(1, 2))).toEqual({ type: "flow", meaning });
		expect(answer(Uint8Array.of(1, 2), ROUTER[family])).toEqual({ type: "foreign", reason: "otherTarget" });
	});
});
