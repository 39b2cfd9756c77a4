import { expect, test } from "vitest";
import { asSentence, count, formatDuration, formatMs, formatMsNumber, formatShare } from "./words.ts";

test("round trips have as many digits as they are worth", () => {
	expect([38_000, 420_000, 12_345_678, 123_456_789, 12_345_678_901].map(formatMsNumber)).toEqual([
		"0.038",
		"0.42",
		"12.3",
		"123",
		"12\u202f346",
	]);
	expect(formatMs(null)).toBe("–");
	expect(formatMsNumber(Number.NaN)).toBe("–");
});

test("a little loss is not written as none", () => {
	expect([0, 0.004, 0.05, 1 / 3, 1, null].map(formatShare)).toEqual([
		"0\u00a0%",
		"0.4\u00a0%",
		"5\u00a0%",
		"33\u00a0%",
		"100\u00a0%",
		"–",
	]);
});

test("durations have their two largest units", () => {
	expect([0, 45, 725, 12_000, 187_200, 3600].map(formatDuration).map((text) => text.replaceAll("\u00a0", " "))).toEqual(
		["0 s", "45 s", "12 min 5 s", "3 h 20 min", "2 d 4 h", "1 h"],
	);
});

test("one is one", () => {
	expect([count(1, "hop"), count(2, "hop"), count(0, "reply", "replies")]).toEqual(["1 hop", "2 hops", "0 replies"]);
});

test("what a server says ends as a sentence does", () => {
	expect(["stop one, or wait", "Why?", "It is so."].map(asSentence)).toEqual([
		"stop one, or wait.",
		"Why?",
		"It is so.",
	]);
	expect(formatDuration(0.003)).toBe("< 0.1\u00a0s");
});
