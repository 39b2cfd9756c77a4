/** How high a round trip is drawn. */
import type { HopSummary } from "@whither/core";

/** Round trips of the latest `count` samples of some hops: the longest; 0: there are none. */
export function longestRtt(hops: readonly Pick<HopSummary, "recent">[], count: number): number {
	let longest = 0;
	for (const { recent } of hops) {
		for (let index = Math.max(0, recent.length - count); index < recent.length; index++)
			longest = Math.max(longest, recent[index] ?? 0);
	}
	return longest;
}

/** From the shortest to the longest of the latest `count` samples of a hop, and somewhat more where these are nearly the same. */
export function rangeOf({ recent }: Pick<HopSummary, "recent">, count: number): Range {
	let least = Number.POSITIVE_INFINITY;
	let most = 0;
	for (let index = Math.max(0, recent.length - count); index < recent.length; index++) {
		const rtt = recent[index] ?? null;
		if (rtt === null) continue;
		least = Math.min(least, rtt);
		most = Math.max(most, rtt);
	}
	if (least > most) return { fromNs: 0, toNs: 0 };
	return { fromNs: least, toNs: Math.max(most, least * LEAST_RANGE) };
}

/** What the lowest and the highest bar stand for. */
export interface Range {
	readonly fromNs: number;
	readonly toNs: number;
}

/** Round trips that vary by less than a tenth are a flat line. */
const LEAST_RANGE = 1.1;

/** One, two or five times a power of ten, no smaller than the value. */
export function roundUp(value: number): number {
	if (value <= 0) return 1;
	const power = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? value;
}

/** One column of a history: the mean of the answers in it, how many were lost, and of how many samples. */
export interface HistoryColumn {
	readonly rttNs: number | null;
	readonly lost: number;
	readonly samples: number;
}

function singleColumn(rttNs: number | null): HistoryColumn {
	return { rttNs, lost: rttNs === null ? 1 : 0, samples: 1 };
}

/** The latest samples as columns, oldest first, `zoom` samples each; the last may have fewer. */
export function historyColumns(
	recent: readonly (number | null)[],
	columns: number,
	zoom: number,
): readonly HistoryColumn[] {
	if (zoom === 1) return recent.slice(-Math.max(1, columns)).map(singleColumn).slice(0, columns);
	const made: HistoryColumn[] = [];
	const whole = Math.ceil(recent.length / zoom);
	for (let index = Math.max(0, whole - columns); index < whole; index++) {
		const samples = recent.slice(index * zoom, (index + 1) * zoom);
		const answered = samples.filter((sample) => sample !== null);
		const sum = answered.reduce((total, rtt) => total + rtt, 0);
		const rttNs = answered.length === 0 ? null : sum / answered.length;
		made.push({ rttNs, lost: samples.length - answered.length, samples: samples.length });
	}
	return made;
}
