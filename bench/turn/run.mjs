// `npm run bench:turn`: our relay beside coturn in one lab, interleaved, medians. See ../README.md.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { labObstacle } from "@whither/lab";
import { measureBinding } from "./binding.mjs";
import { measureFlood } from "./flood.mjs";
import { measureLatency } from "./latency.mjs";
import { measureMemory } from "./memory.mjs";
import { openPlace, startLoad } from "./place.mjs";
import { measureFlow, measureRelay } from "./relay.mjs";
import { awaitServer, KINDS, putFirst, serverObstacle, startServer } from "./servers.mjs";

/** Those of `beside` run while both servers run; the others start servers of their own. */
const PARTS = {
	relay: { measure: measureRelay, beside: true },
	flow: { measure: measureFlow, beside: true },
	latency: { measure: measureLatency, beside: true },
	binding: { measure: measureBinding, beside: false },
	memory: { measure: measureMemory, beside: false },
	flood: { measure: measureFlood, beside: false },
};

const { values } = parseArgs({
	options: {
		json: { type: "string" },
		rounds: { type: "string", default: "6" },
		seconds: { type: "string", default: "1" },
		rate: { type: "string" },
		realtime: { type: "boolean", default: false },
		servers: { type: "string", default: KINDS.join(",") },
		only: { type: "string", default: Object.keys(PARTS).join(",") },
	},
});

function end(message, code) {
	console.error(`bench:turn: ${message}`);
	process.exit(code);
}

const obstacle = labObstacle();
if (obstacle !== null) end(obstacle, 4);
const wanted = values.only.split(",");
const unknown = wanted.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) end(`no part ${unknown}; there are ${Object.keys(PARTS).join(", ")}`, 2);

const kinds = values.servers.split(",").filter((kind) => {
	const missing = serverObstacle(kind);
	if (missing !== null) console.log(`${kind}: not measured, ${missing}`);
	return missing === null;
});
const report = { schema: "whither.bench.turn/1", startedAt: new Date().toISOString(), rounds: Number(values.rounds) };
const place = await openPlace();
const load = startLoad(place);
const start = async (kind, options) => {
	const running = await awaitServer(await startServer(place, kind, options), load);
	if (values.realtime) putFirst(running);
	return running;
};
const context = {
	...{ load, kinds, start, rounds: Math.max(1, Number(values.rounds)), seconds: Number(values.seconds) },
	...(values.rate === undefined ? {} : { perSecond: Number(values.rate) / 2 }),
};
const parts = wanted.map((name) => ({ name, ...PARTS[name] }));
try {
	const servers = parts.some(({ beside }) => beside) ? await Promise.all(kinds.map((kind) => start(kind))) : [];
	for (const { name, measure } of parts.filter(({ beside }) => beside)) {
		report[name] = await measure({ ...context, servers });
	}
	for (const running of servers) await running.close();
	for (const { name, measure } of parts.filter(({ beside }) => !beside)) report[name] = await measure(context);
} finally {
	load.close();
	await place.lab.close();
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, "\t")}\n`);
