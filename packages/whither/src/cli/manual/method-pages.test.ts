import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TRACE_METHODS } from "@whither/core";
import { describe, expect, it } from "vitest";
import { methodOptionLabel } from "../../api/method-options.ts";

const folder = join(import.meta.dirname, "../../../../../docs/methods");
const pages = readdirSync(folder).map((file) => file.replace(/\.md$/, ""));

/** Pages about something that several methods do. */
const ACROSS_METHODS = ["path-mtu"];

it("docs/methods has a page for every method, and beside them for what several do", () => {
	const names = TRACE_METHODS.map((method) => method.name);
	expect(names.filter((name) => !pages.includes(name))).toEqual([]);
	expect(pages.filter((page) => !names.includes(page) && !ACROSS_METHODS.includes(page))).toEqual([]);
});

it("README has a row for every method", () => {
	const readme = readFileSync(join(folder, "../../README.md"), "utf8");
	const table = /\| method \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/.exec(readme)?.[1] ?? "";
	const rows = Array.from(table.matchAll(/^\| `([^`]+)`/gm), (match) => match[1]);
	expect(rows.toSorted()).toEqual(TRACE_METHODS.map((method) => method.name).toSorted());
});

describe("the page of a method has the same parts as the others", () => {
	const written = TRACE_METHODS.filter(({ name }) => pages.includes(name));
	it.each(written)("$name", ({ name, options = [] }) => {
		const page = readFileSync(join(folder, `${name}.md`), "utf8");
		expect(page).toMatch(new RegExp(`^# \`${name}\``));
		// The packet, drawn.
		expect(page).toMatch(/\n```\n[\s\S]+?\n```\n/);
		const parts = Array.from(page.matchAll(/^\*\*(Reveals|Defeated by|Needs|Options)\*\* /gm), (match) => match[1]);
		expect(parts).toEqual(["Reveals", "Defeated by", "Needs", "Options"]);
		const list = page.slice(page.indexOf("\n**Options** "));
		const labels = Array.from(list.matchAll(/^- `([^`]+)`: \S/gm), (match) => match[1]);
		expect(labels).toEqual(options.map(methodOptionLabel));
		expect(list.startsWith("\n**Options** none of its own")).toBe(options.length === 0);
	});
});
