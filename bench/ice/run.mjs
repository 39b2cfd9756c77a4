// `npm run bench:ice`: how long two agents take to connect, ours beside others' in one lab, interleaved. See ../README.md.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ICE_SERVERS, iceLabObstacle, icePeerObstacle } from "@whither/lab";
import { CELLS } from "./cells.mjs";
import { measureConnect } from "./connect.mjs";
import { measureDelay } from "./delay.mjs";
import { measureMatrix } from "./matrix.mjs";
import { goFirst, openPlace } from "./place.mjs";

const PARTS = { connect: measureConnect, delay: measureDelay, matrix: measureMatrix };
const KINDS = ["whither", "werift", "node-datachannel", "aioice"];

const { values } = parseArgs({
	options: {
		json: { type: "string" },
		rounds: { type: "string", default: "20" },
		runs: { type: "string", default: "100" },
		agents: { type: "string", default: KINDS.join(",") },
		cells: { type: "string", default: "" },
		cold: { type: "boolean", default: false },
		realtime: { type: "boolean", default: false },
		server: { type: "string", default: "coturn" },
		only: { type: "string", default: "connect,delay" },
	},
});

function end(message, code) {
	console.error(`bench:ice: ${message}`);
	process.exit(code);
}

const obstacle = iceLabObstacle();
if (obstacle !== null) end(obstacle, 4);
const wanted = values.only.split(",");
const unknown = wanted.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) end(`no part ${unknown}; there are ${Object.keys(PARTS).join(", ")}`, 2);
if (!ICE_SERVERS.some(({ name }) => name === values.server)) end(`no server ${values.server}`, 2);
const kinds = values.agents.split(",").filter((kind) => {
	if (!KINDS.includes(kind)) end(`no agent ${kind}; there are ${KINDS.join(", ")}`, 2);
	const missing = icePeerObstacle(kind);
	if (missing !== null) console.log(`${kind}: not measured, ${missing}`);
	return missing === null;
});

goFirst(values);
const open = (roundTripMs) => openPlace({ server: values.server, realtime: values.realtime, roundTripMs });
const report = { schema: "whither.bench.ice/1", startedAt: new Date().toISOString(), server: values.server };
const place = await open(0);
const context = {
	...{ place, kinds, openFar: open, cold: values.cold, pattern: values.cells },
	...{ rounds: Math.max(1, Number(values.rounds)), runs: Math.max(1, Number(values.runs)) },
	cells: CELLS.filter(({ name }) => name.includes(values.cells)),
};
try {
	for (const name of wanted) report[name] = await PARTS[name](context);
} finally {
	await place.close();
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, "\t")}\n`);
const missed = wanted.flatMap((name) =>
	report[name].filter(({ isMissed }) => isMissed).map((row) => `${name}: ${row.name}`),
);
if (missed.length > 0) end(`missed: ${missed.join("; ")}`, 1);
