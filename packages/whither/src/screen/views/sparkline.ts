/** A hop's history in one line: the height of a bar is a round trip, a cross a lost probe. */
import type { HopSummary } from "@whither/core";
import { type Role, type Span, span } from "../cells/line.ts";
import { bar, type Charset, LOST } from "./glyphs.ts";
import { lossWord } from "./loss.ts";
import { historyColumns, type Range } from "./scale.ts";

/** How it is drawn. */
export interface SparklineStyle {
	readonly width: number;
	readonly range: Range;
	readonly charset: Charset;
	/** Samples a column. */
	readonly zoom: number;
	/** Answered or not, and nothing of how fast. */
	readonly isPlain: boolean;
}

/** From here on a round trip is shown as slow: this share of a whole bar. */
const SLOW = 0.9;

/** The latest samples, flush with the right end. */
export function sparkline(hop: HopSummary, style: SparklineStyle): readonly Span[] {
	const { width, range, charset, zoom, isPlain } = style;
	const columns = width <= 0 ? [] : historyColumns(hop.recent, width, zoom);
	const lossRole = lossWord(hop).role;
	const spans: Span[] = [];
	let role: Role = "plain";
	let text = " ".repeat(Math.max(0, width - columns.length));
	// Neighbours of one role are one piece.
	const put = (next: Role, glyph: string): void => {
		if (next !== role) {
			if (text !== "") spans.push(span(role, text));
			role = next;
			text = "";
		}
		text += glyph;
	};
	for (const { rttNs, lost } of columns) {
		const ratio = rttNs === null ? 0 : ratioOf(rttNs, range);
		if (rttNs === null) put(lossRole === "plain" ? "dim" : lossRole, LOST);
		else if (isPlain) put(lost > 0 ? "slow" : "good", lost > 0 ? ":" : ".");
		else put(ratio > SLOW ? "slow" : "good", bar(ratio, charset));
	}
	spans.push(span(role, text));
	return spans;
}

/** From 0 to 1; by the root, so that short ones differ too. */
function ratioOf(rttNs: number, { fromNs, toNs }: Range): number {
	return toNs <= fromNs ? 0 : Math.sqrt(Math.max(0, rttNs - fromNs) / (toNs - fromNs));
}
