// Part "connect": how long it takes until both ends are connected, beside others' agents.
import { median } from "../trace/figures.mjs";
import { print, verdict } from "../turn/rounds.mjs";
import { enter } from "./cells.mjs";
import { meet, openEnds } from "./meeting.mjs";

/** Fresh processes for every meeting, as users have; each kind in turn within every round, the first of which warms up. */
async function measureCell(place, cell, { kinds, rounds, cold }) {
	const seen = Object.fromEntries(kinds.map((kind) => [kind, []]));
	for (let round = 0; round <= rounds; round++) {
		for (const kind of round % 2 === 0 ? kinds : [...kinds].reverse()) {
			await place.lab.forget();
			const ends = await openEnds(place, { hosts: cell.hosts, kind, words: cold ? ["cold"] : [] });
			const met = await meet(ends, place, { order: cell.order, ...(kind === "whither" && { way: cell.way }) });
			await ends.close();
			if (round > 0) seen[kind].push(met);
		}
	}
	return seen;
}

/** What came of the meetings of one kind in one cell. */
export function summary(meetings) {
	const numbers = (name) => meetings.flatMap((met) => (met[name] === undefined ? [] : [met[name]]));
	const times = numbers("ms");
	return {
		runs: meetings.length,
		failures: meetings.filter(({ failure }) => failure !== undefined).map(({ failure }) => failure),
		relays: meetings.filter(({ way }) => way === "relay").length,
		relaysFirst: meetings.filter(({ first }) => first === "relay").length,
		...(times.length > 0 && { minimumMs: Math.min(...times), medianMs: median(times), maximumMs: Math.max(...times) }),
		...(times.length > 0 && { selectedMs: median(numbers("selectedMs")) }),
	};
}

/** Ours against the best of the others. */
function judge({ most, way, name }, seen) {
	const kinds = Object.fromEntries(Object.entries(seen).map(([kind, meetings]) => [kind, summary(meetings)]));
	const { whither, ...others } = kinds;
	const medians = Object.values(others).flatMap(({ medianMs }) => (medianMs === undefined ? [] : [medianMs]));
	const best = medians.length === 0 ? null : Math.min(...medians);
	const ratio = best === null || whither?.medianMs === undefined ? null : whither.medianMs / best;
	const isMissed =
		whither !== undefined &&
		(whither.failures.length > 0 || (way === "direct" && whither.relays > 0) || (ratio !== null && ratio > most));
	return { name, way, most, kinds, best, ratio, isMissed };
}

const COLUMNS = ["", "agent", "min ms", "median", "max", "settled", "relay", "failed", "x best other", "limit", ""];

function rowsOf({ name, most, kinds, ratio, isMissed }) {
	return Object.entries(kinds).map(
		([kind, { minimumMs, medianMs, maximumMs, selectedMs, relays, runs, failures }], index) => {
			const counts = [`${relays} of ${runs}`, failures.length];
			const verdictOf = isMissed ? "MISSED" : verdict(ratio, { most });
			const limit = kind === "whither" ? [ratio, most, verdictOf] : ["", "", ""];
			return [
				index === 0 ? name : "",
				kind,
				minimumMs,
				medianMs,
				maximumMs,
				kind === "whither" ? selectedMs : null,
				...counts,
				...limit,
			];
		},
	);
}

/** Prints the table; `isMissed` where a limit is. */
export async function measureConnect({ place, kinds, rounds, cold, cells }) {
	const figures = [];
	for (const cell of cells) {
		await enter(place, cell);
		figures.push(judge(cell, await measureCell(place, cell, { kinds, rounds, cold })));
		const { name, kinds: byKind } = figures.at(-1);
		for (const { failures } of Object.values(byKind))
			for (const failure of failures) console.error(`${name}: ${failure}`);
	}
	print(
		"From both being told to begin, gathering included, until both are connected",
		COLUMNS,
		figures.flatMap(rowsOf),
	);
	return figures;
}
