import fc from "fast-check";
import { expect, test } from "vitest";
import { FlowTable } from "./flow-table.ts";

type Key = readonly [number, number, number, number, number, number];

const SEED = [0x01234567, -0x76543211] as const;
const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(-1, 0x7fffffff, -0x80000000));
const key = fc.tuple(word, word, word, word, word, word);

test("it has what a map would have, whatever is added and removed in whatever order", () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 300 }), (doings) => {
			const table = new FlowTable(SEED);
			const rows = new Map<string, number>();
			for (const [adds, words] of doings) {
				const name = words.join(" ");
				const known = rows.get(name);
				expect(table.find(...words)).toBe(known ?? -1);
				if (adds) rows.set(name, table.add(...words));
				else if (known !== undefined) {
					table.remove(known);
					rows.delete(name);
				}
				expect(table.size).toBe(rows.size);
			}
			expect(new Set(rows.values()).size).toBe(rows.size);
			for (const [name, row] of rows) expect(table.find(...(name.split(" ").map(Number) as unknown as Key))).toBe(row);
		}),
	);
});

test("it grows, keeps its rows dense, and gives them out again", () => {
	const table = new FlowTable(SEED);
	for (let round = 0; round < 3; round++) {
		for (let index = 0; index < 10_000; index++) table.add(round, index, -index, 0, 0, 0);
		const rows = Array.from({ length: 10_000 }, (_, index) => table.find(round, index, -index, 0, 0, 0));
		expect(new Set(rows).size).toBe(10_000);
		expect(Math.max(...rows)).toBeLessThan(table.capacity);
		for (const row of rows) table.remove(row);
		expect(table.size).toBe(0);
	}
	expect(table.capacity).toBe(16_384);
});
