/** The characters that pictures are made of: blocks of Unicode, or ASCII where a terminal has no more. */

/** Which are to be used. */
export type Charset = "unicode" | "ascii";

/** From least to most. */
const BARS: Readonly<Record<Charset, readonly string[]>> = {
	unicode: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
	ascii: [".", ":", "-", "=", "+", "*", "#", "@"],
};

/** A bar of one cell; `ratio` from 0 to 1. */
export function bar(ratio: number, charset: Charset): string {
	const bars = BARS[charset];
	const index = Math.min(bars.length - 1, Math.max(0, Math.floor(ratio * bars.length)));
	return bars[index] ?? " ";
}

/** One cell of a bar that is `filled` cells high, as seen `above` cells from its foot. */
export function barCell(filled: number, above: number, charset: Charset): string {
	const here = filled - above;
	if (here <= 0) return " ";
	if (charset === "ascii") return here >= 0.5 || above === 0 ? "#" : " ";
	return here >= 1 ? "█" : bar(here, charset);
}

/** A lost probe. */
export const LOST = "x";
/** The selected row. */
export const POINTER = ">";
