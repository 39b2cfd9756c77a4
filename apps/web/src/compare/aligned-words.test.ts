import { expect, test } from "vitest";
import { alignHops } from "../model/align.ts";
import { hopOf } from "../model/hop.fixture.ts";
import { alignedWords } from "./aligned-words.ts";

const UNKNOWN = "No router answers on both: whether they go the same way is not known.";
type Hops = Parameters<typeof alignHops>[0];
const words = (left: Hops, right: Hops) => alignedWords(alignHops(left, right), true);
const target = (ttl: number, address: string) => hopOf(ttl, [address], { isTarget: true });

test("paths on which the same routers answer go the same way, and others part somewhere", () => {
	const way = [hopOf(1, ["a"]), hopOf(2, []), target(3, "t")];
	expect(words(way, way)).toBe("Both go the same way: 2 hops in common.");
	expect(words([hopOf(1, ["a"]), hopOf(2, ["b"])], [hopOf(1, ["a"]), hopOf(2, ["c"])])).toBe(
		"1 hop in common; they first part at hop 2.",
	);
});

test("paths of which nobody answers, or the targets alone, are not said to be the same", () => {
	expect(words([hopOf(1, [])], [hopOf(1, [])])).toBe(UNKNOWN);
	expect(words([hopOf(1, []), target(2, "t")], [hopOf(1, []), target(2, "u")])).toBe(UNKNOWN);
	expect(words([hopOf(1, []), target(2, "t")], [hopOf(1, []), target(2, "t")])).toBe(UNKNOWN);
	expect(words([target(1, "t")], [target(1, "u")])).toBe(UNKNOWN);
});

test("one target next door is reached by one way, for no router is in between", () => {
	expect(words([target(1, "t")], [target(1, "t")])).toBe("Both go the same way: 1 hop in common.");
});

test("no hops are waited for, or were never heard of", () => {
	expect([alignedWords([], false), alignedWords([], true)]).toEqual([
		"Waiting for the first answers…",
		"No hop was heard of.",
	]);
});
