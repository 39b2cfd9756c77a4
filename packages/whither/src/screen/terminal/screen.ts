/** Draws lines on a terminal: only what has changed, at most ten times a second, keys at once. */
import { difference } from "../cells/diff.ts";
import { type Grid, layOut } from "../cells/grid.ts";
import type { Key } from "../cells/key-reader.ts";
import type { Line } from "../cells/line.ts";
import { paintedText } from "../cells/painted-text.ts";
import type { Palette } from "../cells/palette.ts";
import type { Terminal } from "./terminal.ts";

/** What is on the screen, and who hears the keys. */
export interface Shown {
	readonly lines: (size: Terminal["size"]) => readonly Line[];
	readonly key: (key: Key) => void;
	/** Nobody is there any more. */
	readonly gone: () => void;
}

/** From one frame to the next, unless a key was pressed. */
const FRAME_MS = 100;

/** One screen. */
export class Screen {
	readonly #terminal: Terminal;
	readonly #palette: Palette;
	readonly #shown: Shown;
	#grid: Grid | null = null;
	#drawnAtMs = Number.NEGATIVE_INFINITY;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#isOpen = false;

	constructor(terminal: Terminal, palette: Palette, shown: Shown) {
		this.#terminal = terminal;
		this.#palette = palette;
		this.#shown = shown;
	}

	open(): void {
		this.#isOpen = true;
		const { key, gone } = this.#shown;
		this.#terminal.open({
			key: (pressed) => {
				key(pressed);
				this.#drawIn(0);
			},
			spoiled: () => this.redraw(),
			gone,
		});
		this.#draw();
	}

	/** Something is new; it is seen with the next frame. */
	changed(): void {
		this.#drawIn(Math.max(0, this.#drawnAtMs + FRAME_MS - performance.now()));
	}

	/** Draw everything anew, whatever the terminal shows. */
	redraw(): void {
		this.#grid = null;
		this.#drawIn(0);
	}

	suspend(): void {
		this.#terminal.suspend();
	}

	/** Give the terminal back; the text of what was shown last, for whoever wants it to stay. */
	close(): string {
		this.#isOpen = false;
		if (this.#timer !== null) clearTimeout(this.#timer);
		const size = this.#terminal.size;
		this.#terminal.close();
		return paintedText(layOut(this.#shown.lines(size), size.columns, size.rows), this.#palette);
	}

	#drawIn(delayMs: number): void {
		if (!this.#isOpen || (this.#timer !== null && delayMs > 0)) return;
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = setTimeout(() => {
			this.#timer = null;
			this.#draw();
		}, delayMs);
	}

	#draw(): void {
		if (!this.#isOpen) return;
		const size = this.#terminal.size;
		const grid = layOut(this.#shown.lines(size), size.columns, size.rows);
		this.#drawnAtMs = performance.now();
		const text = difference(this.#grid, grid, this.#palette);
		if (text === "" || this.#terminal.write(text)) this.#grid = grid;
		else this.changed();
	}
}
