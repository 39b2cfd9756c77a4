import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { difference } from "./diff.ts";
import { type Grid, gridText, layOut } from "./grid.ts";
import { cell, line, ROLES, selected, span } from "./line.ts";
import { paletteOf } from "./palette.ts";
import { TerminalModel } from "./terminal-model.fixture.ts";
import { clip, widthOf } from "./width.ts";

const palette = paletteOf(true);

describe("a grid", () => {
	it("has wide letters in two cells and marks with their letters", () => {
		const { glyphs } = layOut([line("日本 e\u0301x")], 8, 1);
		expect(glyphs).toEqual(["日", "", "本", "", " ", "e\u0301", "x", " "]);
	});
	it("leaves out what does not fit, and never half of a letter", () => {
		expect(gridText(layOut([line("abcdef"), line("ab日")], 3, 2))).toBe("abc\nab\n");
	});
	it("shows control characters as what they are: none of ours", () => {
		expect(gridText(layOut([line("a\u001b[2Jb\u009bc")], 10, 1))).toBe("a?[2Jb?c\n");
	});
	it("a cell is exactly so wide", () => {
		for (const text of ["", "short", "much longer than that", "日本日本日本日本"])
			for (const width of [0, 1, 2, 5, 8]) expect(widthOf(cell("plain", text, width).text)).toBe(width);
	});
	it("a clipped text is no wider than asked for", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
				expect(widthOf(clip(text, width))).toBeLessThanOrEqual(width);
			}),
			{ numRuns: 200 },
		);
	});
});

describe("what is written for a change", () => {
	it("is nothing where nothing changed", () => {
		const grid = layOut([line("abc")], 10, 2);
		expect(difference(grid, layOut([line("abc")], 10, 2), palette)).toBe("");
	});
	it("is the cells that changed, in one frame", () => {
		const before = layOut([line("round 1 of a trace")], 30, 2);
		const after = layOut([line("round 2 of a trace")], 30, 2);
		expect(difference(before, after, palette)).toBe("\u001b[?2026h\u001b[1;7H\u001b[0m2\u001b[0m\u001b[?2026l");
	});
	it("makes any screen of any other", () => {
		const piece = fc.record({
			text: fc.constantFrom("", "a", "hop 12", "      ", "日本", "▁▂█", "e\u0301"),
			role: fc.constantFrom(...ROLES),
		});
		const row = fc.tuple(fc.array(piece, { maxLength: 5 }), fc.boolean());
		const screen = fc.array(row, { maxLength: 5 }).map((rows): Grid => {
			const lines = rows.map(([spans, isSelected]) => {
				const made = line(...spans.map(({ role, text }) => span(role, text)));
				return isSelected ? selected(made) : made;
			});
			return layOut(lines, 17, 4);
		});
		fc.assert(
			fc.property(screen, screen, (first, second) => {
				const terminal = new TerminalModel(17, 4);
				terminal.write(difference(null, first, palette));
				expect(terminal.seen()).toEqual(seenOf(first));
				terminal.write(difference(first, second, palette));
				expect(terminal.seen()).toEqual(seenOf(second));
			}),
			{ numRuns: 300 },
		);
	});
});

/** Glyphs with their codes, as a terminal would have them. */
function seenOf({ glyphs, styles }: Grid): readonly string[] {
	return glyphs.map((glyph, at) => (glyph === "" ? "" : `${palette(styles[at] ?? 0)}${glyph}`));
}
