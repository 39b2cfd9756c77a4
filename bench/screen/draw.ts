/** Draws a path of 30 hops in which every hop has a new round trip ten times a second; says at the end what that cost. */
import { writeFileSync } from "node:fs";
import type { HopSummary, PathSummary } from "@whither/core";
import { paletteOf } from "../../packages/whither/src/screen/cells/palette.ts";
import { samplePath, sampleTarget } from "../../packages/whither/src/screen/fixtures/sample-path.fixture.ts";
import { initialModel, type Model, withTargets } from "../../packages/whither/src/screen/model/model.ts";
import { Screen } from "../../packages/whither/src/screen/terminal/screen.ts";
import { Terminal } from "../../packages/whither/src/screen/terminal/terminal.ts";
import { frameOf } from "../../packages/whither/src/screen/views/frame.ts";

const TICK_MS = 100;
const HOPS = 30;
const seconds = Number(process.argv[2] ?? 30);

/** Made beforehand, so that what is measured is the screen alone. */
const PATHS = 40;
const paths: PathSummary[] = [samplePath(600, HOPS)];
let round = 0;
let frames = 0;
let drawMs = 0;
let model: Model = initialModel();

/** The next round: every hop's history moves by one, and the figures of its last answer with it. */
function after(path: PathSummary): PathSummary {
	const rounds = path.rounds + 1;
	const hops = path.hops.map((hop): HopSummary => {
		const recent = [...hop.recent.slice(1), hop.recent[0] ?? null];
		const lastNs = recent.at(-1) ?? hop.rtt?.lastNs ?? 0;
		const rtt = hop.rtt === null ? null : { ...hop.rtt, lastNs, avgNs: hop.rtt.avgNs + 1000, jitterNs: lastNs / 50 };
		return { ...hop, sent: rounds, recent, rtt };
	});
	return { ...path, rounds, hops };
}

while (paths.length < PATHS) paths.push(after(paths.at(-1) as PathSummary));

function next(): void {
	const summary = paths[round++ % PATHS];
	model = withTargets(model, [sampleTarget(summary === undefined ? {} : { summary })]);
}

const screen = new Screen(new Terminal(process.stdin as never, process.stdout), paletteOf(true), {
	lines: (size) => {
		const began = performance.now();
		const { lines } = frameOf({ ...model, size });
		drawMs += performance.now() - began;
		frames++;
		return lines;
	},
	key: () => {},
	gone: () => {},
});

next();
screen.open();
// What starting costs is no part of it: it counts from the second second on.
setTimeout(() => {
	const began = { cpu: process.cpuUsage(), at: performance.now() };
	frames = 0;
	drawMs = 0;
	setTimeout(() => {
		const { user, system } = process.cpuUsage(began.cpu);
		const wall = performance.now() - began.at;
		const figures = {
			seconds: wall / 1000,
			frames,
			drawMs: drawMs / frames,
			cpuPercent: ((user + system) / 1000 / wall) * 100,
		};
		writeFileSync(`${process.argv[1]}.json`, JSON.stringify(figures));
		screen.close();
		process.exit(0);
	}, seconds * 1000);
}, 1000);
setInterval(() => {
	next();
	screen.changed();
}, TICK_MS);
