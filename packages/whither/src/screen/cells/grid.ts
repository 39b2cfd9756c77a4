/** The screen as cells: which glyph stands where, and in which style. */
import { type Line, ROLES, type Role } from "./line.ts";
import { glyphsOf, isSimple, widthOf } from "./width.ts";

/** One screen; rows one after the other. A wide glyph stands in its first cell, and "" in the one behind it. */
export interface Grid {
	readonly columns: number;
	readonly rows: number;
	readonly glyphs: readonly string[];
	/** Index of the role in `ROLES`; and `SELECTED` added for what is reversed. */
	readonly styles: Uint8Array;
}

/** Added to a style. */
export const SELECTED = 0x80;

/** What does not show, or would move the cursor: a stranger's name must not get so far, and if it does it ends here. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const STYLE_OF: ReadonlyMap<Role, number> = new Map(ROLES.map((role, index) => [role, index]));

/** Lines laid out; what does not fit is left out, what is missing is blank. */
export function layOut(lines: readonly Line[], columns: number, rows: number): Grid {
	const glyphs = new Array<string>(columns * rows).fill(" ");
	const styles = new Uint8Array(columns * rows);
	for (let row = 0; row < Math.min(rows, lines.length); row++) {
		const line = lines[row];
		if (line === undefined) continue;
		if (line.isSelected) styles.fill(SELECTED, row * columns, (row + 1) * columns);
		fillRow(line, { glyphs, styles, columns, start: row * columns });
	}
	return { columns, rows, glyphs, styles };
}

interface Row {
	readonly glyphs: string[];
	readonly styles: Uint8Array;
	readonly columns: number;
	readonly start: number;
}

function fillRow({ spans, isSelected }: Line, { glyphs, styles, columns, start }: Row): void {
	let at = 0;
	for (const { text, role } of spans) {
		const style = (STYLE_OF.get(role) ?? 0) + (isSelected ? SELECTED : 0);
		if (isSimple(text)) {
			const end = Math.min(columns, at + text.length);
			for (let column = at; column < end; column++) glyphs[start + column] = text[column - at] ?? " ";
			styles.fill(style, start + at, start + end);
			at = end;
			continue;
		}
		for (const glyph of glyphsOf(text)) {
			const width = CONTROL.test(glyph) ? 1 : Math.min(2, widthOf(glyph));
			if (width === 0) continue;
			if (at + width > columns) return;
			glyphs[start + at] = CONTROL.test(glyph) ? "?" : glyph;
			styles[start + at] = style;
			if (width === 2) {
				glyphs[start + at + 1] = "";
				styles[start + at + 1] = style;
			}
			at += width;
		}
	}
}

/** The screen as text, a line a row, blanks at the end left out. */
export function gridText({ columns, rows, glyphs }: Grid): string {
	const lines = Array.from({ length: rows }, (_, row) => glyphs.slice(row * columns, (row + 1) * columns).join(""));
	return `${lines.map((text) => text.trimEnd()).join("\n")}\n`;
}
