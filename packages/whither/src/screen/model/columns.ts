/** The columns of the hop table by their letters: mtr's, and three of our own. */
import type { HopSummary, RttSummary } from "@whither/core";
import { figure } from "../views/figures.ts";

/** One column. */
export interface Column {
	readonly letter: string;
	/** Its head. */
	readonly title: string;
	readonly says: string;
	readonly width: number;
	readonly value: (hop: HopSummary) => string;
}

/** Loss, sent, and round trips. */
export const DEFAULT_COLUMNS = "LS NABWV";
/** What takes the place of these where the screen is wide. */
const WIDE_COLUMNS = "LSR NABWV GJMXI mut";
const WIDE = 120;
/** Lost, received, and how they vary; `j` goes to and fro. */
export const JITTER_COLUMNS = "DR AGJMXI";

function rttColumn(letter: string, title: string, says: string, of: (rtt: RttSummary) => number): Column {
	return { letter, title, says, width: 5, value: ({ rtt }) => (rtt === null ? "" : figure(of(rtt))) };
}

function countColumn(letter: string, title: string, says: string, of: (hop: HopSummary) => number): Column {
	return { letter, title, says, width: 5, value: (hop) => String(of(hop)) };
}

/** All there are, in the order in which help lists them. */
export const COLUMNS: readonly Column[] = [
	{
		letter: "L",
		title: "Loss%",
		says: "loss ratio",
		width: 6,
		value: ({ lossRatio }) => (lossRatio === null ? "" : `${(lossRatio * 100).toFixed(1)}%`),
	},
	countColumn("D", "Drop", "lost packets", ({ lost }) => lost),
	countColumn("R", "Rcv", "answers", ({ received }) => received),
	countColumn("S", "Snt", "sent packets", ({ sent }) => sent),
	rttColumn("N", "Last", "newest round trip, ms", ({ lastNs }) => lastNs),
	rttColumn("B", "Best", "best", ({ bestNs }) => bestNs),
	rttColumn("A", "Avg", "average", ({ avgNs }) => avgNs),
	rttColumn("W", "Wrst", "worst", ({ worstNs }) => worstNs),
	rttColumn("V", "StDv", "standard deviation", ({ stddevNs }) => stddevNs),
	rttColumn("G", "Gmea", "geometric mean", ({ gmeanNs }) => gmeanNs),
	rttColumn("J", "Jttr", "current jitter", ({ jitterNs }) => jitterNs),
	rttColumn("M", "Javg", "mean jitter", ({ jitterAvgNs }) => jitterAvgNs),
	rttColumn("X", "Jmax", "worst jitter", ({ jitterWorstNs }) => jitterWorstNs),
	rttColumn("I", "Jint", "interarrival jitter (RFC 3550)", ({ jitterInterarrivalNs }) => jitterInterarrivalNs),
	rttColumn("m", "p50", "median", ({ p50Ns }) => p50Ns),
	rttColumn("u", "p95", "95 of 100 are no slower", ({ p95Ns }) => p95Ns),
	rttColumn("t", "p99", "99 of 100 are no slower", ({ p99Ns }) => p99Ns),
];

const BY_LETTER: ReadonlyMap<string, Column> = new Map(COLUMNS.map((column) => [column.letter, column]));

/** The letters that are shown on a screen so wide. */
export function lettersOn(letters: string, width: number): string {
	return letters === DEFAULT_COLUMNS && width >= WIDE ? WIDE_COLUMNS : letters;
}

/** The columns that the letters name; a blank is a gap (null). Null: a letter names none. */
export function columnsOf(letters: string): readonly (Column | null)[] | null {
	const columns = [...letters].map((letter) => (letter === " " ? null : (BY_LETTER.get(letter) ?? undefined)));
	return columns.some((column) => column === undefined) ? null : (columns as readonly (Column | null)[]);
}
