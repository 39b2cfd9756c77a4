import {
	type CallScenario,
	differences,
	expectedLines,
	FIRST_DRAFT_CASES,
	FirstDraftCall,
	reportLines,
} from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import { labObstacle } from "../requirements.ts";
import { type KernelCall, openKernelCall } from "./kernel-call.fixture.ts";

const obstacle = labObstacle();

/** Two cycles with failed checks of 9.5 s each, and a machine that is busy. */
const LONGEST_MS = 45_000;
const MEDIA_INTERVAL_MS = 100;
/** Of the stream in the end. */
const LAST_WORDS = 10;

/** Resolves as soon as something holds, or when its time is over. */
async function until(holds: () => boolean, limitMs: number): Promise<void> {
	const end = performance.now() + limitMs;
	while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** One call from the first look for addresses to a stream that ends; what came of it. */
async function play(scenario: CallScenario, { world, now }: KernelCall) {
	const call = new FirstDraftCall(scenario, world, { seed: 7 });
	const lines = () => reportLines(call.report(), call.names());
	const missing = () => differences(expectedLines(scenario), lines());
	const talking = setInterval(() => call.talk(now()), MEDIA_INTERVAL_MS);
	call.a.start(now());
	await until(() => call.isSettled, LONGEST_MS);
	// Relays are given back 3 s after they are of no more use.
	await until(() => missing().length === 0, 5000);
	const from = call.spoken;
	const heard = () => [call.heardSince("a", from), call.heardSince("b", from)];
	await until(() => heard().every((count) => count >= LAST_WORDS), 5000);
	clearInterval(talking);
	return { missing: missing(), lines: lines(), heard: heard().map((count) => count >= LAST_WORDS) };
}

/** All at once: what takes time are checks that nobody answers. */
describe.skipIf(obstacle !== null)(skippable("the calls of the first draft on real kernels", obstacle), () => {
	const calls = new Map<string, KernelCall>();
	const outcomes = new Map<string, ReturnType<typeof play>>();

	beforeAll(async () => {
		for (const scenario of FIRST_DRAFT_CASES) calls.set(scenario.section, await openKernelCall(scenario));
		for (const scenario of FIRST_DRAFT_CASES) {
			const kernel = calls.get(scenario.section);
			if (kernel !== undefined) outcomes.set(scenario.section, play(scenario, kernel));
		}
	});
	afterAll(async () => {
		for (const call of calls.values()) await call.close();
	});

	test.each(FIRST_DRAFT_CASES)("$section: $name", async (scenario) => {
		const outcome = await outcomes.get(scenario.section);
		expect(outcome?.missing, outcome?.lines.join("\n")).toEqual([]);
		expect(outcome?.heard).toEqual([true, true]);
	});
});
