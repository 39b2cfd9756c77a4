// What a QUIC probe costs in processor time, beside a UDP probe of the same size: `node bench/methods/quic-cpu.mjs`.
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { chainScenario, labObstacle, openLab } from "@whither/lab";
import { formatTable, median } from "../trace/figures.mjs";
import { timedRun, whitherWith } from "../trace/tools.mjs";

const ROUTERS = 11;
/** The goal. */
const LIMIT_MS = 0.5;
/** Initials of a trace of 30 hops, three probes each. */
const PROBES = 90;
const QUIC_LENGTH = 1228;
/** So many a hop that the probes weigh something beside the start of the process. */
const QUERIES = 8;

/** Builds the probes in a process that has built none before. */
const BUILD = `
const { findMethod, DEFAULT_TRACE_OPTIONS, probeContext } = await import(process.argv[1]);
const { nodeCrypto } = await import(process.argv[2]);
const method = findMethod("quic");
const options = { ...DEFAULT_TRACE_OPTIONS, family: 4, target: "192.0.2.1", targetName: "www.example.net" };
const channel = { kind: "errorQueue", source: "192.0.2.2", sourcePorts: [50000] };
const need = method.channels.find(({ kind }) => kind === "errorQueue");
const secrets = { key: 1, secret: new Uint8Array(32).fill(7), crypto: nodeCrypto };
const context = probeContext(options, { method, need, channel, ...secrets });
const before = process.cpuUsage();
for (let sequence = 0; sequence < ${PROBES}; sequence++) method.probe(context, { ttl: 1, sequence, flow: 0 });
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000 / ${PROBES});
`;

function buildOnce() {
	const modules = ["@whither/core", "@whither/net"].map((name) => import.meta.resolve(name));
	return Number(execFileSync(process.execPath, ["--input-type=module", "-e", BUILD, ...modules]));
}

/** Processor time of whole commands, where the network costs nothing. */
async function measureTraces(rounds) {
	const lab = await openLab(chainScenario({ routers: ROUTERS }), { world: "kernel" });
	const tools = {
		quic: whitherWith("quic", "-q", String(QUERIES), "-M", "quic"),
		udp: whitherWith("udp", "-q", String(QUERIES), "-M", "udp"),
	};
	const runs = { quic: [], udp: [] };
	try {
		for (let round = 0; round <= rounds; round++) {
			for (const [name, tool] of Object.entries(tools)) {
				const length = name === "udp" ? [String(QUIC_LENGTH)] : [];
				const run = await timedRun([...tool.command(lab.addressOf("target", 4)), ...length], lab.namespaceOf("client"));
				const { sent } = JSON.parse(run.stdout).counters;
				if (round > 0) runs[name].push({ cpuMs: run.cpuMs, sent });
			}
		}
	} finally {
		await lab.close();
	}
	return Object.entries(runs).map(([name, done]) => ({
		name,
		// Other work on the machine only ever adds.
		cpuMs: Math.min(...done.map(({ cpuMs }) => cpuMs)),
		sent: median(done.map(({ sent }) => sent)),
	}));
}

/** Measures and prints; returns the figures. `extraMs`: what a QUIC probe costs more than a UDP probe, all told. */
export async function measureQuicCpu(rounds) {
	const buildMs = median(Array.from({ length: rounds }, buildOnce));
	const obstacle = labObstacle();
	const traces = obstacle === null ? await measureTraces(rounds) : [];
	const [quic, udp] = traces;
	const extraMs = quic === undefined ? null : (quic.cpuMs - udp.cpuMs) / quic.sent;
	console.log(`\nProcessor time of a QUIC probe (goal: < ${LIMIT_MS} ms)`);
	console.log(
		`built alone, ${PROBES} in a fresh process: ${buildMs.toFixed(3)} ms a probe (${(buildMs / LIMIT_MS).toFixed(2)} of the goal)`,
	);
	if (obstacle !== null) console.log(`whole traces not measured: ${obstacle}`);
	else {
		const cells = traces.map(({ name, cpuMs, sent }) => [name, cpuMs, sent, cpuMs / sent]);
		console.log(formatTable(["whole command", "CPU ms", "packets", "ms a packet"], cells));
		console.log(
			`a QUIC probe over a UDP probe of ${QUIC_LENGTH} bytes: ${extraMs.toFixed(3)} ms (${(extraMs / LIMIT_MS).toFixed(2)} of the goal)`,
		);
	}
	return { buildMs, traces, extraMs };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await measureQuicCpu(11);
