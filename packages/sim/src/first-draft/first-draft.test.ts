import { describe, expect, it } from "vitest";
import { FIRST_DRAFT_CASES } from "./cases.ts";
import { formatLadder } from "./ladder.ts";
import { runCall } from "./run-call.ts";

describe("a call of the first draft of ICE comes to what the draft's tables say", () => {
	it.each(FIRST_DRAFT_CASES)("$section: $name", (scenario) => {
		const { wrong, played } = runCall(scenario, { seed: 1, delayMs: 5, records: true });
		expect(wrong, formatLadder(played)).toEqual([]);
	});
});
