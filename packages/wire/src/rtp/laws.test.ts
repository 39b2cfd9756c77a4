/** Laws of RTP packets, and what RFC 3550 has them look like. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, uint } from "../arbitraries.fixture.ts";
import { decodeRtp, encodeRtp, type RtpPacket } from "../index.ts";
import { codecLaws, row } from "../laws.fixture.ts";

const words = fc.array(bytes(4, 4), { maxLength: 3 }).map((list) => Uint8Array.from(list.flatMap((word) => [...word])));
const packet: fc.Arbitrary<RtpPacket> = fc.record({
	...{ marker: fc.boolean(), payloadType: uint(7), sequence: uint(16), timestamp: uint(32), ssrc: uint(32) },
	csrcs: fc.array(uint(32), { maxLength: 15 }),
	extension: fc.option(fc.record({ profile: uint(16), bytes: words }), { nil: null }),
	...{ payload: bytes(0, 40), padding: uint(4) },
});

codecLaws([
	row({
		name: "RTP",
		sample: packet.map((expected) => ({ encoded: encodeRtp(expected), expected })),
		decode: decodeRtp,
		again: (decoded) => encodeRtp(decoded),
		claimedLength: (_, { csrcs, extension, payload, padding }) =>
			12 + 4 * csrcs.length + (extension === null ? 0 : 4 + extension.bytes.length) + payload.length + padding,
	}),
]);

test("a packet of silence stands as RFC 3550 §5.1 has it", () => {
	const sent = encodeRtp({
		...{ payloadType: 0, sequence: 0x1234, timestamp: 0x1020_3040, ssrc: 0xdead_beef, marker: true },
		payload: Uint8Array.of(0xff, 0xff),
	});
	expect([...sent]).toEqual([0x80, 0x80, 0x12, 0x34, 0x10, 0x20, 0x30, 0x40, 0xde, 0xad, 0xbe, 0xef, 0xff, 0xff]);
});

test.each([
	["another version", [0x40, ...Array(11).fill(0)], { error: "badVersion", need: 2, have: 1 }],
	["padding of nothing", [0xa0, ...Array(11).fill(0), 0], { error: "badLength" }],
	["more padding than there is", [0xa0, ...Array(11).fill(0), 9], { error: "badLength" }],
	["an extension cut short", [0x90, ...Array(11).fill(0), 0, 1, 0, 2, 0, 0, 0, 0], { error: "truncated" }],
])("%s is none", (_, input, error) => {
	expect(decodeRtp(Uint8Array.from(input as number[]))).toMatchObject(error);
});

test("what does not fit is our own mistake", () => {
	const fields = { payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0 };
	expect(() => encodeRtp({ ...fields, payloadType: 128 })).toThrow(RangeError);
	expect(() => encodeRtp({ ...fields, extension: { profile: 1, bytes: new Uint8Array(3) } })).toThrow(RangeError);
	expect(() => encodeRtp({ ...fields, csrcs: Array(16).fill(1) })).toThrow(RangeError);
});
