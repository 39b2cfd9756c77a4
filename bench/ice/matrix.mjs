// Part "matrix": every pair of kinds of NAT, over and over: no meeting may fail, and none be relayed that need not be.
import { bestWayBetween } from "@whither/lab";
import { print } from "../turn/rounds.mjs";
import { enter, everyPair } from "./cells.mjs";
import { summary } from "./connect.mjs";
import { meet, openEnds, part } from "./meeting.mjs";

/** Flows of so many meetings are forgotten at once. */
const FORGET_EVERY = 10;

async function measureCell(place, cell, { runs }) {
	const meetings = [];
	let ends = await openEnds(place, { hosts: cell.hosts, kind: "whither" });
	for (let run = 0; run < runs; run++) {
		if (run % FORGET_EVERY === 0) await place.lab.forget();
		const met = await meet(ends, place, { way: cell.way });
		meetings.push(met);
		if (met.failure === undefined) await part(ends);
		else {
			console.error(`${cell.name}, run ${run + 1}: ${met.failure}`);
			await ends.close();
			ends = await openEnds(place, { hosts: cell.hosts, kind: "whither" });
		}
	}
	await ends.close();
	return summary(meetings);
}

const COLUMNS = ["", "way", "runs", "relayed", "at first", "failed", "min ms", "median", "max", ""];

/** The same two processes for all meetings of a cell. */
export async function measureMatrix({ place, runs, pattern }) {
	const figures = [];
	for (const cell of everyPair(bestWayBetween).filter(({ name }) => name.includes(pattern))) {
		await enter(place, cell);
		const figure = await measureCell(place, cell, { runs });
		const wrong = cell.way === "direct" ? figure.relaysFirst : runs - figure.failures.length - figure.relays;
		figures.push({ name: cell.name, way: cell.way, ...figure, isMissed: figure.failures.length > 0 || wrong > 0 });
	}
	const rows = figures.map(({ name, way, runs: count, relays, relaysFirst, failures, isMissed, ...times }) => [
		...[name, way, count, relays, relaysFirst, failures.length, times.minimumMs, times.medianMs, times.maximumMs],
		isMissed ? "MISSED" : "holds",
	]);
	print("Every pair of kinds, ours alone", COLUMNS, rows);
	return figures;
}
