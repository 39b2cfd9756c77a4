import { describe, expect, it } from "vitest";
import { annotation } from "./annotation.ts";
import { answer, silence } from "./sample-trace.fixture.ts";

const v4 = (type: number, code: number, mtu?: number) =>
	annotation(
		4,
		answer(0, "10.0.0.1", { icmp: [type, code], kind: "unreachable", ...(mtu === undefined ? {} : { mtu }) }),
	);
const v6 = (type: number, code: number, mtu?: number) =>
	annotation(
		6,
		answer(0, "fd00::1", { icmp: [type, code], kind: "unreachable", ...(mtu === undefined ? {} : { mtu }) }),
	);

describe("IPv4 marks", () => {
	it.each([
		["!N", [0, 6, 8, 11]],
		["!H", [1, 7, 12]],
		["!X", [9, 10, 13]],
		["!P", [2]],
		["", [3]],
		["!S", [5]],
		["!V", [14]],
		["!C", [15]],
	])("%j stands for unreachable codes %j", (mark, codes) => {
		for (const code of codes) expect(v4(3, code)).toBe(mark);
	});
	it("fragmentation needed says the MTU", () => expect(v4(3, 4, 1400)).toBe("!F-1400"));
	it("an unknown code says its number", () => expect(v4(3, 77)).toBe("!<77>"));
	it("another message says type and code", () => {
		expect(v4(12, 0)).toBe("!<12-0>");
		expect(v4(11, 1)).toBe("!<11-1>");
	});
	it("time exceeded in transit has none", () => expect(v4(11, 0)).toBe(""));
});

describe("IPv6 marks", () => {
	it.each([
		["!N", [0]],
		["!X", [1]],
		["!H", [2, 3]],
		["", [4]],
		["!<5>", [5]],
	])("%j stands for unreachable codes %j", (mark, codes) => {
		for (const code of codes) expect(v6(1, code)).toBe(mark);
	});
	it("packet too big says the MTU", () => expect(v6(2, 0, 1280)).toBe("!F-1280"));
	it("another message says type and code", () => expect(v6(4, 1)).toBe("!<4-1>"));
	it("time exceeded in transit has none", () => expect(v6(3, 0)).toBe(""));
});

it("answers that are no ICMP errors, and silence, have none", () => {
	expect(annotation(4, answer(0, "10.0.0.1", { icmp: null, kind: "synAck" }))).toBe("");
	expect(annotation(4, answer(0, "10.0.0.1", { icmp: [0, 0], kind: "echoReply" }))).toBe("");
	expect(annotation(4, silence(0))).toBe("");
});

it("a probe too long for this machine's own link is marked", () => {
	const error = {
		code: "messageTooLong",
		call: "sendmsg",
		address: null,
		errno: 90,
		errnoName: "EMSGSIZE",
		mtu: 1000,
	} as const;
	expect(annotation(4, { ...silence(0), status: "sendError", error })).toBe("!F-1000");
});
