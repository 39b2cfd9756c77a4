// `npm run sessions -- [--sessions N] [--from N] [--jobs N]`: so many ICE sessions in the simulated internet, each made from
// its number alone. Of every one must hold what `packages/sim/src/ice-sessions.ts` says; a number that fails makes it again.
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { bundleWorker } from "./bundle-worker.mjs";

const { values } = parseArgs({
	options: {
		sessions: { type: "string", default: "10000" },
		from: { type: "string", default: "1" },
		jobs: { type: "string", default: "2" },
	},
});
const number = (name) => {
	const value = Number(values[name]);
	if (Number.isSafeInteger(value) && value >= 1) return value;
	console.error(`--${name} takes a whole number from 1 on, not "${values[name]}"`);
	process.exit(2);
};
const [sessions, from, jobs] = ["sessions", "from", "jobs"].map(number);

const worker = await bundleWorker(new URL("ice-sessions-worker.ts", import.meta.url));

const tally = new Map();
let faults = 0;
let heard = 0;

function hear({ number: which, about, outcome, wrong }) {
	heard++;
	tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
	if (wrong.length === 0) return;
	faults++;
	console.log(`FAULT in session ${which} (${about}): ${wrong.join("; ")}`);
	console.log(`  again: npm run sessions -- --from ${which} --sessions 1`);
}

function runWorker(job) {
	return new Promise((resolve) => {
		const child = fork(worker, { execArgv: ["--enable-source-maps"] });
		child.on("message", hear);
		child.once("exit", (code) => {
			if (code !== 0) {
				faults++;
				console.log(`FAULT: a worker ended with ${code}`);
			}
			resolve();
		});
		child.send({ from: from + job, to: from + sessions, step: jobs });
	});
}

await Promise.all(Array.from({ length: jobs }, (_, job) => runWorker(job)));
if (heard !== sessions) {
	faults++;
	console.log(`FAULT: ${sessions - heard} sessions told nothing`);
}
for (const [outcome, count] of tally) console.log(`${outcome.padEnd(8)} ${String(count).padStart(8)} sessions`);
console.log(faults === 0 ? "all that has to hold held" : `${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
