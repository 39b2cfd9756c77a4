import fc from "fast-check";
import { expect, test } from "vitest";
import { STUN_FUZZ_TARGETS } from "./fuzz.fixture.ts";

test("no machine throws on any bytes, or on changed well-formed ones", () => {
	const anything = fc.uint8Array({ maxLength: 120, size: "max" });
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
	fc.assert(
		fc.property(anything, changes, fc.nat(), (bytes, changed, cut) => {
			for (const { decode, seeds } of STUN_FUZZ_TARGETS) {
				decode(bytes);
				const seed = seeds[cut % seeds.length]?.slice() ?? bytes;
				for (const [at, value] of changed) if (seed.length > 0) seed[at % seed.length] = value;
				decode(seed);
				decode(seed.subarray(0, cut % (seed.length + 1)));
			}
		}),
		{ numRuns: 500 },
	);
});

test("every seed gets past the first look", () => {
	for (const { decode, seeds } of STUN_FUZZ_TARGETS)
		for (const seed of seeds) expect(decode(seed)).not.toContainEqual(expect.objectContaining({ reason: "notStun" }));
});
