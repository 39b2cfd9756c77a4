import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";
import { Random } from "./random.ts";

describe("EventQueue", () => {
	it("gives a thousand random items back by time", () => {
		const random = new Random(1);
		const queue = new EventQueue<number>();
		const times = Array.from({ length: 1000 }, () => random.below(300));
		for (const time of times) queue.push(time, time);
		const out: number[] = [];
		for (let next = queue.pop(); next !== undefined; next = queue.pop()) out.push(next.item);
		expect(out).toEqual([...times].sort((a, b) => a - b));
		expect(queue.size).toBe(0);
	});

	it("keeps the order of items of the same instant, also between pops", () => {
		const queue = new EventQueue<string>();
		for (const item of ["a", "b", "c"]) queue.push(5, item);
		queue.push(1, "first");
		expect(queue.pop()?.item).toBe("first");
		for (const item of ["d", "e"]) queue.push(5, item);
		expect(Array.from({ length: 5 }, () => queue.pop()?.item)).toEqual(["a", "b", "c", "d", "e"]);
	});

	it("tells when the next item is due, and that there is none", () => {
		const queue = new EventQueue<string>();
		expect(queue.nextAt).toBeNull();
		expect(queue.pop()).toBeUndefined();
		queue.push(7, "x");
		expect(queue.nextAt).toBe(7);
	});
});
