/** What is to be written for a terminal that shows one screen to show another: the cells that differ and nothing else. */
import type { Grid } from "./grid.ts";
import type { Palette } from "./palette.ts";

/** Synchronized output: the terminal shows what comes between all at once; those that do not know it ignore it. */
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";
const RESET = "\u001b[0m";
/** Erase from the cursor to the line's end (ECMA-48 8.3.41). */
const ERASE_TO_END = "\u001b[K";

/** Unchanged cells that are written again rather than skipped: moving the cursor takes about so many bytes. */
const SHORTEST_SKIP = 6;

/** "" where nothing differs; `before` null, or of another size: the whole screen is written. */
export function difference(before: Grid | null, after: Grid, palette: Palette): string {
	const old = before?.columns === after.columns && before.rows === after.rows ? before : null;
	const brush = new Brush(after, palette);
	for (let row = 0; row < after.rows; row++) {
		for (const [from, to] of changedRuns(old, after, row)) brush.write(row, from, to);
	}
	if (brush.text === "") return old === null ? `${BEGIN}${RESET}\u001b[2J${END}` : "";
	return `${BEGIN}${old === null ? `${RESET}\u001b[2J` : ""}${brush.text}${RESET}${END}`;
}

/** Runs of cells that differ, [from, to) in columns. On an empty screen blanks differ from nothing. */
function* changedRuns(old: Grid | null, after: Grid, row: number): Iterable<readonly [number, number]> {
	const { columns } = after;
	const start = row * columns;
	let from = -1;
	let last = -1;
	for (let column = 0; column < columns; column++) {
		if (!differs(old, after, start + column)) continue;
		if (from !== -1 && column - last > SHORTEST_SKIP) {
			yield [from, last + 1];
			from = -1;
		}
		if (from === -1) from = column;
		last = column;
	}
	if (from !== -1) yield [from, last + 1];
}

function differs(old: Grid | null, after: Grid, at: number): boolean {
	if (old === null) return after.glyphs[at] !== " " || after.styles[at] !== 0;
	return old.glyphs[at] !== after.glyphs[at] || old.styles[at] !== after.styles[at];
}

/** What is written, and the style that the terminal writes in by now. */
class Brush {
	text = "";
	readonly #grid: Grid;
	readonly #palette: Palette;
	#style = -1;

	constructor(grid: Grid, palette: Palette) {
		this.#grid = grid;
		this.#palette = palette;
	}

	write(row: number, first: number, end: number): void {
		const { columns, glyphs } = this.#grid;
		const start = row * columns;
		// Half of a wide glyph cannot be written.
		const from = glyphs[start + first] === "" && first > 0 ? first - 1 : first;
		const blanks = this.#blanksBehind(start, from, end);
		this.#moveTo(row, from);
		for (let column = from; column < blanks; column++) this.#put(row, column);
		if (blanks === end) return;
		this.#paint(0);
		this.text += ERASE_TO_END;
	}

	/** Where the plain blanks begin that go on to the line's end; the run's end, where few or none are there. */
	#blanksBehind(start: number, from: number, end: number): number {
		const { columns, glyphs, styles } = this.#grid;
		let blank = columns;
		while (blank > from && glyphs[start + blank - 1] === " " && styles[start + blank - 1] === 0) blank--;
		return end - blank > ERASE_TO_END.length ? blank : end;
	}

	#put(row: number, column: number): void {
		const { columns, glyphs, styles } = this.#grid;
		const at = row * columns + column;
		const glyph = glyphs[at] ?? " ";
		if (glyph === "") {
			// Terminals differ in how wide they take such a glyph to be.
			this.#moveTo(row, column + 1);
			return;
		}
		this.#paint(styles[at] ?? 0);
		this.text += glyph;
	}

	#paint(style: number): void {
		if (style === this.#style) return;
		this.#style = style;
		this.text += this.#palette(style);
	}

	/** Cursor position (ECMA-48 8.3.21). */
	#moveTo(row: number, column: number): void {
		this.text += `\u001b[${row + 1};${column + 1}H`;
	}
}
