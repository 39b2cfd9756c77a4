import { describe, expect, it } from "vitest";
import { PathLength } from "./path-length.ts";

const LIMITS = { maxTtl: 30, silentHops: 12 };

/** One round over a path of so many hops: answers of all up to the horizon, which may grow by them. */
function play(length: PathLength, round: number, hops: number, silent: readonly number[] = []): number {
	let asked = 0;
	for (let far = length.horizon(round, LIMITS); asked < far; far = length.horizon(round, LIMITS)) {
		for (let ttl = asked + 1; ttl <= far; ttl++) {
			if (!silent.includes(ttl)) length.note(round, ttl, ttl >= hops ? "target" : "hop");
		}
		asked = far;
	}
	return asked;
}

describe("the length of a path", () => {
	it.each([1, 5, 8, 9, 20, 30])("of %i hops is known after the first round", (hops) => {
		const length = new PathLength(1);
		expect(play(length, 0, hops)).toBeLessThanOrEqual(Math.max(8, hops + 3));
		expect([length.end, play(length, 1, hops)]).toEqual([hops, hops]);
	});

	it("grows in the very round in which it became longer", () => {
		const length = new PathLength(1);
		for (let round = 0; round < 5; round++) play(length, round, 6);
		expect(play(length, 5, 9)).toBeGreaterThanOrEqual(9);
		expect([play(length, 6, 9), length.end]).toEqual([9, 9]);
	});

	it("shrinks a few rounds after it became shorter", () => {
		const length = new PathLength(1);
		for (let round = 0; round < 5; round++) play(length, round, 9);
		const asked = [5, 6, 7, 8, 9].map((round) => play(length, round, 6));
		expect(asked).toEqual([9, 9, 9, 6, 6]);
	});

	it("of two ways is that of the longer", () => {
		const length = new PathLength(1);
		const asked = Array.from({ length: 20 }, (_, round) => play(length, round, round % 2 === 0 ? 6 : 8));
		expect(new Set(asked.slice(2))).toEqual(new Set([8]));
	});

	it("reaches over more and more silent hops, as many as it may", () => {
		const silent = Array.from({ length: 40 }, (_, at) => at + 4);
		const length = new PathLength(1);
		const asked = Array.from({ length: 5 }, (_, round) => play(length, round, 99, silent));
		expect(asked).toEqual([8, 11, 15, 15, 15]);
	});

	it("is kept through an outage, and looked for anew when only the target is silent", () => {
		const length = new PathLength(1);
		for (let round = 0; round < 5; round++) play(length, round, 9);
		expect(play(length, 20, 9, [1, 2, 3, 4, 5, 6, 7, 8, 9])).toBe(9);
		const dead = Array.from({ length: 22 }, (_, at) => at + 9);
		for (let round = 21; round < 40; round++) play(length, round, 9, dead);
		expect([length.end, length.lastEnd]).toEqual([null, 9]);
		play(length, 40, 9);
		expect(length.end).toBe(9);
	});

	it("is that of whoever says that nothing beyond answers, until the target does", () => {
		const length = new PathLength(1);
		length.note(0, 4, "hop");
		length.note(0, 5, "end");
		expect([length.end, length.reached]).toEqual([5, false]);
		for (let round = 1; round < 6; round++) play(length, round, 9);
		expect([length.end, length.reached]).toEqual([9, true]);
	});

	it("keeps answers that come behind those of later rounds", () => {
		const length = new PathLength(1);
		length.note(7, 3, "hop");
		length.note(6, 5, "target");
		length.note(5, 5, "target");
		expect(length.end).toBe(5);
	});
});
