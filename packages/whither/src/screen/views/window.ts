/** What is seen of more lines than there is room for. */
import type { Line } from "../cells/line.ts";

/** So many of the lines that the one at `at` is among them, with as much before it as behind where that can be. */
export function windowed(lines: readonly Line[], at: number, height: number): readonly Line[] {
	if (height <= 0) return [];
	const first = Math.min(Math.max(0, at - Math.floor(height / 2)), Math.max(0, lines.length - height));
	return lines.slice(first, first + height);
}

/** From the line `scroll` on; no further than that the last stands at the end. */
export function scrolled(
	lines: readonly Line[],
	scroll: number,
	height: number,
): { readonly lines: readonly Line[]; readonly scroll: number } {
	const first = Math.min(Math.max(0, scroll), Math.max(0, lines.length - Math.max(0, height)));
	return { lines: lines.slice(first, first + Math.max(0, height)), scroll: first };
}
