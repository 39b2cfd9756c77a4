// `npm run first-draft -- [--seeds N] [--jobs N]`: the six calls of the first draft of ICE in the simulated internet, so many of each for
// every share of loss from 0 to 10 %. Of every one must hold what `packages/sim/src/first-draft/run-call.ts` says; what does not is shown
// with its ladder and its packets. `--case 9.1.1 --seed N [--loss 0.05]` plays that one again and shows it.
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { bundleWorker } from "./bundle-worker.mjs";

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "200" },
		jobs: { type: "string", default: "2" },
		case: { type: "string" },
		seed: { type: "string" },
		loss: { type: "string" },
	},
});
const number = (name, isRight) => {
	const value = Number(values[name]);
	if (isRight(value)) return value;
	console.error(`--${name} takes no "${values[name]}"`);
	process.exit(2);
};
const isCount = (value) => Number.isSafeInteger(value) && value >= 1;

const SECTIONS = ["9.1.1", "9.1.2", "9.2.1", "9.2.2", "9.2.3", "9.3.1"];
const sections = values.case === undefined ? SECTIONS : SECTIONS.filter((section) => section === values.case);
if (sections.length === 0) {
	console.error(`--case is one of ${SECTIONS.join(", ")}`);
	process.exit(2);
}
const losses =
	values.loss === undefined
		? Array.from({ length: 11 }, (_, percent) => percent / 100)
		: [number("loss", (share) => share >= 0 && share < 1)];
const shows = values.seed !== undefined;
const [from, to] = shows ? [number("seed", isCount), number("seed", isCount)] : [1, number("seeds", isCount)];
const orders = losses.flatMap((loss) => sections.map((section) => ({ section, loss, from, to, shows })));

const worker = await bundleWorker(new URL("first-draft-worker.ts", import.meta.url));
let faults = 0;

function hear({ section, loss, calls, different, faults: found }) {
	const share = `${Math.round(loss * 100)} % loss`.padStart(9);
	console.log(
		`${section}  ${share}  ${calls} calls, ${different} of them not as the table says, ${found.length} shown`,
	);
	for (const { seed, wrong, trace } of found) {
		if (wrong.length > 0) faults++;
		console.log(`${wrong.length > 0 ? "FAULT" : "call"} ${section}, seed ${seed}: ${wrong.join("; ")}\n${trace}`);
		console.log(`  again: npm run first-draft -- --case ${section} --seed ${seed} --loss ${loss}`);
	}
}

/** A process takes one order after the other. */
function runWorker() {
	return new Promise((resolve) => {
		const child = fork(worker, { execArgv: ["--enable-source-maps"] });
		const next = () => child.send(orders.shift() ?? "end");
		child.on("message", (outcome) => {
			hear(outcome);
			next();
		});
		child.once("exit", (code) => {
			if (code !== 0) {
				faults++;
				console.log(`FAULT: a worker ended with ${code}`);
			}
			resolve();
		});
		next();
	});
}

await Promise.all(Array.from({ length: number("jobs", isCount) }, runWorker));
console.log(faults === 0 ? "all that has to hold held" : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
