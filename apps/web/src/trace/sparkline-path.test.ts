import { expect, test } from "vitest";
import { sparklinePath } from "./sparkline-path.ts";

const BOX = { width: 40, height: 10, most: 4 };

test("the newest sample stands on the right, the highest on top", () => {
	expect(sparklinePath([1, 3], BOX)).toEqual({ line: "M25 10L35 0", lostAt: [] });
});

test("a lost probe breaks the line and is shown where it was", () => {
	expect(sparklinePath([1, null, 3, 2], BOX)).toEqual({ line: "M5 10h0.01M25 0L35 5", lostAt: [15] });
});

test("samples that do not vary are a line in the middle, and none are nothing", () => {
	expect(sparklinePath([2, 2, 2, 2, 2], BOX).line).toBe("M5 5L15 5L25 5L35 5");
	expect(sparklinePath([], BOX)).toEqual({ line: "", lostAt: [] });
	expect(sparklinePath([null], BOX)).toEqual({ line: "", lostAt: [35] });
});
