import { encodeFramedPacket, equalBytes } from "@whither/wire";
import fc from "fast-check";
import { expect, it } from "vitest";
import { PacketCutter } from "./packet-cutter.ts";

it("packets are the same however the stream that brings them is cut, and empty ones are left out", () => {
	const packets = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
	fc.assert(
		fc.property(packets, fc.array(fc.integer({ min: 1, max: 30 })), (sent, cuts) => {
			const stream = Uint8Array.from(sent.flatMap((packet) => [...encodeFramedPacket(packet)]));
			const cutter = new PacketCutter();
			const got: Uint8Array[] = [];
			let from = 0;
			for (const cut of [...cuts, stream.length]) {
				// What a stream brings may be written over afterwards.
				const piece = stream.slice(from, from + cut);
				got.push(...cutter.push(piece));
				piece.fill(0xee);
				from += cut;
			}
			expect(got).toEqual(sent.filter(({ length }) => length > 0));
		}),
	);
});

it("the longest packet comes whole, byte by byte", () => {
	const packet = new Uint8Array(0xffff).map((_, index) => index & 0xff);
	const stream = encodeFramedPacket(packet);
	const cutter = new PacketCutter();
	const got: Uint8Array[] = [];
	for (let at = 0; at < stream.length; at++) {
		if (got.length > 0) throw new Error(`whole after ${at} bytes`);
		got.push(...cutter.push(stream.subarray(at, at + 1)));
	}
	expect(got).toHaveLength(1);
	expect(equalBytes(got[0] as Uint8Array, packet)).toBe(true);
});
