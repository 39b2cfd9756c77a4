import { describe, expect, it } from "vitest";
import { LoneSearch, type OneByOne } from "./lone-search.ts";
import { emptySlot, type Slot } from "./probe-book.ts";

const FIRST = 5;
const QUERIES = 3;

/** Asks as a trace does whose path ends at `end`: up to 30 nobody has said at which TTL. What was asked, and what was found. */
function search(end: number, likelyTtl: number | null, oneByOne: OneByOne = "ttls") {
	const lone = new LoneSearch();
	let held: Slot[] = [];
	for (let ttl = FIRST; ttl <= 30; ttl++)
		for (let query = 0; query < QUERIES; query++) held.push(emptySlot(ttl, query));
	const asked: number[] = [];
	let endTtl: number | null = null;
	for (let round = 0; held.length > 0 && round < 100; round++) {
		const { ask, giveUp } = lone.next(held, { highestAnsweredTtl: FIRST - 1, endTtl, likelyTtl }, oneByOne);
		held = held.filter((slot) => !ask.includes(slot) && !giveUp.includes(slot));
		const ttl = ask[0]?.ttl;
		if (ttl === undefined) continue;
		asked.push(ttl);
		if (ttl >= end) endTtl = Math.min(ttl, endTtl ?? ttl);
		held = held.filter((slot) => slot.ttl <= (endTtl ?? 30));
	}
	return { asked, endTtl };
}

describe("the search for the TTL that a path ends at", () => {
	it.each(Array.from({ length: 26 }, (_, index) => FIRST + index))("finds %i, whatever was likely", (end) => {
		for (const likely of [null, 1, 5, 12, 30, 64]) {
			const { asked, endTtl } = search(end, likely);
			expect(endTtl).toBe(end);
			expect(asked.length).toBeLessThanOrEqual(7);
		}
	});

	it("asks no more than the likely TTL and the one before where that is true", () => {
		expect(search(12, 12).asked).toEqual([12, 11]);
	});

	it("asks one query after the other where one answer may be for several", () => {
		expect(search(12, 12, "slots").asked).toEqual([12, 12, 12, 11, 11]);
		expect(search(14, 12, "slots").endTtl).toBe(14);
	});

	it("ends where nothing answers any more", () => {
		expect(search(99, 12).endTtl).toBeNull();
	});
});
