import { expect, test } from "vitest";
import { divideRange } from "./relay-range.ts";

test.each([
	[49_152, 65_535, 8],
	[50_000, 50_003, 1],
	[50_001, 50_010, 3],
])("the ports from %d to %d are divided without a gap, pairs whole, among %d workers at most", (first, last, most) => {
	const divided = divideRange({ first, last }, 8);
	if (divided === null) throw new Error("not divided");
	const { own, workers, count } = divided;
	expect([workers.first, own.last]).toEqual([first, last]);
	expect(own.first).toBe(workers.last + 1);
	expect(own.first % 2).toBe(0);
	expect(own.last).toBeGreaterThan(own.first);
	expect(count).toBe(most);
	expect(divideRange({ first, last }, 1)?.count).toBe(1);
});

test("too few ports, or none who wants them, are left to one", () => {
	expect(divideRange({ first: 50_000, last: 50_001 }, 2)).toBeNull();
	expect(divideRange({ first: 50_000, last: 50_999 }, 0)).toBeNull();
});
