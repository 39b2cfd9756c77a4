import fc from "fast-check";
import { expect, test } from "vitest";
import { checksumSum, internetChecksum, transportChecksum } from "./checksum.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

test("the example of RFC 1071 §3 sums to ddf2", () => {
	expect(internetChecksum(hex("0001f203f4f5f6f7"))).toBe(~0xddf2 & 0xffff);
});

test("an odd last byte counts as the high half of a word", () => {
	expect(internetChecksum(hex("0001f203f4f5f6"))).toBe(internetChecksum(hex("0001f203f4f5f600")));
});

test("nothing at all has the checksum ffff", () => {
	expect(internetChecksum(new Uint8Array(0))).toBe(0xffff);
});

test("a widely printed IPv4 header has the checksum b861", () => {
	expect(internetChecksum(hex("450000730000400040110000c0a80001c0a800c7"))).toBe(0xb861);
	expect(internetChecksum(hex("45000073000040004011b861c0a80001c0a800c7"))).toBe(0);
});

test("it does not overflow on the longest packet", () => {
	expect(internetChecksum(new Uint8Array(65_535).fill(0xff))).toBe(0x00ff);
});

test("sums of pieces of even length add up (RFC 1071 §2)", () => {
	const even = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.subarray(0, bytes.length & ~1));
	fc.assert(
		fc.property(even, fc.uint8Array({ maxLength: 41 }), (head, tail) => {
			expect(internetChecksum(tail, checksumSum(head))).toBe(internetChecksum(Uint8Array.of(...head, ...tail)));
		}),
	);
});

test("a segment with its checksum in place sums to 0 with the pseudo-header", () => {
	// UDP from [2001:db8::10]:50000 to [2001:db8:f::7]:53 with the payload "abc".
	const datagram = hex("c3500035000b1c58616263");
	expect(transportChecksum(6, "2001:db8::10", "2001:db8:f::7", 17, datagram)).toBe(0);
	const blank = datagram.slice();
	blank.set([0, 0], 6);
	expect(transportChecksum(6, "2001:db8::10", "2001:db8:f::7", 17, blank)).toBe(0x1c58);
});

test("the pseudo-header of RFC 8200 §8.1 has room for a segment longer than 65535 bytes", () => {
	// Length 0x10002 sums as 1 + 2, protocol 17, both addresses ::1; the segment itself is all zero.
	expect(transportChecksum(6, "::1", "::1", 17, new Uint8Array(0x10002))).toBe(~(1 + 2 + 17 + 1 + 1) & 0xffff);
});

test("addresses of the wrong family are the caller's mistake", () => {
	expect(() => transportChecksum(4, "::1", "192.0.2.1", 17, new Uint8Array(8))).toThrow(RangeError);
	expect(() => transportChecksum(6, "::1", "192.0.2.1", 17, new Uint8Array(8))).toThrow(RangeError);
});
