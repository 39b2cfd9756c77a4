import { describe, expect, it } from "vitest";
import { formatPackets } from "../format-packets.ts";
import type { CallScenario } from "./call-scenario.ts";
import { FULL_CONES } from "./cases/apart.ts";
import { DEPARTMENTS } from "./cases/enterprise.ts";
import { FIRST_DRAFT_CASES } from "./cases/index.ts";
import { formatLadder } from "./ladder/ladder-text.ts";
import { type CallOptions, playToTheEnd } from "./played-call.ts";
import { runCall } from "./run-call.ts";

/** One way, of each link. */
const DELAY_MS = 5;
const SEEDS = 20;
/** Of `npm run first-draft` the part that is quickly done. */
const MOST_LOSS = 0.1;

/** A call that is not as it must be is shown with its packets. */
function expectRight(scenario: CallScenario, options: CallOptions): void {
	const { wrong } = runCall(scenario, options);
	if (wrong.length === 0) return;
	const shown = playToTheEnd(scenario, { ...options, records: true });
	expect(wrong, `${formatLadder(shown)}\n\n${formatPackets(shown.internet.packets)}`).toEqual([]);
}

it("is told where a call does not come to what its table says", () => {
	const { a } = FULL_CONES.expect;
	const mistaken = {
		...FULL_CONES,
		expect: { ...FULL_CONES.expect, a: { ...a, sendsTo: "b.relay", keepsRelay: true } },
	} as const;
	expect(runCall(mistaken, { seed: 1, delayMs: DELAY_MS }).wrong).toEqual([
		"should be: a sends to b.relay",
		"should be: a's relay is kept",
		"is: a sends to b.stun",
		"is: a's relay is given back",
	]);
});

it("is the same call whenever it is played", () => {
	const play = () => formatLadder(playToTheEnd(DEPARTMENTS, { seed: 3, loss: 0.1, delayMs: DELAY_MS, records: true }));
	expect(play()).toBe(play());
});

describe.each(FIRST_DRAFT_CASES)("$section, $name", (scenario) => {
	it("comes to what the draft's table says, with RTCP and without, and whatever ports NATs and relays choose", () => {
		for (const seed of [1, 2, 3]) {
			expectRight(scenario, { seed, delayMs: DELAY_MS, rtcp: seed === 3 });
		}
	});

	it("comes to the same however long the telephone rings", () => {
		expectRight(scenario, { seed: 4, delayMs: DELAY_MS, ringMs: 25_000 });
	});

	it("is a call that goes on whatever is lost, by the best way that was found", () => {
		for (let seed = 1; seed <= SEEDS; seed++) {
			expectRight(scenario, { seed, delayMs: DELAY_MS, loss: (MOST_LOSS * seed) / SEEDS, rtcp: seed % 2 === 1 });
		}
	});
});
