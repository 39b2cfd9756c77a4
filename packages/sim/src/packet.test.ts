import { internetChecksum } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { buildPacket, readPacket, withTtl } from "./packet.ts";
import { Random } from "./random.ts";

const random = new Random(11);

function packet(family: 4 | 6, ttl: number) {
	const addresses =
		family === 4
			? { source: `192.0.2.${random.below(256)}`, destination: `198.51.100.${random.below(256)}` }
			: { source: "2001:db8::1", destination: `2001:db8::${random.below(65536).toString(16)}` };
	const fields = { family, ...addresses, protocol: 17, ttl, tos: 8, identification: random.below(65536) };
	return readPacket(buildPacket(fields, random.bytes(24)))!;
}

describe("withTtl", () => {
	it("changes the TTL and nothing else that a reader sees, with a right header checksum", () => {
		for (const family of [4, 6] as const) {
			for (let ttl = 2; ttl <= 255; ttl++) {
				const before = packet(family, ttl);
				const after = withTtl(before, ttl - 1);
				expect(after).toEqual({ ...readPacket(after.bytes)! });
				const { bytes: _, ...rest } = after;
				const { bytes: __, ...same } = { ...before, ttl: ttl - 1 };
				expect(rest).toEqual(same);
			}
		}
	});

	it("leaves the original as it was", () => {
		const before = packet(4, 9);
		const bytes = before.bytes.slice();
		withTtl(before, 8);
		expect(before.bytes).toEqual(bytes);
	});
});

describe("readPacket", () => {
	it("refuses what is cut short, what is no IP, and a wrong IPv4 header checksum", () => {
		for (const family of [4, 6] as const) {
			const { bytes } = packet(family, 9);
			for (let length = 0; length < bytes.length; length++) expect(readPacket(bytes.subarray(0, length))).toBeNull();
		}
		expect(readPacket(Uint8Array.of(0x50, 0, 0, 0))).toBeNull();
		const damaged = packet(4, 9).bytes.slice();
		damaged[8]! ^= 1;
		expect(internetChecksum(damaged.subarray(0, 20))).not.toBe(0);
		expect(readPacket(damaged)).toBeNull();
	});
});
