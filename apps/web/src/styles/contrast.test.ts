import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const CSS = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const TEXT = ["ink", "quiet", "accent", "good", "bad", "warn"];
const GROUND = ["paper", "panel", "sunk", "accent-soft"];

/** Colours of one block of custom properties, by their names. */
function colours(block: string): ReadonlyMap<string, string> {
	return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g)].map(([, name, colour]) => [name!, colour!]));
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
	const digits =
		colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : colour.slice(1).match(/../g)!;
	const [red, green, blue] = digits.map((pair) => {
		const share = Number.parseInt(pair, 16) / 255;
		return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
	const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
	return (light! + 0.05) / (dark! + 0.05);
}

const [, light, , dark] = CSS.split(/^(?:@media[^{]*{\s*)?:root[^{]*{/m);
const blocks = [
	["light", light],
	["dark", dark],
] as const;

test.each(blocks)("every text colour can be read on every ground (%s)", (_, block) => {
	const known = colours(block ?? "");
	const pairs = TEXT.flatMap((text) => GROUND.map((ground) => [text, ground] as const));
	const faint = pairs.filter(([text, ground]) => contrast(known.get(text)!, known.get(ground)!) < 4.5);
	expect(faint).toEqual([]);
	expect(contrast(known.get("on-accent")!, known.get("accent")!)).toBeGreaterThan(4.5);
	expect(contrast(known.get("bad")!, known.get("bad-soft")!)).toBeGreaterThan(4.5);
	// Borders of controls and what is drawn: WCAG 1.4.11.
	expect(contrast(known.get("edge")!, known.get("panel")!)).toBeGreaterThan(3);
});

test("dark by choice is dark as by the system", () => {
	const [, , system, chosen] = CSS.split(/^(?:@media[^{]*{\s*)?:root[^{]*{/m);
	expect(colours(chosen ?? "")).toEqual(colours(system ?? ""));
});
