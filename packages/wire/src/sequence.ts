import type { SackBlock } from "./tcp-options.ts";

/*
 * Arithmetic on TCP sequence numbers (RFC 9293 §3.4): 32 bits that wrap, compared by which is ahead by less than half
 * of the circle.
 */

/** `sequence` moved by a number of bytes, forwards or backwards. */
export function sequenceAdd(sequence: number, bytes: number): number {
	return (sequence + bytes) >>> 0;
}

/** How far `a` is ahead of `b`: -2^31 to 2^31 - 1 bytes. */
export function sequenceDifference(a: number, b: number): number {
	return (a - b) | 0;
}

/** Whether `a` stands before `b`. */
export function sequenceBefore(a: number, b: number): boolean {
	return sequenceDifference(a, b) < 0;
}

/** Whether `sequence` lies in the bytes from `start` up to but not including `end`. */
export function sequenceWithin(sequence: number, start: number, end: number): boolean {
	return (sequence - start) >>> 0 < (end - start) >>> 0;
}

/** The index of the first block that holds the byte `sequence`; -1 where none does. */
export function findSackBlock(blocks: readonly SackBlock[], sequence: number): number {
	return blocks.findIndex(({ start, end }) => sequenceWithin(sequence, start, end));
}

/**
 * Whether the first block tells of bytes that came twice (D-SACK, RFC 2883 §4): it begins before the cumulative
 * acknowledgment, or lies within the second block.
 */
export function isDuplicateSack(blocks: readonly SackBlock[], acknowledgment: number): boolean {
	const [first, second] = blocks;
	if (first === undefined) return false;
	if (sequenceBefore(first.start, acknowledgment)) return true;
	if (second === undefined) return false;
	return sequenceDifference(first.start, second.start) >= 0 && sequenceDifference(first.end, second.end) <= 0;
}
