import { describe, expect, it } from "vitest";
import { type SrvRecord, weighted } from "./weighted.ts";

const record = (name: string, priority: number, weight: number): SrvRecord => ({ name, port: 5060, priority, weight });
const namesOf = (records: readonly SrvRecord[]) => records.map(({ name }) => name);

/** Draws that go through 0 to 1 evenly. */
function evenly(steps: number): () => number {
	let at = 0;
	return () => (at++ % steps) / steps;
}

describe("servers of a service", () => {
	it("are tried by priority, whatever they weigh", () => {
		const records = [record("c", 20, 100), record("a", 1, 0), record("b", 10, 1)];
		expect(namesOf(weighted(records, () => 0.99))).toEqual(["a", "b", "c"]);
	});

	it("of one priority are first as often as they weigh", () => {
		const records = [record("heavy", 1, 75), record("light", 1, 25)];
		const draw = evenly(1_000);
		const first = Array.from({ length: 1_000 }, () => {
			const [name = ""] = namesOf(weighted(records, () => draw()));
			return name;
		});
		// Two draws an order: every other one decides who is first.
		const share = first.filter((name) => name === "heavy").length / 1_000;
		expect(share).toBeGreaterThan(0.7);
		expect(share).toBeLessThan(0.8);
	});

	it("without weight have a small chance", () => {
		const records = [record("heavy", 1, 100), record("none", 1, 0)];
		expect(namesOf(weighted(records, () => 0))).toEqual(["none", "heavy"]);
		expect(namesOf(weighted(records, () => 0.5))).toEqual(["heavy", "none"]);
	});

	it("are none where the record names the root", () => {
		expect(weighted([record(".", 0, 0), record("", 0, 0)], () => 0)).toEqual([]);
	});

	it("are all there, once each", () => {
		const records = Array.from({ length: 20 }, (_, index) => record(`${index}`, index % 3, index));
		const draw = evenly(17);
		expect(new Set(namesOf(weighted(records, draw))).size).toBe(20);
	});
});
