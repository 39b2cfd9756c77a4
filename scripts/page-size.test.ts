import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { skippable } from "./skippable.ts";

const WEB = fileURLToPath(new URL("../packages/whither/dist/web/", import.meta.url));
const ASSETS = join(WEB, "assets");
/** Of all that a first visit loads, gzipped. */
const MOST_BYTES = 150_000;

const obstacle = existsSync(join(WEB, "index.html")) ? null : "the page is not built; npm run build builds it";
const sizeOf = (path: string) => gzipSync(readFileSync(path), { level: 6 }).length;

/** A script and all that it imports at once; what it loads later is not in it. */
function scripts(name: string, known = new Set<string>()): ReadonlySet<string> {
	if (known.has(name)) return known;
	known.add(name);
	const code = readFileSync(join(ASSETS, name), "utf8");
	for (const [, file] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) scripts(file!, known);
	return known;
}

/** Files that the page's HTML names. */
function named(html: string): readonly string[] {
	return [...html.matchAll(/(?:src|href)="\.\/assets\/([^"]+)"/g)].map(([, file]) => file!);
}

/** What a view loads beside the first page: its chunk, and what Vite lists beside it. */
function viewFiles(entry: string, view: string): readonly string[] {
	const code = readFileSync(join(ASSETS, entry), "utf8");
	const chunk = new RegExp(`\\./(${view}-[\\w-]+\\.js)`).exec(code)?.[1] ?? "";
	const list = /m\.f=(\[[^\]]*\])/.exec(code)?.[1] ?? "[]";
	const files = (JSON.parse(list) as string[]).map((file) => basename(file));
	const call = new RegExp(
		`\`\\./${chunk}\`\\),__vite__mapDeps\\((\\[[\\d,]*\\])|"\\./${chunk}"\\),__vite__mapDeps\\((\\[[\\d,]*\\])`,
	).exec(code);
	const places = JSON.parse(call?.[1] ?? call?.[2] ?? "[]") as number[];
	return [...scripts(chunk), ...places.flatMap((place) => files[place] ?? [])];
}

test.skipIf(obstacle !== null)(
	skippable("the first visit loads at most 150 KB, a trace's view included", obstacle),
	() => {
		const html = readFileSync(join(WEB, "index.html"), "utf8");
		const entry = named(html).find((file) => /^index-.*\.js$/.test(file));
		expect(entry).toBeDefined();
		const first = new Set([...named(html), ...scripts(entry!)]);
		const total = (files: ReadonlySet<string>) =>
			[...files].reduce((sum, file) => sum + sizeOf(join(ASSETS, file)), sizeOf(join(WEB, "index.html")));
		expect(first.size).toBeGreaterThan(2);
		expect(total(first)).toBeLessThan(MOST_BYTES);
		const traced = new Set([...first, ...viewFiles(entry!, "session-page")]);
		expect(traced.size).toBeGreaterThan(first.size + 1);
		expect(total(traced)).toBeLessThan(MOST_BYTES);
	},
);

test.skipIf(obstacle !== null)(
	skippable("the page names no other origin, and writes no script or style into itself", obstacle),
	() => {
		const html = readFileSync(join(WEB, "index.html"), "utf8");
		const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
		expect(addresses.filter((address) => !/^(\.\/|data:image\/)/.test(address))).toEqual([]);
		expect(html).not.toMatch(/<style|style="|<script(?![^>]*(src=|application\/json))/);
	},
);
