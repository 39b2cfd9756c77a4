import { describe, expect, it } from "vitest";
import type { Kept } from "./index/session-index.ts";
import { overdue } from "./retention.ts";

const DAY = 86_400_000;
const NOW = 100 * DAY;
/** Ten sessions of 100 bytes, one a day, the last today. */
const kept: readonly Kept[] = Array.from({ length: 10 }, (_, place) => ({
	id: String(place),
	endedAt: new Date(NOW - (9 - place) * DAY).toISOString(),
	bytes: 100,
}));
const MANY = { keepDays: 1000, keepSessions: 1000, keepBytes: 1e6 };

describe("what is not kept", () => {
	const now = { unixMs: NOW, runningBytes: 0 };
	it.each([
		["nothing, where there is room", {}, []],
		["what is older than that", { keepDays: 7 }, ["0", "1"]],
		["the oldest of too many", { keepSessions: 8 }, ["0", "1"]],
		["the oldest of too much", { keepBytes: 850 }, ["0", "1"]],
		["everything, where nothing is to be kept", { keepSessions: 0 }, kept.map(({ id }) => id)],
		["by the strictest of all", { keepDays: 8, keepSessions: 9, keepBytes: 699 }, ["0", "1", "2", "3"]],
	])("%s", (_, rules, gone) => expect(overdue(kept, { ...MANY, ...rules }, now)).toEqual(gone));

	it("what is under way takes room, and stays", () => {
		expect(overdue(kept, { ...MANY, keepBytes: 1000 }, { unixMs: NOW, runningBytes: 150 })).toEqual(["0", "1"]);
	});
});
