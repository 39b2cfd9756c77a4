import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { skippable } from "./skippable.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const named = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".json"));
const SCHEMAS = named(`${root}docs/schema`);

test("the package exports every schema that is written, and no other", () => {
	const { exports } = JSON.parse(readFileSync(`${root}packages/whither/package.json`, "utf8"));
	const paths = Object.entries(exports).filter(([path]) => path.startsWith("./schema/"));
	expect(Object.fromEntries(paths)).toEqual(
		Object.fromEntries(SCHEMAS.map((name) => [`./schema/${name}`, `./schema/${name}`])),
	);
});

const copies = `${root}packages/whither/schema`;
const obstacle = existsSync(copies) ? null : "the command is not built (npm run build)";
test.skipIf(obstacle !== null)(
	skippable("and a build copies each to where the package exports it from", obstacle),
	() => {
		expect(named(copies)).toEqual(expect.arrayContaining(SCHEMAS));
	},
);
