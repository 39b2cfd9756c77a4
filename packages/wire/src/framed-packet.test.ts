import { expect, test } from "vitest";
import { bytes } from "./arbitraries.fixture.ts";
import { decodeFramedPacket, encodeFramedPacket } from "./index.ts";
import { codecLaws, row } from "./laws.fixture.ts";

codecLaws([
	row({
		name: "packets on a stream (RFC 4571)",
		sample: bytes(0, 300).map((packet) => ({ encoded: encodeFramedPacket(packet), expected: { packet } })),
		decode: decodeFramedPacket,
		again: ({ packet }) => encodeFramedPacket(packet),
		claimedLength: (_, { length }) => length,
	}),
]);

test("a packet stands behind its length, and what follows is the next frame's", () => {
	const stream = Uint8Array.of(0, 3, 7, 8, 9, 1);
	expect(encodeFramedPacket(Uint8Array.of(7, 8, 9))).toEqual(stream.subarray(0, 5));
	expect(decodeFramedPacket(stream)).toEqual({ packet: Uint8Array.of(7, 8, 9), length: 5 });
	expect(decodeFramedPacket(stream.subarray(0, 4))).toMatchObject({ error: "truncated", need: 5, have: 4 });
});

test("a packet of 65,535 bytes is the longest there is", () => {
	const longest = new Uint8Array(0xffff).fill(1);
	expect(decodeFramedPacket(encodeFramedPacket(longest))).toMatchObject({ length: 0x10001 });
	expect(() => encodeFramedPacket(new Uint8Array(0x10000))).toThrow(RangeError);
});
