// `npm run bench:methods`: every method beside Debian's traceroute and, where PIETRASANTA names its binary, Pietrasanta's.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chainScenario, findProgram, labObstacle, openLab, WHITHER } from "@whither/lab";
import { startCapture } from "../trace/capture.mjs";
import { formatTable, median } from "../trace/figures.mjs";
import { timedRun } from "../trace/tools.mjs";
import { nameOf, ROWS } from "./rows.mjs";
import { startServers } from "./servers.mjs";

/** Eleven routers and the target; the delay lies on the first link, so that every hop is as far away. */
const ROUTERS = 11;
const RTT_MS = 46;
/** Where packets must become shorter, by the index of the link. */
const NARROW = { 4: 1400, 8: 1300 };

const { values } = parseArgs({
	options: { json: { type: "string" }, rounds: { type: "string", default: "5" }, only: { type: "string" } },
});
const obstacle = labObstacle();
if (obstacle !== null) {
	console.error(`bench:methods: ${obstacle}`);
	process.exit(4);
}
const rounds = Math.max(1, Number(values.rounds));
const wanted = values.only?.split(",");
const rows = ROWS.filter((row) => wanted === undefined || wanted.includes(nameOf(row)));
const peers = [
	{ name: "traceroute", program: findProgram("traceroute"), argsOf: (row) => row.traceroute },
	{ name: "pietrasanta", program: process.env.PIETRASANTA ?? null, argsOf: (row) => row.pietrasanta },
];

function scenarioOf(narrow) {
	const scenario = chainScenario({ routers: ROUTERS });
	const links = scenario.links.map((link, index) => ({
		...link,
		...(index === 0 ? { delayMs: RTT_MS / 2 } : {}),
		...(narrow && NARROW[index] !== undefined ? { mtu: NARROW[index] } : {}),
	}));
	return { ...scenario, links };
}

/** From the tool's first packet to the end of its process; Whither says itself how long it traced. */
async function measureOnce(lab, command, target, isOurs) {
	const namespace = lab.namespaceOf("client");
	const capture = await startCapture(namespace, lab.plan.wires[0].device);
	const run = await timedRun(command, namespace);
	const packets = await capture.stop();
	const first = packets.find(({ bytes }) => bytes[0] >> 4 === 4 && bytes.subarray(16, 20).join(".") === target);
	const toEndMs = first === undefined ? null : run.endedAtEpochMs - (first.epochMs + first.at / 1e6);
	const result = isOurs ? JSON.parse(run.stdout) : null;
	const sent = packets.filter(({ bytes }) => bytes.subarray(16, 20).join(".") === target).length;
	return {
		code: run.code,
		traceMs: result === null ? toEndMs : result.durationNs / 1e6,
		cpuMs: run.cpuMs,
		sent,
		result,
	};
}

const targetRtts = ({ hops }) =>
	hops.at(-1)?.probes.flatMap(({ rttNs }) => (rttNs === null ? [] : [rttNs / 1e6])) ?? [];

async function measureRow(lab, row) {
	const target = lab.addressOf("target", 4);
	const ours = [process.execPath, WHITHER, "--json", "-n", "-M", row.method, ...(row.args ?? []), target];
	const contestants = [
		{ name: "whither", command: ours, isOurs: true },
		...peers.flatMap(({ name, program, argsOf }) => {
			const args = argsOf(row);
			return program === null || args === null
				? []
				: [{ name, command: [program, "-n", ...args, target], isOurs: false }];
		}),
	];
	const done = new Map(contestants.map(({ name }) => [name, []]));
	for (let round = 0; round <= rounds; round++) {
		for (const { name, command, isOurs } of contestants) {
			const runs = done.get(name);
			if (runs[0]?.traceMs > 5000 || (runs[0] !== undefined && runs[0].traceMs === null)) continue;
			runs.push(await measureOnce(lab, command, target, isOurs));
		}
	}
	return contestants.map(({ name }) => summary(name, row, done.get(name)));
}

/** The first run of each warms up and is dropped, unless there is no other. */
function summary(tool, row, runs) {
	const kept = runs.length > 1 ? runs.slice(1) : runs;
	const of = (name) => median(kept.map((run) => run[name]).filter((value) => value !== null));
	const rtts = kept.flatMap(({ result }) => (result === null ? [] : targetRtts(result)));
	const last = kept.at(-1)?.result ?? null;
	return {
		method: nameOf(row),
		tool,
		traceMs: of("traceMs"),
		cpuMs: of("cpuMs"),
		sent: of("sent"),
		rttMs: median(rtts),
		limit: row.limit ?? null,
		reached: last === null ? null : last.reached,
		mtuDrops: last?.mtuDrops ?? null,
		code: kept.at(-1)?.code ?? null,
	};
}

function printRow(figures) {
	const [ours, ...others] = figures;
	const rtt = ours.rttMs ?? RTT_MS;
	const cells = figures.map((figure) => [
		figure.tool === "whither" ? figure.method : `  ${figure.tool}`,
		figure.traceMs,
		figure.traceMs === null ? null : figure.traceMs / rtt,
		figure === ours ? (figure.limit ?? null) : null,
		figure === ours || ours.traceMs === null ? null : figure.traceMs / ours.traceMs,
		figure.sent,
		figure.cpuMs,
		figure === ours ? (figure.reached ? "reached" : "not reached") : `exit ${figure.code}`,
	]);
	return { cells, others };
}

const report = { schema: "whither.bench.methods/1", startedAt: new Date().toISOString(), rounds, rows: [] };
const cells = [];
for (const narrow of [false, true]) {
	const here = rows.filter((row) => (row.mtu ?? false) === narrow);
	if (here.length === 0) continue;
	const lab = await openLab(scenarioOf(narrow), { world: "kernel", realtime: true });
	const servers = await startServers(lab, "target");
	try {
		for (const row of here) {
			if (row.server !== undefined && !servers.kinds.has(row.server)) {
				cells.push([`${nameOf(row)}: no ${row.server} server is installed`]);
				continue;
			}
			const figures = await measureRow(lab, row);
			report.rows.push(...figures);
			cells.push(...printRow(figures).cells);
		}
		report.tcpServer = { ...servers.counts };
	} finally {
		await servers.close();
		await lab.close();
	}
}
console.log(`\n${ROUTERS + 1} hops, ${RTT_MS} ms to each`);
console.log(formatTable(["method", "trace ms", "x RTT", "limit", "x whither", "packets", "CPU ms", "outcome"], cells));
if (process.env.PIETRASANTA === undefined) console.log("PIETRASANTA=path puts Pietrasanta's traceroute beside them.");
console.log(
	`TCP server: ${report.tcpServer?.connections ?? 0} connections, ${report.tcpServer?.bytesRead ?? 0} bytes read`,
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, "\t")}\n`);
