import { describe, expect, it } from "vitest";
import { fragmentIpv4, Reassembler } from "./fragment.ts";
import { buildPacket, readPacket } from "./packet.ts";
import { Random } from "./random.ts";

const whole = buildPacket(
	{ family: 4, source: "192.0.2.1", destination: "192.0.2.2", protocol: 17, ttl: 9, identification: 77 },
	new Random(1).bytes(1400),
);
const pieces = fragmentIpv4(readPacket(whole)!, 576).map((bytes) => readPacket(bytes)!);

describe("fragments", () => {
	it("fit the MTU, start at multiples of eight and carry the same identification", () => {
		expect(pieces.length).toBe(3);
		for (const piece of pieces) {
			expect(piece.bytes.length).toBeLessThanOrEqual(576);
			expect(piece.fragmentOffset % 8).toBe(0);
			expect(piece.identification).toBe(77);
		}
		expect(pieces.map((piece) => piece.moreFragments)).toEqual([true, true, false]);
	});

	it("join to the packet again in any order", () => {
		for (const order of [
			[0, 1, 2],
			[2, 1, 0],
			[1, 2, 0],
		]) {
			const reassembler = new Reassembler();
			const results = order.map((index) => reassembler.add(pieces[index]!));
			expect(results.slice(0, 2)).toEqual([null, null]);
			expect(results[2]?.bytes).toEqual(whole);
		}
	});

	it("can be cut again, and missing ones are waited for", () => {
		const smaller = fragmentIpv4(pieces[0]!, 200).map((bytes) => readPacket(bytes)!);
		const reassembler = new Reassembler();
		for (const piece of [...smaller, pieces[2]!]) expect(reassembler.add(piece)).toBeNull();
		expect(reassembler.add(pieces[1]!)?.bytes).toEqual(whole);
	});

	it("do not delay a packet that is whole", () => {
		const packet = readPacket(whole)!;
		expect(new Reassembler().add(packet)).toBe(packet);
	});
});
