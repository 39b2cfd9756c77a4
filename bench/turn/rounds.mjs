// Both servers in turn within every round, what came of it as medians, and whether it holds.
import { formatTable, median, medians } from "../trace/figures.mjs";

/** The first round warms up and is dropped. A list for each server that runs, by its kind. */
export async function inTurn({ rounds, servers }, measure) {
	const seen = Object.fromEntries(servers.map(({ kind }) => [kind, []]));
	for (let round = 0; round <= rounds; round++) {
		for (const running of round % 2 === 0 ? servers : [...servers].reverse()) {
			const figures = await measure(running);
			if (round > 0) seen[running.kind].push(figures);
		}
	}
	return seen;
}

/** Medians of each server, and of ours divided by coturn's in the same round; null for who does not run. */
export function compared(seen, name) {
	const [coturn, whither] = ["coturn", "whither"].map((kind) =>
		seen[kind] === undefined ? null : medians(seen[kind]),
	);
	if (coturn === null || whither === null) return { coturn, whither, ratio: null };
	const ratios = seen.whither.map((ours, round) => ours[name] / seen.coturn[round][name]);
	return { coturn, whither, ratio: median(ratios) };
}

/** Whether a figure is within its limit, in a word; `-` for one that there is not. */
export function verdict(value, { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY }) {
	if (value === null || value === undefined) return "-";
	return value <= most && value >= least ? "holds" : "MISSED";
}

/** Prints a part: its heading, then its table. */
export function print(heading, columns, rows) {
	console.log(`\n${heading}`);
	console.log(formatTable(columns, rows));
}
