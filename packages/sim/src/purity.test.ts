import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const PACKAGES = ["wire", "core", "sim"] as const;
/** What the language itself brings of clocks and randomness; everything else is a type error in these packages. */
const IMPURE = /\bMath\s*\.\s*random\b|\bDate\s*[.(]|\bnew\s+Date\b/;

function sourcesOf(name: (typeof PACKAGES)[number]): readonly string[] {
	const root = fileURLToPath(new URL(`../../${name}/src/`, import.meta.url));
	const files = readdirSync(root, { recursive: true, encoding: "utf8" });
	return files.filter((file) => file.endsWith(".ts") && file !== "purity.test.ts").map((file) => `${root}${file}`);
}

describe("the packages that read no clock and draw no randomness", () => {
	test.each(PACKAGES)("%s mentions neither Math.random nor Date, in its tests neither", (name) => {
		const sources = sourcesOf(name);
		expect(sources.length).toBeGreaterThan(10);
		expect(sources.filter((file) => IMPURE.test(readFileSync(file, "utf8")))).toEqual([]);
	});
});
