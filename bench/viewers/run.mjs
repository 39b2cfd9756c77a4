// `npm run bench:viewers`: what 200 readers of one continuous trace over 30 hops cost the server that tells them, as a share of one core,
// beside what the trace costs by itself. See ../README.md.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chainScenario, labObstacle, openLab, startTool, WHITHER } from "@whither/lab";
import { formatTable } from "../trace/figures.mjs";

const { values } = parseArgs({
	options: {
		json: { type: "string" },
		viewers: { type: "string", default: "0,200" },
		intervals: { type: "string", default: "1000,100" },
		seconds: { type: "string", default: "10" },
	},
});
const obstacle = labObstacle();
if (obstacle !== null) {
	console.error(`bench:viewers: ${obstacle}`);
	process.exit(4);
}

const READERS = fileURLToPath(new URL("readers.mjs", import.meta.url));
const PORT = "8088";
const ROUTERS = 29;
/** Of one core, with 200 viewers. */
const LIMIT_PERCENT = 10;
/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that people run. */
const TICKS = 100;
const HOUR_MS = 3_600_000;

/** Seconds on a processor: of all threads, and of the first, which has HTTP. */
function cpuOf(pid) {
	const seconds = (file) => {
		const fields = readFileSync(file, "utf8")
			.replace(/^.*\) /s, "")
			.split(" ");
		return (Number(fields[11]) + Number(fields[12])) / TICKS;
	};
	const threads = readdirSync(`/proc/${pid}/task`).length;
	return { all: seconds(`/proc/${pid}/stat`), main: seconds(`/proc/${pid}/task/${pid}/stat`), threads };
}

async function endTool({ child, outcome }) {
	child.kill();
	await outcome;
}

function linesOf(child) {
	const waiting = [];
	createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
	return () => new Promise((resolve) => waiting.push(resolve));
}

async function startServer(namespace, folder) {
	const args = ["serve", "--port", PORT, "--no-turn", "--data", folder, "--listen", "127.0.0.1"];
	const tool = startTool([process.execPath, WHITHER, ...args], { namespace, timeoutMs: HOUR_MS });
	await new Promise((resolve, reject) => {
		tool.child.stdout.on("data", (text) => text.includes("http tcp") && resolve());
		tool.outcome.then(({ stderr }) => reject(new Error(stderr)), reject);
	});
	return tool;
}

/** In the namespace, where the server's loopback is; `fetch` would open its sockets later, elsewhere. */
async function ask(namespace, method, path, body) {
	const script = `fetch(process.argv[1], JSON.parse(process.argv[2])).then(async (a) => console.log(a.status, await a.text()))`;
	const order = {
		method,
		...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
	};
	const url = `http://127.0.0.1:${PORT}/api/v1${path}`;
	const { stdout, stderr } = await startTool([process.execPath, "-e", script, url, JSON.stringify(order)], {
		namespace,
	}).outcome;
	const [, status, text] = /^(\d+) (.*)$/s.exec(stdout) ?? [];
	if (!(Number(status) < 300)) throw new Error(`${method} ${path}: ${stdout}${stderr}`);
	return text.trim() === "" ? null : JSON.parse(text);
}

async function measure(lab, server, { viewers, intervalMs }) {
	const namespace = lab.namespaceOf("client");
	const target = lab.addressOf("target", 4);
	const { id } = await ask(namespace, "POST", "/traces", { target, live: { intervalMs } });
	const readers =
		viewers === 0
			? null
			: startTool([process.execPath, READERS, "127.0.0.1", PORT, id, String(viewers)], {
					...{ namespace, input: "typed", timeoutMs: HOUR_MS },
				});
	const heard = async (next) => {
		if (readers === null) return { bytes: 0, batches: 0, ended: 0 };
		const line = next();
		readers.child.stdin.write("\n");
		return JSON.parse(await line);
	};
	const next = readers === null ? null : linesOf(readers.child);
	if (next !== null) await next();
	// What was before they came has been told.
	await wait(3_000);
	const [cpu, before, began] = [cpuOf(server.child.pid), await heard(next), performance.now()];
	await wait(Number(values.seconds) * 1_000);
	const [cpuAfter, after] = [cpuOf(server.child.pid), await heard(next)];
	const seconds = (performance.now() - began) / 1_000;
	if (after.ended > 0) throw new Error(`${after.ended} readers were sent away`);
	await ask(namespace, "POST", `/sessions/${id}/stop`);
	if (readers !== null) await endTool(readers);
	return {
		...{ viewers, intervalMs },
		allPercent: ((cpuAfter.all - cpu.all) / seconds) * 100,
		mainPercent: ((cpuAfter.main - cpu.main) / seconds) * 100,
		batchesPerViewer: viewers === 0 ? 0 : (after.batches - before.batches) / seconds / viewers,
		kilobytesPerSecond: (after.bytes - before.bytes) / seconds / 1_000,
	};
}

const folder = mkdtempSync(join(tmpdir(), "whither-bench-"));
const lab = await openLab(chainScenario({ routers: ROUTERS, linkDelayMs: 1 }));
const rows = [];
try {
	const server = await startServer(lab.namespaceOf("client"), folder);
	for (const intervalMs of values.intervals.split(",").map(Number)) {
		for (const viewers of values.viewers.split(",").map(Number))
			rows.push(await measure(lab, server, { viewers, intervalMs }));
	}
	await endTool(server);
} finally {
	await lab.close();
	rmSync(folder, { recursive: true, force: true });
}
/** What viewers add to what the trace costs by itself. */
const added = ({ viewers, intervalMs, allPercent }) => {
	const alone = rows.find((row) => row.viewers === 0 && row.intervalMs === intervalMs);
	return viewers === 0 ? 0 : allPercent - (alone?.allPercent ?? 0);
};
const columns = [
	...["viewers", "interval ms", "% of a core", "of it main thread", "by viewers", "batches/s each", "kB/s"],
	`limit ${LIMIT_PERCENT} %`,
];
const fixed = (number) => Number(number.toFixed(1));
console.log(
	formatTable(
		columns,
		rows.map((row) => [
			...[row.viewers, row.intervalMs, fixed(row.allPercent), fixed(row.mainPercent), fixed(added(row))],
			...[fixed(row.batchesPerViewer), fixed(row.kilobytesPerSecond)],
			added(row) <= LIMIT_PERCENT ? "held" : "NOT HELD",
		]),
	),
);
if (values.json !== undefined)
	writeFileSync(values.json, `${JSON.stringify({ schema: "whither.bench.viewers/1", rows }, null, "\t")}\n`);
process.exitCode = rows.every((row) => added(row) <= LIMIT_PERCENT) ? 0 : 1;
