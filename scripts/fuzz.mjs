// `npm run fuzz -- [--inputs N] [--only TEXT] [--seed N] [--from N] [--jobs N]`: throws inputs at every decoder. None may
// throw, and none may take long. A fault shows the seed and the input's number, which make it again.
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { bundleWorker } from "./bundle-worker.mjs";

const { values } = parseArgs({
	options: {
		inputs: { type: "string", default: "100000" },
		only: { type: "string", default: "" },
		seed: { type: "string", default: String(Date.now() % 2 ** 31) },
		from: { type: "string", default: "0" },
		jobs: { type: "string", default: "2" },
	},
});
const number = (name) => {
	const value = Number(values[name]);
	if (Number.isSafeInteger(value) && value >= 0) return value;
	console.error(`--${name} takes a whole number, not "${values[name]}"`);
	process.exit(2);
};
const [inputs, seed, from, jobs] = ["inputs", "seed", "from", "jobs"].map(number);

const worker = await bundleWorker(new URL("fuzz-worker.ts", import.meta.url));

let waiting = null;
let faults = 0;
let total = 0;

function next(child) {
	const name = waiting.shift();
	if (name === undefined) child.disconnect();
	else child.send({ name, inputs, from, seed });
}

function hear(child, message) {
	if (message.type === "ready") {
		waiting ??= message.names.filter((name) => name.includes(values.only));
	} else if (message.type === "fault") {
		faults++;
		console.log(`FAULT ${message.name}: ${message.what}`);
		console.log(
			`  again: npm run fuzz -- --only "${message.name}" --seed ${message.seed} --from ${message.index} --inputs 1`,
		);
		console.log(`  input:  ${message.input}\n  shrunk: ${message.shrunk}`);
		return;
	} else {
		total += message.inputs;
		const rate = Math.round(message.inputs / Math.max(message.seconds, 0.001));
		console.log(
			`${message.name.padEnd(34)} ${String(message.inputs).padStart(10)} inputs ${String(rate).padStart(9)} a second${message.messages === null ? "" : `, ${message.messages} messages`}`,
		);
	}
	next(child);
}

function runWorker() {
	return new Promise((resolve) => {
		const child = fork(worker, { execArgv: ["--enable-source-maps"] });
		child.on("message", (message) => hear(child, message));
		child.once("exit", (code) => {
			if (code !== 0) {
				faults++;
				console.log(`FAULT: a worker ended with ${code}`);
			}
			resolve();
		});
	});
}

console.log(`seed ${seed}, ${inputs} inputs a decoder`);
await Promise.all(Array.from({ length: Math.max(1, jobs) }, runWorker));
console.log(`${total} inputs, ${faults} faults`);
process.exitCode = faults === 0 && total > 0 ? 0 : 1;
