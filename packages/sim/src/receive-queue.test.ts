import { describe, expect, it } from "vitest";
import { ReceiveQueue } from "./receive-queue.ts";

const block = (start: number, end: number) => ({ start, end });

describe("a receive queue", () => {
	it("delivers what comes in order, and with it what it fills the gap to", () => {
		const queue = new ReceiveQueue(100);
		expect(queue.take(100, 110)).toEqual({ delivered: 10, gap: false });
		expect(queue.take(120, 130)).toEqual({ delivered: 0, gap: true });
		expect(queue.take(110, 120)).toEqual({ delivered: 20, gap: false });
		expect(queue.next).toBe(130);
		expect(queue.blocks(4)).toEqual([]);
	});

	it("tells of pieces beyond the gap newest first, touching ones as one", () => {
		const queue = new ReceiveQueue(0);
		queue.take(10, 11);
		queue.take(20, 21);
		queue.take(30, 31);
		expect(queue.blocks(4)).toEqual([block(30, 31), block(20, 21), block(10, 11)]);
		queue.take(11, 12);
		expect(queue.blocks(4)).toEqual([block(10, 12), block(30, 31), block(20, 21)]);
		queue.take(12, 20);
		expect(queue.blocks(2)).toEqual([block(10, 21), block(30, 31)]);
	});

	it("remembers four blocks, and says when another would push one out", () => {
		const queue = new ReceiveQueue(0);
		for (const start of [10, 20, 30, 40]) queue.take(start, start + 1);
		expect(queue.crowds(50, 51)).toBe(true);
		expect(queue.crowds(41, 42)).toBe(false);
		queue.take(50, 51);
		expect(queue.blocks(9).map(({ start }) => start)).toEqual([50, 40, 30, 20]);
	});

	it("tells of a repeat once, before the block that it lies in", () => {
		const queue = new ReceiveQueue(0);
		queue.take(10, 11);
		queue.take(20, 21);
		queue.take(10, 11);
		expect(queue.blocks(3)).toEqual([block(10, 11), block(10, 11), block(20, 21)]);
		expect(queue.blocks(3)).toEqual([block(10, 11), block(20, 21)]);
	});

	it("tells of a repeat of what it has delivered", () => {
		const queue = new ReceiveQueue(0);
		queue.take(0, 10);
		expect(queue.take(2, 5)).toEqual({ delivered: 0, gap: false });
		expect(queue.blocks(3)).toEqual([block(2, 5)]);
		expect(queue.take(5, 12)).toEqual({ delivered: 2, gap: false });
		expect(queue.blocks(3)).toEqual([block(5, 10)]);
	});

	it("counts through the end of the sequence space", () => {
		const queue = new ReceiveQueue(0xffff_fffe);
		expect(queue.take(0, 1)).toEqual({ delivered: 0, gap: true });
		expect(queue.take(0xffff_ffff, 0)).toEqual({ delivered: 0, gap: true });
		expect(queue.blocks(3)).toEqual([block(0xffff_ffff, 1)]);
		expect(queue.take(0xffff_fffe, 0xffff_ffff)).toEqual({ delivered: 3, gap: false });
		expect(queue.next).toBe(1);
	});

	it("throws away what lies beyond the end", () => {
		const queue = new ReceiveQueue(7);
		queue.take(9, 10);
		queue.finish();
		expect(queue.next).toBe(8);
		expect(queue.blocks(3)).toEqual([]);
	});
});
