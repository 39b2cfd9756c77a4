import fc from "fast-check";
import { expect, test } from "vitest";
import {
	addressFamily,
	formatAddress,
	holderOf,
	isDecodeError,
	isOneNetwork,
	isSameEndpoint,
	parseAddress,
} from "./index.ts";

const canonical = (text: string) => {
	const bytes = parseAddress(text);
	return isDecodeError(bytes) ? bytes.error : formatAddress(bytes);
};

test.each([
	// RFC 4291 §2.2
	["ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"],
	["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
	["FF01:0:0:0:0:0:0:101", "ff01::101"],
	["0:0:0:0:0:0:0:1", "::1"],
	["0:0:0:0:0:0:0:0", "::"],
	["::FFFF:129.144.52.38", "::ffff:129.144.52.38"],
	["::13.1.68.3", "::d01:4403"],
	// RFC 5952 §4
	["2001:0db8::0001", "2001:db8::1"],
	["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
	["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
	["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
	["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
	["2001:DB8::AAAA", "2001:db8::aaaa"],
	["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
	["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
	["fe80::1:2:3:4:5:6", "fe80::1:2:3:4:5:6".replace("::", ":0:")],
	["192.0.2.1", "192.0.2.1"],
	["0.0.0.0", "0.0.0.0"],
	["255.255.255.255", "255.255.255.255"],
])("%s is written %s", (text, expected) => {
	expect(canonical(text)).toBe(expected);
	expect(canonical(expected)).toBe(expected);
});

test.each([
	"",
	":",
	":::",
	"::1::",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4::5:6:7:8",
	":1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:",
	"12345::",
	"g::",
	"fe80::1%eth0",
	"1.2.3.4::",
	"::1.2.3.4:5",
	"::1.2.3",
	"1.2.3",
	"1.2.3.4.5",
	"1.2.3.256",
	"01.2.3.4",
	"1.2.3.-4",
	"1.2.3.4 ",
	"0x1.2.3.4",
	"example.com",
])("%j is no address", (text) => {
	expect(isDecodeError(parseAddress(text))).toBe(true);
	expect(addressFamily(text)).toBe(null);
});

test("what formatAddress writes, parseAddress reads back", () => {
	const zeroHeavy = fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 255 }));
	const length = fc.constantFrom(4, 16);
	fc.assert(
		fc.property(
			length.chain((size) => fc.array(zeroHeavy, { minLength: size, maxLength: size })),
			(values) => {
				const bytes = Uint8Array.from(values);
				expect(parseAddress(formatAddress(bytes))).toEqual(bytes);
				expect(addressFamily(formatAddress(bytes))).toBe(bytes.length === 4 ? 4 : 6);
			},
		),
		{ numRuns: 1000 },
	);
});

test("any text at all gives bytes or an error", () => {
	const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.]{0,45}$/));
	fc.assert(fc.property(text, (input) => typeof parseAddress(input) === "object"));
});

test("bytes of another length are the caller's mistake", () => {
	expect(() => formatAddress(new Uint8Array(5))).toThrow(RangeError);
});

test.each([
	["192.0.2.1", "192.0.2.130", 24, true],
	["192.0.2.1", "192.0.2.130", 25, false],
	["192.0.2.1", "198.51.100.1", 0, true],
	["2001:db8::1", "2001:db8:0:1::1", 63, true],
	["2001:db8::1", "2001:db8:0:1::1", 64, false],
	["192.0.2.1", "::1", 0, false],
	["elsewhere", "192.0.2.1", 0, false],
])("%s and %s are of one network of %i bits: %s", (one, other, bits, isOne) => {
	expect(isOneNetwork(one, other, bits)).toBe(isOne);
});

test("endpoints are the same by address and port, and nothing is the same as none", () => {
	const at = { address: "192.0.2.1", port: 1 };
	expect(isSameEndpoint(at, { ...at })).toBe(true);
	for (const other of [{ ...at, port: 2 }, { ...at, address: "192.0.2.2" }, null])
		expect([isSameEndpoint(at, other), isSameEndpoint(other, at)]).toEqual([false, false]);
	expect(isSameEndpoint(null, null)).toBe(false);
});

test("an IPv4 address counts to itself, and all addresses of an IPv6 /64 to one holder", () => {
	expect(holderOf("::ffff:192.0.2.1")).toBe(holderOf("192.0.2.1"));
	expect(holderOf("2001:db8::1")).toBe(holderOf("2001:db8::ffff:1"));
	expect(holderOf("2001:db8::1")).not.toBe(holderOf("2001:db8:0:1::1"));
	expect(holderOf("fe80::1%eth0")).toBe(holderOf("fe80::2"));
	expect(holderOf("elsewhere")).toBe("elsewhere");
});
