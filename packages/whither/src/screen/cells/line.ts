/** A line of the screen as views make it: pieces of text, each with what it means; how that looks is the palette's to say. */
import { clip, isSimple, padEnd, padStart, widthOf } from "./width.ts";

/**
 * What a piece of text is. `targetLoss`, `transitLoss`, `rateLimit` and `silent` are kinds of missing answers, which always have a
 * word or a mark as well; `mark` is what a reader should see at a hop, `key` what may be pressed.
 */
export type Role =
	| "plain"
	| "dim"
	| "strong"
	| "title"
	| "good"
	| "targetLoss"
	| "transitLoss"
	| "rateLimit"
	| "silent"
	| "slow"
	| "mark"
	| "key"
	| "land";

/** Roles in the order by which cells name them. */
export const ROLES: readonly Role[] = [
	"plain",
	"dim",
	"strong",
	"title",
	"good",
	"targetLoss",
	"transitLoss",
	"rateLimit",
	"silent",
	"slow",
	"mark",
	"key",
	"land",
];

/** One piece. */
export interface Span {
	readonly text: string;
	readonly role: Role;
}

/** One line; a selected one is shown reversed as a whole, and has a mark of its own in the text. */
export interface Line {
	readonly spans: readonly Span[];
	readonly isSelected: boolean;
}

/** A line of pieces; a string is a plain one. */
export function line(...pieces: readonly (Span | string)[]): Line {
	return {
		spans: pieces.map((piece) => (typeof piece === "string" ? span("plain", piece) : piece)),
		isSelected: false,
	};
}

/** The same line, selected. */
export function selected(row: Line): Line {
	return { ...row, isSelected: true };
}

/** One piece of text. */
export function span(role: Role, text: string): Span {
	return { role, text };
}

/** Columns that pieces take. */
export function spansWidth(spans: readonly Span[]): number {
	return spans.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** A piece exactly so wide: cut with a mark where it is longer. */
export function cell(role: Role, text: string, width: number, side: "left" | "right" = "left"): Span {
	if (width <= 0) return span(role, "");
	if (isSimple(text)) {
		const simple = text.length <= width ? text : `${text.slice(0, width - 1)}~`;
		return span(role, side === "left" ? simple.padEnd(width) : simple.padStart(width));
	}
	const fits = widthOf(text) <= width ? text : `${clip(text, width - 1)}~`;
	return span(role, side === "left" ? padEnd(fits, width) : padStart(fits, width));
}

/** Pieces on the left and on the right of a line so wide; the left ones give way. */
export function leftAndRight(left: readonly Span[], right: readonly Span[], width: number): Line {
	const room = width - spansWidth(right);
	const kept = clipSpans(left, Math.max(0, room - 1));
	const gap = " ".repeat(Math.max(0, room - spansWidth(kept)));
	return line(...kept, gap, ...right);
}

/** As many of the pieces as fit. */
export function clipSpans(spans: readonly Span[], width: number): readonly Span[] {
	const kept: Span[] = [];
	let room = width;
	for (const piece of spans) {
		if (room <= 0) break;
		const text = clip(piece.text, room);
		kept.push({ ...piece, text });
		room -= widthOf(text);
	}
	return kept;
}

/** What a line says, without its looks. */
export function plainText({ spans }: Line): string {
	return spans.map(({ text }) => text).join("");
}
