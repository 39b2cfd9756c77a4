/** A screen as lines of text with their colours, for a terminal that it is left on. */
import type { Grid } from "./grid.ts";
import type { Palette } from "./palette.ts";

const RESET = "\u001b[0m";

/** Blanks at the end of lines and empty lines at the end are left out. */
export function paintedText(grid: Grid, palette: Palette): string {
	const lines = Array.from({ length: grid.rows }, (_, row) => paintedLine(grid, row, palette));
	const last = lines.findLastIndex((text) => text !== "");
	return lines
		.slice(0, last + 1)
		.map((text) => `${text}\n`)
		.join("");
}

function paintedLine({ columns, glyphs, styles }: Grid, row: number, palette: Palette): string {
	const start = row * columns;
	let end = columns;
	while (end > 0 && glyphs[start + end - 1] === " " && styles[start + end - 1] === 0) end--;
	let text = "";
	let style = 0;
	for (let at = start; at < start + end; at++) {
		const next = styles[at] ?? 0;
		if (next !== style) text += palette(next);
		style = next;
		text += glyphs[at] ?? "";
	}
	return style === 0 ? text : `${text}${RESET}`;
}
