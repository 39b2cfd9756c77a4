// `npm run bench:flow`: what a trace costs the stream whose path it traces. See ../README.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chainScenario, insideNamespace, labObstacle, openLab, runTool } from "@whither/lab";
import { formatTable, percentile } from "../trace/figures.mjs";

const { values } = parseArgs({
	options: {
		json: { type: "string" },
		rounds: { type: "string", default: "5" },
		seconds: { type: "string", default: "1" },
		rates: { type: "string", default: "50,5000" },
	},
});

const obstacle = labObstacle();
if (obstacle !== null) {
	console.error(`bench:flow: ${obstacle}`);
	process.exit(4);
}

const ROUTERS = 7;
const PORT = 9000;
/** As frugal as by default, and as fast as one may ask for. */
const WAYS = [
	["quiet", null],
	["traced", {}],
	["traced at full speed", { sendWaitMs: 0, simultaneous: 64, queries: 3 }],
];
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

async function startFar(lab, family) {
	const child = insideNamespace(lab.namespaceOf("target"), () =>
		spawn(process.execPath, [here("far.mjs"), String(family), String(PORT)], { stdio: ["pipe", "pipe", "inherit"] }),
	);
	let said = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		said += text;
	});
	await once(child.stdout, "data");
	return async () => {
		child.stdin.end();
		await once(child, "close");
		return JSON.parse(said.slice(said.indexOf("{")));
	};
}

async function measure(lab, setting) {
	const { family, rounds, ...rest } = setting;
	const endFar = await startFar(lab, family);
	const segments = Array.from({ length: rounds }, () => WAYS.map(([, options]) => options)).flat();
	const remote = { address: lab.addressOf("target", family), port: PORT };
	const order = JSON.stringify({ family, remote, segments, ...rest });
	const outcome = await runTool([process.execPath, here("near.mjs"), order], {
		namespace: lab.namespaceOf("client"),
		timeoutMs: 600_000,
	});
	const { delays } = await endFar();
	if (outcome.code !== 0) throw new Error(outcome.stderr);
	return { near: JSON.parse(outcome.stdout), delays };
}

function rowsOf({ kind, family, perSecond, seconds, rounds }, { near, delays }) {
	return WAYS.map(([way], index) => {
		const mine = Array.from({ length: rounds }, (_, round) => round * WAYS.length + index);
		const all = (name) => mine.flatMap((segment) => delays[segment]?.[name] ?? []).map((ns) => ns / 1e3);
		const traced = mine.map((segment) => near.report[segment]).filter((one) => one !== null);
		const sum = (name) => traced.reduce((total, one) => total + one[name], 0);
		const [delay, late] = [all("delayNs"), all("lateNs")];
		const figures = (list) => [percentile(list, 0.5), percentile(list, 0.99), Math.max(...list)];
		const lost = perSecond * seconds * rounds - delay.length;
		const label = `${kind}, IPv${family}, ${perSecond}/s, ${way}`;
		return [label, sum("traces"), sum("probes"), lost, ...figures(delay), ...figures(late)];
	});
}

const lab = await openLab(chainScenario({ routers: ROUTERS }));
const rows = [];
try {
	const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
	for (const kind of ["media", "dgram"]) {
		for (const perSecond of values.rates.split(",").map(Number)) {
			const setting = { kind, family: 4, perSecond, seconds, rounds };
			rows.push(...rowsOf(setting, await measure(lab, setting)));
		}
	}
} finally {
	await lab.close();
}
const columns = ["stream", "traces", "probes", "lost", "way p50 us", "p99", "max", "late p50 us", "p99", "max"];
console.log(formatTable(columns, rows));
if (values.json !== undefined) {
	writeFileSync(values.json, `${JSON.stringify({ schema: "whither.bench.flow/1", columns, rows }, null, "\t")}\n`);
}
