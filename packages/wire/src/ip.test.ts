import { describe, expect, test } from "vitest";
import {
	decodeIpv4,
	decodeIpv4Options,
	decodeIpv6,
	encodeIpv4,
	encodeIpv4Options,
	encodeIpv6,
	isDecodeError,
} from "./index.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

describe("IPv4", () => {
	const packet = hex("4900002c00000000400165fcc000020ac633640701830b04c0000201c0000202940400000800f7ff00000000");
	const options = [
		{ name: "noOperation", kind: 1, value: null },
		{ name: "looseSourceRoute", kind: 131, value: { pointer: 4, addresses: ["192.0.2.1", "192.0.2.2"] } },
		{ name: "routerAlert", kind: 148, value: 0 },
	] as const;

	test("a packet with a loose source route and a router alert decodes field by field", () => {
		const decoded = decodeIpv4(packet);
		if (isDecodeError(decoded)) throw new Error(decoded.error);
		expect(decoded.header).toMatchObject({ headerLength: 36, totalLength: 44, ttl: 64, protocol: 1, checksum: 0x65fc });
		expect(decoded.header).toMatchObject({ source: "192.0.2.10", destination: "198.51.100.7" });
		expect(decodeIpv4Options(decoded.header.options)).toEqual(options);
		expect(decoded.payload).toEqual(hex("0800f7ff00000000"));
	});

	test("the same packet is encoded byte by byte", () => {
		const fields = { ttl: 64, protocol: 1, source: "192.0.2.10", destination: "198.51.100.7" };
		expect(encodeIpv4({ ...fields, options: encodeIpv4Options(options) }, hex("0800f7ff00000000"))).toEqual(packet);
	});

	test("bytes behind the total length are no payload, and missing ones are said", () => {
		const padded = new Uint8Array(60);
		padded.set(packet);
		expect(decodeIpv4(padded)).toMatchObject({ payload: hex("0800f7ff00000000"), truncated: false });
		expect(decodeIpv4(packet.subarray(0, 40))).toMatchObject({ payload: hex("0800f7ff"), truncated: true });
	});

	test.each([
		["truncated", hex("45"), { need: 20, have: 1 }],
		["badVersion", hex(`60${"00".repeat(39)}`), { need: 4, have: 6 }],
		["badLength", hex(`44${"00".repeat(39)}`), { need: 20, have: 16 }],
		["truncated", hex(`46${"00".repeat(19)}`), { need: 24, have: 20 }],
		["badLength", hex(`4500000a${"00".repeat(16)}`), { need: 20, have: 10 }],
	])("%s is told with its figures", (error, bytes, figures) => {
		expect(decodeIpv4(bytes)).toMatchObject({ error, ...figures });
	});

	test.each([
		{ ttl: 256 },
		{ ttl: 1.5 },
		{ tos: -1 },
		{ identification: 65_536 },
		{ fragmentOffset: 4 },
		{ source: "::1" },
		{ destination: "example.com" },
		{ options: new Uint8Array(41) },
	])("%j does not fit and throws", (wrong) => {
		const fields = { ttl: 1, protocol: 17, source: "192.0.2.1", destination: "192.0.2.2" };
		expect(() => encodeIpv4({ ...fields, ...wrong }, new Uint8Array(0))).toThrow(RangeError);
	});

	test("a record route, a timestamp and an option nobody knows are told apart", () => {
		const list = decodeIpv4Options(hex("07070400000000440c0901c00002010000002a1e0401020000"));
		expect(list).toEqual([
			{ name: "recordRoute", kind: 7, value: { pointer: 4, addresses: ["0.0.0.0"] } },
			{
				name: "timestamp",
				kind: 68,
				value: { pointer: 9, overflow: 0, flag: 1, entries: [{ address: "192.0.2.1", time: 42 }] },
			},
			{ name: "unknown", kind: 30, value: hex("0102") },
			{ name: "endOfList", kind: 0, value: hex("00") },
		]);
	});
});

describe("IPv6", () => {
	test("a hop-by-hop header with a router alert is walked to the UDP datagram behind it", () => {
		const packet = hex(
			"6000000000110001fe800000000000000000000000000001ff0200000000000000000000000000161100050200000100000100020009883e7a",
		);
		expect(decodeIpv6(packet)).toMatchObject({
			header: { nextHeader: 0, payloadLength: 17, hopLimit: 1, source: "fe80::1", destination: "ff02::16" },
			protocol: 17,
			extensionHeaders: [{ type: 0, bytes: hex("1100050200000100") }],
			payload: hex("000100020009883e7a"),
			truncated: false,
			fragment: null,
		});
	});

	test("a fragment says where it belongs, and what follows a later one is not read as a header", () => {
		const first = hex(`600000000010${"2c01"}${"00".repeat(32)}3c00000101020304${"1100000000000000"}`);
		expect(decodeIpv6(first)).toMatchObject({
			protocol: 17,
			fragment: { offset: 0, more: true, identification: 0x01020304 },
			extensionHeaders: [{ type: 44 }, { type: 60 }],
		});
		const later = hex(`600000000010${"2c01"}${"00".repeat(32)}3c00059801020304${"1100000000000000"}`);
		expect(decodeIpv6(later)).toMatchObject({
			protocol: 60,
			fragment: { offset: 0x598, more: false },
			extensionHeaders: [{ type: 44 }],
			payload: hex("1100000000000000"),
		});
	});

	test("an Authentication Header counts its length in words of four bytes", () => {
		const packet = hex(`60000000001c${"3301"}${"00".repeat(32)}06040000${"ff".repeat(20)}${"aabbccdd"}`);
		expect(decodeIpv6(packet)).toMatchObject({
			protocol: 6,
			payload: hex("aabbccdd"),
			extensionHeaders: [{ type: 51 }],
		});
	});

	test.each([
		["ESP", 50],
		["no next header", 59],
		["an unassigned protocol", 200],
	])("%s ends the walk", (_, protocol) => {
		const packet = encodeIpv6({ protocol, hopLimit: 1, source: "::1", destination: "::2" }, hex("0011223344556677"));
		expect(decodeIpv6(packet)).toMatchObject({ protocol, extensionHeaders: [], truncated: false });
	});

	test("a header that ends beyond the packet is named and the packet is truncated", () => {
		const packet = encodeIpv6(
			{ protocol: 43, hopLimit: 1, source: "::1", destination: "::2" },
			hex("11ff000000000000"),
		);
		expect(decodeIpv6(packet)).toMatchObject({ protocol: 43, extensionHeaders: [], truncated: true });
	});

	test.each([
		{ flowLabel: 0x100000 },
		{ trafficClass: 256 },
		{ hopLimit: -1 },
		{ source: "192.0.2.1" },
		{ extensionHeaders: [{ type: 60, bytes: new Uint8Array(4) }] },
	])("%j does not fit and throws", (wrong) => {
		const fields = { protocol: 17, hopLimit: 1, source: "::1", destination: "::2" };
		expect(() => encodeIpv6({ ...fields, ...wrong }, new Uint8Array(0))).toThrow(RangeError);
	});
});
