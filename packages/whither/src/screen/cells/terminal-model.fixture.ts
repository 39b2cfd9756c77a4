/** As much of a terminal as the screen uses: cursor position, colours, erasing. For tests. */
import { glyphsOf, widthOf } from "./width.ts";

const PIECES =
	// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
	/\u001b\[(\??)([\d;]*)([A-Za-z])|[^\u001b]+/gu;

/** One terminal. */
export class TerminalModel {
	readonly #columns: number;
	readonly #cells: string[];
	#at = 0;
	#style = "\u001b[0m";

	constructor(columns: number, rows: number) {
		this.#columns = columns;
		this.#cells = new Array<string>(columns * rows).fill("\u001b[0m ");
	}

	/** Each cell as its code and glyph; "" behind a wide one. */
	seen(): readonly string[] {
		return this.#cells;
	}

	write(text: string): void {
		for (const [whole, isPrivate, parameters = "", final] of text.matchAll(PIECES)) {
			if (final === undefined) this.#print(whole);
			else if (isPrivate !== "?") this.#obey(whole, parameters, final);
		}
	}

	#print(text: string): void {
		for (const glyph of glyphsOf(text)) {
			this.#cells[this.#at++] = `${this.#style}${glyph}`;
			if (widthOf(glyph) === 2) this.#cells[this.#at++] = "";
		}
	}

	#obey(whole: string, parameters: string, final: string): void {
		const [first = 1, second = 1] = parameters.split(";").map(Number);
		if (final === "H") this.#at = (first - 1) * this.#columns + second - 1;
		else if (final === "m") this.#style = whole;
		else if (final === "J") this.#cells.fill("\u001b[0m ");
		else if (final === "K") this.#cells.fill("\u001b[0m ", this.#at, this.#lineEnd());
		else throw new Error(`unknown: ${JSON.stringify(whole)}`);
	}

	#lineEnd(): number {
		return (Math.floor(this.#at / this.#columns) + 1) * this.#columns;
	}
}
