/** A sentence in lines. */
import { widthOf } from "../cells/width.ts";

/** Folded at blanks; a word that is longer than a line stands alone and is cut by the screen. */
export function folded(text: string, width: number): readonly string[] {
	const lines: string[] = [];
	for (const word of text.split(" ")) {
		const last = lines.at(-1);
		if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
		else lines.push(word);
	}
	return lines;
}
