// `npm run bench:trace`: whither beside the other tracers in one lab, interleaved, medians. See ../README.md.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { labObstacle } from "@whither/lab";
import { measurePaths } from "./paths.mjs";
import { measureRttError } from "./rtt-error.mjs";
import { measureStart } from "./start.mjs";
import { measureStun } from "./stun.mjs";

const { values } = parseArgs({
	options: {
		json: { type: "string" },
		rounds: { type: "string", default: "7" },
		only: { type: "string" },
	},
});

const obstacle = labObstacle();
if (obstacle !== null) {
	console.error(`bench:trace: ${obstacle}`);
	process.exit(4);
}

const rounds = Math.max(2, Number(values.rounds));
const wanted = values.only?.split(",") ?? ["paths", "start", "rtt", "stun"];
const report = { schema: "whither.bench.trace/1", startedAt: new Date().toISOString(), rounds };
if (wanted.includes("paths")) report.paths = await measurePaths(rounds);
if (wanted.includes("start")) report.start = await measureStart(rounds);
if (wanted.includes("rtt")) report.rtt = await measureRttError(rounds);
if (wanted.includes("stun")) report.stun = await measureStun(rounds);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, "\t")}\n`);
