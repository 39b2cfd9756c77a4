import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { TOOL } from "./version.ts";

it("the version is the package's", () => {
	const { name, version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
	expect(TOOL).toEqual({ name, version });
});
