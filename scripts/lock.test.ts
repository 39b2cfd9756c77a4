import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Lock {
	readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

it("locks the optional packages of every platform, without which npm ci refuses the lock (scripts/complete-lock.mjs)", () => {
	const lock: Lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
	const optional = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
	expect(optional.filter((name) => lock.packages[`node_modules/${name}`] === undefined)).toEqual([]);
});
