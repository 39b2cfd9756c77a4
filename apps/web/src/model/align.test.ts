import { expect, test } from "vitest";
import { type AlignedHops, alignHops } from "./align.ts";
import { hopOf } from "./hop.fixture.ts";

const shown = (lines: readonly AlignedHops[]) =>
	lines.map(({ left, right, kind }) => `${left?.ttl ?? "-"} ${right?.ttl ?? "-"} ${kind}`);

test("the same path twice is the same in every line, though a router answers by one of several addresses", () => {
	const left = [hopOf(1, ["a"]), hopOf(2, ["b", "c"]), hopOf(3, ["t"], { isTarget: true })];
	const right = [hopOf(1, ["a"]), hopOf(2, ["c"]), hopOf(3, ["t"], { isTarget: true })];
	expect(shown(alignHops(left, right))).toEqual(["1 1 same", "2 2 same", "3 3 same"]);
});

test("a detour stands beside nothing, and both meet again behind it", () => {
	const left = [hopOf(1, ["a"]), hopOf(2, ["b"]), hopOf(3, ["t"])];
	const right = [hopOf(1, ["a"]), hopOf(2, ["x"]), hopOf(3, ["y"]), hopOf(4, ["b"]), hopOf(5, ["t"])];
	expect(shown(alignHops(left, right))).toEqual(["1 1 same", "- 2 only", "- 3 only", "2 4 same", "3 5 same"]);
});

test("silent hops may be the same or not, and are no difference", () => {
	expect(shown(alignHops([hopOf(1, [])], [hopOf(1, [])]))).toEqual(["1 1 silent"]);
});

test("two targets are one place when both are reached", () => {
	const left = [hopOf(1, ["a"]), hopOf(2, ["t"], { isTarget: true })];
	const right = [hopOf(1, ["b"]), hopOf(2, ["u"], { isTarget: true })];
	expect(shown(alignHops(left, right))).toEqual(["1 1 other", "2 2 same"]);
});

test("nothing beside something is shown", () => {
	expect(shown(alignHops([], [hopOf(1, ["a"])]))).toEqual(["- 1 only"]);
});
