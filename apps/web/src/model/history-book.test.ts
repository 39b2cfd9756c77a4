import { expect, test } from "vitest";
import { HistoryBook, meanNs, SLOTS_KEPT } from "./history-book.ts";

test("what was heard in one slot is its mean, its extremes and what was lost", () => {
	const book = new HistoryBook();
	book.add(3, 0, 10e6);
	book.add(3, 100e6, 30e6);
	book.add(3, 200e6, null);
	expect(book.slots(3)).toEqual([{ sumNs: 40e6, bestNs: 10e6, worstNs: 30e6, answered: 2, lost: 1 }]);
	expect(meanNs(book.slots(3)[0])).toBe(20e6);
});

test("a trace of a day has no more slots than one of minutes, and loses no answer", () => {
	const book = new HistoryBook();
	for (let second = 0; second < 86_400; second += 10) {
		book.add(1, second * 1e9, 1e6);
		book.add(2, second * 1e9, second % 20 === 0 ? null : 2e6);
	}
	expect(book.ttls).toEqual([1, 2]);
	expect(book.length).toBeLessThanOrEqual(SLOTS_KEPT);
	const total = (ttl: number, what: "answered" | "lost") =>
		book.slots(ttl).reduce((sum, slot) => sum + (slot?.[what] ?? 0), 0);
	expect([total(1, "answered"), total(2, "answered"), total(2, "lost")]).toEqual([8640, 4320, 4320]);
});

test("moments that are none are left out", () => {
	const book = new HistoryBook();
	book.add(1, Number.NaN, 1);
	book.add(1, -5, 1);
	expect(book.length).toBe(0);
});
