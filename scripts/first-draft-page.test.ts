import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withCalls } from "./first-draft-page.ts";

it("docs/first-draft.md shows the calls as they are simulated (node scripts/generate.mjs)", () => {
	const page = readFileSync(join(import.meta.dirname, "../docs/first-draft.md"), "utf8");
	expect(withCalls(page)).toBe(page);
	expect(page.match(/ offer 1$/gm)).toHaveLength(6);
	expect(page.match(/ offer 2$/gm)).toHaveLength(1);
});
