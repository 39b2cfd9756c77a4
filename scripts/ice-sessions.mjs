// `npm run sessions -- [--sessions N] [--from N] [--jobs N]`: so many ICE sessions in the simulated internet, each made from
// its number alone. Of every one must hold what `packages/sim/src/ice/sessions.ts` says. One that fails is made as plain as it
// can be while it fails, and shown with the end of its packet trace. `--seed N` runs that one again and shows all packets;
// `--spec JSON` runs a session that is written down, such as a plain one of before.
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { bundleWorker } from "./bundle-worker.mjs";

const { values } = parseArgs({
	options: {
		sessions: { type: "string", default: "10000" },
		from: { type: "string", default: "1" },
		jobs: { type: "string", default: "2" },
		seed: { type: "string" },
		spec: { type: "string" },
	},
});
const number = (name) => {
	const value = Number(values[name]);
	if (Number.isSafeInteger(value) && value >= 1) return value;
	console.error(`--${name} takes a whole number from 1 on, not "${values[name]}"`);
	process.exit(2);
};
const isOne = values.seed !== undefined || values.spec !== undefined;
const from = values.seed !== undefined ? number("seed") : number("from");
const [sessions, jobs] = isOne ? [1, 1] : ["sessions", "jobs"].map(number);

const worker = await bundleWorker(new URL("ice-sessions-worker.ts", import.meta.url));

const tally = new Map();
let faults = 0;
let heard = 0;

function hear({ number: which, about, way, wrong, shrunk, trace }) {
	heard++;
	tally.set(way, (tally.get(way) ?? 0) + 1);
	if (isOne) console.log(`${about}\n${wrong.length === 0 ? trace : ""}`);
	if (wrong.length === 0) return;
	faults++;
	console.log(`FAULT in session ${which}: ${wrong.join("; ")}\n${about}`);
	console.log(`  again: npm run sessions -- --seed ${which}`);
	console.log(`as plain as it can be: ${shrunk.wrong.join("; ")}\n${shrunk.about}\n${trace}`);
	console.log(`  again: npm run sessions -- --spec '${shrunk.spec}'`);
}

function runWorker(job) {
	return new Promise((resolve) => {
		const child = fork(worker, { execArgv: ["--enable-source-maps"] });
		child.on("message", (message) => {
			if (message !== "done") hear(message);
		});
		child.once("exit", (code) => {
			if (code !== 0) {
				faults++;
				console.log(`FAULT: a worker ended with ${code}`);
			}
			resolve();
		});
		const spec = values.spec ?? null;
		child.send({ from: from + job, to: from + sessions, step: jobs, spec, traces: isOne });
	});
}

await Promise.all(Array.from({ length: jobs }, (_, job) => runWorker(job)));
if (heard !== sessions) {
	faults++;
	console.log(`FAULT: ${sessions - heard} sessions told nothing`);
}
for (const [outcome, count] of tally) console.log(`${outcome.padEnd(8)} ${String(count).padStart(8)} sessions`);
console.log(faults === 0 ? "all that has to hold held" : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
