import { expect, test } from "vitest";
import { chartData } from "./chart-data.ts";
import { HistoryBook } from "./history-book.ts";

test("times are the middles of slots, a lost probe is a gap, and slots without any probe are left out", () => {
	const book = new HistoryBook();
	book.add(1, 0, 10e6);
	book.add(2, 0, 20e6);
	book.add(1, 1e9, null);
	book.add(2, 1e9, 30e6);
	expect(chartData(book, "1970-01-01T00:01:40.000Z", [2, 1])).toEqual({
		columns: [
			[100.125, 101.125],
			[20, 30],
			[10, null],
		],
		ttls: [2, 1],
	});
});
