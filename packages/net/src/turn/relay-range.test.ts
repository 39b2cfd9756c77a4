import { expect, test } from "vitest";
import { divideRange } from "./relay-range.ts";

test.each([
	[49_152, 65_535],
	[50_000, 50_003],
	[50_001, 50_010],
])("the ports from %d to %d are divided without a gap, pairs whole", (first, last) => {
	const divided = divideRange({ first, last });
	if (divided === null) throw new Error("not divided");
	const { own, workers } = divided;
	expect([workers.first, own.last]).toEqual([first, last]);
	expect(own.first).toBe(workers.last + 1);
	expect(own.first % 2).toBe(0);
	expect(own.last).toBeGreaterThan(own.first);
});

test("too few ports are left to one", () => {
	expect(divideRange({ first: 50_000, last: 50_002 })).toBeNull();
});
