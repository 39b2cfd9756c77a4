import { decodeUdpLite, encodeUdpLite, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { checkMethodOptions } from "../method-options.ts";
import {
	arrived,
	bytesOf,
	contextOf,
	errorReply,
	FAMILIES,
	HEADER,
	PORT_UNREACHABLE,
	ROUTER,
	SOURCE_PORT,
	UNKNOWN_PROTOCOL,
} from "./method.fixture.ts";
import { udplite } from "./udplite.ts";

function headerOf(bytes: Uint8Array) {
	const datagram = decodeUdpLite(bytes);
	if (isDecodeError(datagram)) throw new Error("no UDP-Lite");
	return datagram.header;
}

describe("a probe of udplite", () => {
	it("has ports, a coverage of 8, key and sequence number where RFC 3828 and we put them", () => {
		const bytes = bytesOf(udplite, contextOf(udplite, 4), { sequence: 0x0102 });
		expect([...bytes.subarray(0, 6)]).toEqual([0xc3, 0x50, 0, 53, 0, 8]);
		expect([...bytes.subarray(8, 14)]).toEqual([0xde, 0xca, 0xfb, 0xad, 1, 2]);
		// Complement of: 192.0 + 2.1 + 203.0 + 113.7, protocol 136, length 40, ports and coverage.
		const words = [0xc000, 0x0201, 0xcb00, 0x7107, 136, 40, 0xc350, 53, 8];
		let sum = words.reduce((total, word) => total + word, 0);
		while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
		expect((bytes[6] ?? 0) * 256 + (bytes[7] ?? 0)).toBe(~sum & 0xffff);
	});

	it.each(FAMILIES)("covers what -O coverage asks for, and no more than there is, IPv%d", (family) => {
		const coverageOf = (coverage: string) =>
			headerOf(bytesOf(udplite, contextOf(udplite, family, { options: { coverage } }))).coverage;
		expect(coverageOf("0")).toBe(0);
		expect(coverageOf("16")).toBe(16);
		expect(coverageOf("9000")).toBe(40);
	});

	it.each(FAMILIES)("is as long as a request wants it, IPv%d", (family) => {
		const context = contextOf(udplite, family);
		expect(bytesOf(udplite, context).length + HEADER[family]).toBe(context.length);
		expect(bytesOf(udplite, context, { length: 1400 }).length + HEADER[family]).toBe(1400);
		expect(bytesOf(udplite, context, { length: 1 }).length).toBe(16);
	});

	it("is left to the kernel but for its payload on an ordinary socket, which is told the coverage", () => {
		const bytes = bytesOf(udplite, contextOf(udplite, 4, { channel: "errorQueue", transport: "udp" }));
		expect([...bytes.subarray(0, 4)]).toEqual([0xde, 0xca, 0xfb, 0xad]);
		expect(udplite.channels[1]).toMatchObject({ kind: "errorQueue", checksumCoverage: 8 });
		expect(udplite.needs?.({ coverage: "20" })[1]).toMatchObject({ checksumCoverage: 20 });
	});

	it("is refused a coverage that cannot be", () => {
		for (const coverage of ["1", "7", "65536", "x", ""])
			expect(checkMethodOptions(udplite, { coverage })).toMatchObject({ code: "badValue" });
		for (const coverage of ["0", "8", "65535"]) expect(checkMethodOptions(udplite, { coverage })).toBeNull();
	});
});

describe.each(FAMILIES)("udplite over IPv%d", (family) => {
	const context = contextOf(udplite, family);
	const request = { sequence: 7 };

	it("knows its probe by a quote of the payload's first bytes", () => {
		for (const quoteBytes of [14, 1200]) {
			expect(udplite.match(context, errorReply(udplite, context, { request, quoteBytes }))).toMatchObject({
				type: "probe",
				sequence: 7,
				meaning: { kind: "timeExceeded", place: "hop" },
			});
		}
	});

	it("knows only the flow by the bare header, unless the checksum covers the name", () => {
		const bare = errorReply(udplite, context, { request, quoteBytes: 8 });
		expect(udplite.match(context, bare)).toMatchObject({ type: "flow" });
		const loose = { ...context, looseMatch: true };
		expect(udplite.match(loose, bare)).toMatchObject({ type: "flow" });
		expect(udplite.match({ ...loose, port: 54 }, bare)).toEqual({ type: "foreign", reason: "otherKey" });
		expect(udplite.match({ ...loose, target: ROUTER[family] }, bare)).toEqual({ type: "foreign", reason: "otherKey" });
		for (const coverage of ["0", "16", "39"]) {
			const covering = { ...context, options: { coverage } };
			const match = udplite.match(covering, errorReply(udplite, covering, { request, quoteBytes: 8 }));
			expect(match).toMatchObject({ type: "probe", sequence: 7 });
		}
	});

	it("takes neither another key's, another port's nor another target's quote", () => {
		const reasonFor = (changes: object) => udplite.match(context, errorReply(udplite, { ...context, ...changes }));
		expect(reasonFor({ key: 1 })).toEqual({ type: "foreign", reason: "otherKey" });
		expect(reasonFor({ port: 54 })).toEqual({ type: "foreign", reason: "otherPort" });
		expect(reasonFor({ target: ROUTER[family] })).toEqual({ type: "foreign", reason: "otherTarget" });
	});

	it("is at the target when it says that the port is closed, or that it does not know the protocol", () => {
		for (const icmp of [PORT_UNREACHABLE, UNKNOWN_PROTOCOL]) {
			const reply = errorReply(udplite, context, { request, icmp, from: context.target });
			expect(udplite.match(context, reply)).toMatchObject({ sequence: 7, meaning: { place: "target" } });
		}
	});

	it("takes a datagram that echoes its own for that probe's answer, and any other of the target for the flow's", () => {
		const ports = { sourcePort: 53, destinationPort: SOURCE_PORT };
		const addresses = { family, source: context.target, destination: context.source };
		const answer = (payload: Uint8Array, from = context.target) =>
			udplite.match(
				context,
				arrived(context, IP_PROTOCOL.udpLite, encodeUdpLite({ ...addresses, ...ports }, payload), from),
			);
		const echoed = bytesOf(udplite, context, request).subarray(8);
		expect(answer(echoed)).toMatchObject({ type: "probe", sequence: 7, meaning: { kind: "udpLite", place: "target" } });
		expect(answer(Uint8Array.of(1))).toMatchObject({ type: "flow" });
		expect(answer(Uint8Array.of(1), ROUTER[family])).toMatchObject({ type: "foreign" });
	});
});
