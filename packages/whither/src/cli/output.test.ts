import { afterEach, expect, it } from "vitest";
import { COLOURED, PLAIN } from "../report/paint.ts";
import { paintFor } from "./output.ts";

const before = { ...process.env };
afterEach(() => {
	process.env = { ...before };
});

it("colour follows the flag, and without one only a willing terminal", () => {
	expect(paintFor("always")).toBe(COLOURED);
	expect(paintFor("never")).toBe(PLAIN);
	process.env.NO_COLOR = "1";
	expect(paintFor("auto")).toBe(PLAIN);
	expect(paintFor("always")).toBe(COLOURED);
});
