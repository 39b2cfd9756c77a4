import { describe, expect, it } from "vitest";
import { Random } from "./random.ts";

describe("Random", () => {
	it("gives the same numbers for the same seed and others for another", () => {
		const draw = (seed: number) => {
			const random = new Random(seed);
			return Array.from({ length: 20 }, () => random.uint32());
		};
		expect(draw(1)).toEqual(draw(1));
		expect(draw(1)).not.toEqual(draw(2));
		expect(draw(1)).not.toEqual(draw(1 + 2 ** 32));
	});

	it("spreads evenly enough over its range", () => {
		const random = new Random(5);
		const counts = new Array<number>(10).fill(0);
		for (let index = 0; index < 10_000; index++) counts[random.below(10)]!++;
		for (const count of counts) {
			expect(count).toBeGreaterThan(850);
			expect(count).toBeLessThan(1150);
		}
	});

	it("draws nothing for a chance of zero", () => {
		const first = new Random(9);
		const second = new Random(9);
		expect(first.chance(0)).toBe(false);
		expect(first.uint32()).toBe(second.uint32());
	});

	it("forks streams that do not repeat their parent", () => {
		const parent = new Random(3);
		const child = parent.fork();
		const numbers = new Set(Array.from({ length: 100 }, () => parent.uint32()));
		expect(Array.from({ length: 100 }, () => child.uint32()).some((number) => numbers.has(number))).toBe(false);
	});
});
