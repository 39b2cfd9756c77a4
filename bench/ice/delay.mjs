// Part "delay": what a longer way adds to our own time, in round trips of that way.
import { print, verdict } from "../turn/rounds.mjs";
import { enter } from "./cells.mjs";
import { summary } from "./connect.mjs";
import { meet, openEnds } from "./meeting.mjs";

const MOST = { direct: 3, relay: 4 };

async function measureCell(place, cell, { rounds, signallingMs }) {
	const meetings = [];
	for (let round = 0; round <= rounds; round++) {
		await place.lab.forget();
		const ends = await openEnds(place, { hosts: cell.hosts, kind: "whither", signallingMs });
		const met = await meet(ends, place);
		await ends.close();
		if (round > 0) meetings.push(met);
	}
	return summary(meetings);
}

const COLUMNS = ["", "signalling ms", "near ms", "far min", "far median", "far max", "adds RTT", "limit", "failed", ""];

/** The same cells in two labs, one of them with the delay. */
export async function measureDelay({ place, openFar, rounds, cells: asked, roundTripMs = 40 }) {
	const cells = asked.filter(({ hosts }) => hosts.includes("lanB"));
	const far = await openFar(roundTripMs);
	const figures = [];
	try {
		for (const cell of cells) {
			for (const each of [place, far]) await enter(each, cell);
			const near = await measureCell(place, cell, { rounds, signallingMs: 0 });
			// Once as if the two sat beside their signalling, and once as far from it as from each other.
			for (const signallingMs of [0, roundTripMs / 2]) {
				const there = await measureCell(far, cell, { rounds, signallingMs });
				const adds = (there.medianMs - near.medianMs) / roundTripMs;
				const most = MOST[cell.way];
				const isMissed = !(adds <= most) || near.failures.length + there.failures.length > 0;
				figures.push({ name: cell.name, signallingMs, near, far: there, adds, most, isMissed });
			}
		}
	} finally {
		await far.close();
	}
	const rows = figures.map(({ name, signallingMs, near, far: there, adds, most, isMissed }) => [
		...[name, signallingMs, near.medianMs, there.minimumMs, there.medianMs, there.maximumMs, adds, most],
		...[near.failures.length + there.failures.length, isMissed ? "MISSED" : verdict(adds, { most })],
	]);
	print(`A round trip of ${roundTripMs} ms between the two, half of it to the server`, COLUMNS, rows);
	return figures;
}
