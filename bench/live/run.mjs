// `npm run bench:live`: what ten rounds a second over thirty hops cost, beside mtr in the same lab. See ../README.md.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chainScenario, labObstacle, openLab } from "@whither/lab";
import { formatTable, median } from "../trace/figures.mjs";
import { isMissing, timedRun } from "../trace/tools.mjs";

const { values } = parseArgs({ options: { json: { type: "string" }, rounds: { type: "string", default: "3" } } });

const obstacle = labObstacle();
if (obstacle !== null) {
	console.error(`bench:live: ${obstacle}`);
	process.exit(4);
}

const WATCH = fileURLToPath(new URL("watch.mjs", import.meta.url));
/** The difference of both is what rounds cost, without the start. */
const [FEW, MANY] = [20, 120];
const HOPS = 30;
const INTERVAL_MS = 100;

const whither = (method) => (target, count) => [process.execPath, WATCH, target, String(count), method];
const TOOLS = [
	{ name: "live, icmp", program: null, command: whither("icmp") },
	{ name: "live, udp", program: null, command: whither("udp") },
	{
		name: "mtr -i 0.1",
		program: "mtr",
		command: (target, count) => ["mtr", "-r", "-n", "-i", "0.1", "-c", String(count), target],
	},
];

/** Processor time of the whole run; mtr waits for its helper, so that it counts. */
async function cpuOf(tool, count) {
	return timedRun(tool.command(lab.addressOf("target", 4), count), lab.namespaceOf("client"));
}

const lab = await openLab(chainScenario({ routers: HOPS - 1, linkDelayMs: 1 }), { world: "tun" });
const runs = new Map(TOOLS.filter((tool) => !isMissing(tool)).map((tool) => [tool, []]));
try {
	for (let round = 0; round < Math.max(1, Number(values.rounds)); round++) {
		for (const [tool, done] of runs) {
			const few = await cpuOf(tool, FEW);
			const many = await cpuOf(tool, MANY);
			done.push({ startMs: few.cpuMs, roundMs: (many.cpuMs - few.cpuMs) / (MANY - FEW), stdout: many.stdout });
		}
	}
} finally {
	await lab.close();
}

const rows = TOOLS.map((tool) => {
	const done = runs.get(tool) ?? [];
	const of = (name) => median(done.map((run) => run[name]));
	return { tool: tool.name, missing: isMissing(tool), fewMs: of("startMs"), roundMs: of("roundMs") };
});
const mtr = rows.find(({ tool }) => tool.startsWith("mtr"))?.roundMs ?? null;
const cells = rows.map(({ tool, missing, fewMs, roundMs }) =>
	missing
		? [`${tool}: not installed`]
		: [tool, fewMs, roundMs, `${((100 * roundMs) / INTERVAL_MS).toFixed(1)} %`, mtr ? roundMs / mtr : null],
);
console.log(`\n${HOPS} hops, ten rounds a second`);
console.log(formatTable(["tool", `CPU ms of ${FEW} rounds`, "CPU ms a round", "of one core", "x mtr"], cells));
console.log([...runs.values()].map((done) => done.at(-1)?.stdout.split("\n")[0]).join("\n"));
if (values.json !== undefined)
	writeFileSync(values.json, `${JSON.stringify({ schema: "whither.bench.live/1", rows }, null, "\t")}\n`);
