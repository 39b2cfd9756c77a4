import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("a server is tried soon, then ever more rarely, and never less than every ten seconds", () => {
	expect([0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => backoffMs(attempt, 0))).toEqual([
		400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000,
	]);
	expect(backoffMs(5, 0.999)).toBeGreaterThan(5_000);
});
