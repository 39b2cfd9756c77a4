import fc from "fast-check";
import { expect, test } from "vitest";
import { TRACE_FUZZ_TARGETS } from "./fuzz.fixture.ts";
import { TRACE_METHODS } from "./methods/index.ts";

test("every method is among the targets, with answers and with quotes", () => {
	const names = TRACE_FUZZ_TARGETS.map(({ name }) => name);
	for (const { name } of TRACE_METHODS)
		for (const end of ["answer", "quote"])
			expect(names, `${name} ${end}`).toContainEqual(expect.stringMatching(new RegExp(`^${name} .* ${end}$`)));
});

test("nothing that hears of the outside throws on any bytes, or on changed well-formed ones", () => {
	const anything = fc.uint8Array({ maxLength: 120, size: "max" });
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
	fc.assert(
		fc.property(anything, changes, fc.nat(), (bytes, changed, cut) => {
			for (const { decode, seeds } of TRACE_FUZZ_TARGETS) {
				decode(bytes);
				const seed = seeds[cut % seeds.length]?.slice() ?? bytes;
				for (const [at, value] of changed) if (seed.length > 0) seed[at % seed.length] = value;
				decode(seed);
				decode(seed.subarray(0, cut % (seed.length + 1)));
			}
		}),
		{ numRuns: 50 },
	);
});
