/** What the line chart draws of a past. */
import { type HistoryBook, meanNs } from "./history-book.ts";

/** Columns as uPlot takes them: seconds since 1970, then milliseconds of each hop. */
export interface ChartData {
	readonly columns: [number[], ...(number | null)[][]];
	readonly ttls: readonly number[];
}

/** `startedAt` is a moment as ISO 8601 writes it; `ttls` the hops to draw. */
export function chartData(book: HistoryBook, startedAt: string, ttls: readonly number[]): ChartData {
	const start = Date.parse(startedAt) / 1000;
	const width = book.widthNs / 1e9;
	const origin = Number.isFinite(start) ? start : 0;
	// Slots in which nothing was sent at all are left out, so that rounds slower than slots still make lines.
	const used = Array.from({ length: book.length }, (_, slot) => slot).filter((slot) =>
		book.ttls.some((ttl) => book.slots(ttl)[slot] !== undefined),
	);
	const times = used.map((slot) => origin + (slot + 0.5) * width);
	const lines = ttls.map((ttl) =>
		used.map((slot) => {
			const mean = meanNs(book.slots(ttl)[slot]);
			return mean === null ? null : mean / 1e6;
		}),
	);
	return { columns: [times, ...lines], ttls };
}
