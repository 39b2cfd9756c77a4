/** How many columns text takes, and text cut to so many. */
import stringWidth from "string-width";

/** Text of one column a character, which nearly all is: asked first, since it costs next to nothing. */
const SIMPLE = /^[\u0020-\u007e\u2581-\u2588\u2800-\u28ff]*$/;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Whether every character is a glyph of one column. */
export function isSimple(text: string): boolean {
	return SIMPLE.test(text);
}

/** Columns of a terminal that the text takes. */
export function widthOf(text: string): number {
	return isSimple(text) ? text.length : stringWidth(text);
}

/** What stands in one cell or two: a letter with its marks. */
export function glyphsOf(text: string): Iterable<string> {
	return isSimple(text) ? text : graphemes(text);
}

function* graphemes(text: string): Iterable<string> {
	for (const { segment } of segmenter.segment(text)) yield segment;
}

/** The text's beginning, at most so many columns. */
export function clip(text: string, width: number): string {
	if (width <= 0) return "";
	if (isSimple(text)) return text.slice(0, width);
	let kept = "";
	let used = 0;
	for (const glyph of graphemes(text)) {
		used += widthOf(glyph);
		if (used > width) break;
		kept += glyph;
	}
	return kept;
}

/** Blanks behind the text until it is so wide. */
export function padEnd(text: string, width: number): string {
	return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Blanks before it. */
export function padStart(text: string, width: number): string {
	return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}
