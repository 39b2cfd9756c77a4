import type { HopSummary, PathSummary } from "@whither/core";
import { expect, test } from "vitest";
import { hopOf } from "./hop.fixture.ts";
import { pathVerdict } from "./path-verdict.ts";

const path = (hops: readonly HopSummary[], more: Partial<PathSummary> = {}): PathSummary => ({
	rounds: 10,
	atNs: 10e9,
	reached: hops.some(({ isTarget }) => isTarget),
	hops,
	changes: [],
	flows: [],
	...more,
});
const lossy = { received: 6, lost: 4, lossRatio: 0.4, lossMeaning: "loss" as const };

test("a path without fault says so", () => {
	const { mood, sentence } = pathVerdict(
		path([hopOf(1, ["a"]), hopOf(2, ["t"], { isTarget: true })]),
		"example.org",
		"known",
	);
	expect([mood, sentence]).toEqual(["good", "example.org is reached in 2 hops, 2.00 ms away; nothing is lost."]);
});

test("loss at the target is laid where it begins", () => {
	const hops = [hopOf(1, ["a"]), hopOf(2, ["b"], lossy), hopOf(3, ["t"], { isTarget: true, ...lossy })];
	expect(pathVerdict(path(hops), "t", "known")).toMatchObject({
		mood: "bad",
		sentence: expect.stringContaining("40\u00a0% is lost, from hop 2 (b) on"),
	});
	const alone = [hopOf(1, ["a"]), hopOf(2, ["t"], { isTarget: true, ...lossy })];
	expect(pathVerdict(path(alone), "t", "known").sentence).toContain("at the target alone");
});

test("a router that limits its answers is a note and no fault", () => {
	const hops = [hopOf(1, ["a"], { ...lossy, lossMeaning: "rateLimit" }), hopOf(2, ["t"], { isTarget: true })];
	const { mood, notes } = pathVerdict(path(hops), "t", "known");
	expect(mood).toBe("good");
	expect(notes).toEqual(["Hop 1 limits its answers: what is missing there is no loss."]);
});

test("where nothing answers any more, the last who did is named", () => {
	expect(pathVerdict(path([hopOf(1, ["a"]), hopOf(2, [])]), "t", "known")).toMatchObject({
		mood: "bad",
		sentence: expect.stringContaining("after hop 1 (a)"),
	});
	expect(pathVerdict(path([hopOf(1, [])]), "t", "known").sentence).toContain("Nobody answers at all");
});

test("while the first probes are under way nothing is judged", () => {
	expect(pathVerdict(path([hopOf(1, ["a"])]), "t", "looking").sentence).toBe("Hop 1 (a) answers; looking further…");
});
