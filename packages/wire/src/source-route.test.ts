import { describe, expect, it } from "vitest";
import { decodeIpv4Options } from "./ipv4-options.ts";
import { decodeIpv6, encodeIpv6 } from "./ipv6.ts";
import { encodeLooseSourceRoute, encodeSegmentRoutingHeader } from "./source-route.ts";

describe("a loose source route", () => {
	it("is one option with its pointer at the first address", () => {
		const addresses = ["192.0.2.1", "192.0.2.2"];
		const bytes = encodeLooseSourceRoute(addresses);
		expect([...bytes]).toEqual([131, 11, 4, 192, 0, 2, 1, 192, 0, 2, 2, 0]);
		expect(decodeIpv4Options(bytes)[0]).toMatchObject({ name: "looseSourceRoute", value: { pointer: 4, addresses } });
	});

	it("takes as many addresses as an IPv4 header has room for, and of IPv4 alone", () => {
		expect(encodeLooseSourceRoute(Array(9).fill("192.0.2.1"))).toHaveLength(40);
		expect(() => encodeLooseSourceRoute(Array(10).fill("192.0.2.1"))).toThrow(RangeError);
		expect(() => encodeLooseSourceRoute(["2001:db8::1"])).toThrow(RangeError);
	});
});

describe("a segment routing header", () => {
	it("holds the segments in reverse and points at the first", () => {
		const { type, bytes } = encodeSegmentRoutingHeader(["2001:db8::1", "2001:db8::2", "2001:db8::3"]);
		expect(type).toBe(43);
		expect([...bytes.subarray(0, 8)]).toEqual([0, 6, 4, 2, 2, 0, 0, 0]);
		expect([23, 39, 55].map((offset) => bytes[offset])).toEqual([3, 2, 1]);
	});

	it("is read back as it was in a packet", () => {
		const header = encodeSegmentRoutingHeader(["2001:db8::1", "2001:db8::2"]);
		const ends = { source: "2001:db8::9", destination: "2001:db8::1", protocol: 17, hopLimit: 64 };
		const read = decodeIpv6(encodeIpv6({ ...ends, extensionHeaders: [header] }, new Uint8Array(8)));
		expect(read).toMatchObject({ protocol: 17, extensionHeaders: [{ type: 43 }] });
	});

	it("takes 1 to 127 segments, of IPv6 alone", () => {
		expect(encodeSegmentRoutingHeader(Array(127).fill("2001:db8::1")).bytes[1]).toBe(254);
		expect(() => encodeSegmentRoutingHeader(Array(128).fill("2001:db8::1"))).toThrow(RangeError);
		expect(() => encodeSegmentRoutingHeader([])).toThrow(RangeError);
		expect(() => encodeSegmentRoutingHeader(["192.0.2.1"])).toThrow(RangeError);
	});
});
