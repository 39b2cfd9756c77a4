import { describe, expect, it } from "vitest";
import { IP_PROTOCOL } from "./protocol.ts";
import { transportHeaderLength } from "./transport-header.ts";

function tcpSegment(length: number, dataOffset: number): Uint8Array {
	const segment = new Uint8Array(length);
	segment[12] = dataOffset << 4;
	return segment;
}

describe("transportHeaderLength", () => {
	it.each(["udp", "udpLite", "icmp", "icmpv6"] as const)("is 8 for %s, if so much is there", (name) => {
		expect(transportHeaderLength(IP_PROTOCOL[name], new Uint8Array(20))).toBe(8);
		expect(transportHeaderLength(IP_PROTOCOL[name], new Uint8Array(8))).toBe(8);
		expect(transportHeaderLength(IP_PROTOCOL[name], new Uint8Array(7))).toBeNull();
	});

	it("follows the data offset of TCP, but never below 20 nor beyond the segment", () => {
		expect(transportHeaderLength(IP_PROTOCOL.tcp, tcpSegment(60, 10))).toBe(40);
		expect(transportHeaderLength(IP_PROTOCOL.tcp, tcpSegment(60, 2))).toBe(20);
		expect(transportHeaderLength(IP_PROTOCOL.tcp, tcpSegment(28, 15))).toBe(28);
		expect(transportHeaderLength(IP_PROTOCOL.tcp, tcpSegment(19, 5))).toBeNull();
	});

	it("knows the headers of SCTP and DCCP", () => {
		expect(transportHeaderLength(IP_PROTOCOL.sctp, new Uint8Array(16))).toBe(12);
		const dccp = new Uint8Array(24);
		dccp[4] = 4;
		expect(transportHeaderLength(IP_PROTOCOL.dccp, dccp)).toBe(16);
	});

	it("is null for a protocol that it does not know", () => {
		expect(transportHeaderLength(253, new Uint8Array(40))).toBeNull();
	});
});
