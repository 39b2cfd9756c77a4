import fc from "fast-check";
import { expect, test } from "vitest";
import { FUZZ_TARGETS, fuzzSeeds, seedsFor } from "./fuzz.fixture.ts";
import * as wire from "./index.ts";

test("every exported decoder is among the targets", () => {
	const names = new Set(FUZZ_TARGETS.map(({ name }) => name.split(" ")[0]));
	for (const name of Object.keys(wire).filter((key) => key.startsWith("decode") && key !== "decodeError"))
		expect(names, name).toContain(name);
});

test("every decoder answers a value for at least one seed, so that fuzzing gets past its first checks", () => {
	for (const target of FUZZ_TARGETS) expect(seedsFor(target).length, target.name).toBeGreaterThan(0);
});

test("no decoder throws on any bytes, or on changed well-formed ones", () => {
	const seeds = fuzzSeeds();
	const changed = fc
		.record({
			seed: fc.constantFrom(...seeds),
			changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
			cut: fc.nat(),
			cutIt: fc.boolean(),
		})
		.map(({ seed, changes, cut, cutIt }) => {
			const bytes = seed.slice(0, cutIt ? cut % seed.length : seed.length);
			for (const [offset, value] of changes) if (bytes.length > 0) bytes[offset % bytes.length] = value;
			return bytes;
		});
	const anything = fc.uint8Array({ maxLength: 120, size: "max" });
	fc.assert(
		fc.property(fc.oneof(anything, changed), (bytes) => {
			for (const { decode } of FUZZ_TARGETS) decode(bytes);
		}),
		{ numRuns: 2000 },
	);
});
