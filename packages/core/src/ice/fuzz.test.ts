import fc from "fast-check";
import { expect, test } from "vitest";
import { ICE_FUZZ_TARGETS } from "./fuzz.fixture.ts";

test("the agent throws on no bytes at all, nor on changed well-formed ones", () => {
	const anything = fc.uint8Array({ maxLength: 120, size: "max" });
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
	fc.assert(
		fc.property(anything, changes, fc.nat(), (bytes, changed, cut) => {
			for (const { decode, seeds } of ICE_FUZZ_TARGETS) {
				decode(bytes);
				const seed = seeds[cut % seeds.length]?.slice() ?? bytes;
				for (const [at, value] of changed) if (seed.length > 0) seed[at % seed.length] = value;
				decode(seed);
				decode(seed.subarray(0, cut % (seed.length + 1)));
			}
		}),
		{ numRuns: 80 },
	);
});

test("every seed has an effect", () => {
	for (const { name, decode, seeds } of ICE_FUZZ_TARGETS)
		for (const [index, seed] of seeds.entries()) {
			const outputs = decode(seed) as readonly { readonly type: string }[];
			expect([name, index, outputs.some(({ type }) => type !== "ignored")]).toEqual([name, index, true]);
		}
});
