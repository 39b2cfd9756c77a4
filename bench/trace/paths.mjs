// How long a trace takes, in round trips to the farthest answer, on paths with known delays.
import { chainScenario, openLab } from "@whither/lab";
import { matchProbes, startCapture } from "./capture.mjs";
import { formatTable, medians } from "./figures.mjs";
import { isMissing, TOOLS, timedRun, whitherWith } from "./tools.mjs";

const silentHops = { 10: { silent: true }, 11: { silent: true }, 12: { silent: true } };
const silentTarget = { udp: "silent", icmpEcho: "silent", tcpDefault: "filtered" };

/** Where hops are silent the same tool at another rate only waits the same again. */
const ENOUGH = TOOLS.filter(({ name }) => name !== "traceroute -N 16" && name !== "scamper");

/** 1 ms a link one way is 2 ms a hop there and back. */
const PATHS = [
	{
		name: "30 hops, 60 ms to the target",
		goal: "whither: at most 1.1 x the largest round trip",
		scenario: chainScenario({ routers: 29, linkDelayMs: 1 }),
		tools: TOOLS,
	},
	{
		name: "30 hops, 60 ms, hops 10 to 12 silent",
		goal: "whither: at most 3 x",
		scenario: chainScenario({ routers: 29, linkDelayMs: 1, router: silentHops }),
		tools: ENOUGH,
	},
	{
		name: "15 routers, 30 ms, then a silent target",
		goal: "whither: one wait, at most 3.2 s",
		scenario: chainScenario({ routers: 15, linkDelayMs: 1, target: silentTarget }),
		tools: [...ENOUGH, whitherWith("whither -Q 2", "-Q", "2")],
	},
];
const SLOW_MS = 5000;

const inMs = (ns) => (ns === null || ns === undefined ? null : ns / 1e6);

/** What the capture on the client's interface has: from the first packet sent to the last answer, and when it left. */
function captured(packets, addresses) {
	const { probes, lastAnswerAt } = matchProbes(packets, addresses);
	const roundTrips = probes
		.filter(({ answeredAt }) => answeredAt !== null)
		.map(({ sentAt, answeredAt }) => answeredAt - sentAt);
	return {
		sent: probes.length,
		firstSentEpochMs: probes[0]?.sentAtEpochMs ?? null,
		wireMs: probes.length === 0 || lastAnswerAt === null ? null : inMs(lastAnswerAt - probes[0].sentAt),
		largestRttMs: roundTrips.length === 0 ? null : inMs(Math.max(...roundTrips)),
	};
}

/** whither says itself how long it traced: to its decision to end, waits included. */
function ownDuration(tool, stdout) {
	if (!tool.name.startsWith("whither")) return null;
	return inMs(JSON.parse(stdout).durationNs);
}

/** `traceMs`: what whither says of itself, of the others from their first packet to their end. */
async function measureOnce(tool, lab, addresses) {
	const namespace = lab.namespaceOf("client");
	const capture = await startCapture(namespace, lab.plan.simulated.device);
	const run = await timedRun(tool.command(addresses.target), namespace);
	const { firstSentEpochMs, ...seen } = captured(await capture.stop(), addresses);
	const toEndMs = firstSentEpochMs === null ? null : run.endedAtEpochMs - firstSentEpochMs;
	return { ...seen, traceMs: ownDuration(tool, run.stdout) ?? toEndMs, toEndMs, wallMs: run.wallMs, cpuMs: run.cpuMs };
}

/** Interleaved: each round runs every tool once; the first round warms up and is dropped. */
async function measurePath(path, rounds) {
	const lab = await openLab(path.scenario, { world: "tun", realtime: true });
	const addresses = { client: lab.addressOf("client", 4), target: lab.addressOf("target", 4) };
	const runs = new Map(path.tools.filter((tool) => !isMissing(tool)).map((tool) => [tool, []]));
	try {
		for (let round = 0; round <= rounds; round++) {
			for (const [tool, done] of runs) {
				if (!isSlow(done)) done.push(await measureOnce(tool, lab, addresses));
			}
		}
	} finally {
		await lab.close();
	}
	return path.tools.map((tool) => ({ tool: tool.name, missing: isMissing(tool), ...summary(runs.get(tool)) }));
}

/** A run of many seconds is not made longer or shorter by a cold start: one is enough. */
const isSlow = (done) => (done[0]?.wallMs ?? 0) > SLOW_MS;

function summary(done) {
	if (done === undefined || done.length === 0) return {};
	const kept = isSlow(done) ? done : done.slice(1);
	const ratios = kept.map(({ traceMs, largestRttMs }) => ({ ratio: traceMs / largestRttMs }));
	return { rounds: kept.length, ...medians(kept), ...medians(ratios) };
}

const COLUMNS = [
	"tool",
	"trace ms",
	"x largest RTT",
	"x whither",
	"on the wire ms",
	"packets",
	"wall ms",
	"CPU ms",
	"largest RTT ms",
	"rounds",
];

function printPath(path, rows) {
	const ours = rows[0]?.traceMs;
	const cells = rows.map((row) => {
		if (row.missing) return [`${row.tool}: not installed`];
		const times = ours > 0 ? row.traceMs / ours : null;
		return [
			row.tool,
			row.traceMs,
			row.ratio,
			times,
			row.wireMs,
			row.sent,
			row.wallMs,
			row.cpuMs,
			row.largestRttMs,
			row.rounds,
		];
	});
	console.log(`\n${path.name} (${path.goal})\n${formatTable(COLUMNS, cells)}`);
}

/** Measures and prints every path; returns the figures. */
export async function measurePaths(rounds) {
	const figures = [];
	for (const path of PATHS) {
		const rows = await measurePath(path, rounds);
		printPath(path, rows);
		figures.push({ path: path.name, goal: path.goal, rows });
	}
	return figures;
}
