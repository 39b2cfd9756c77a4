// How far each reported round trip is from what a capture on the client's interface saw of the same packets.
import { fileURLToPath } from "node:url";
import { chainScenario, findProgram, openLab, runTool, WHITHER } from "@whither/lab";
import { matchProbes, startCapture } from "./capture.mjs";
import { formatTable, percentile } from "./figures.mjs";

const LIBRARY = fileURLToPath(new URL("library-trace.mjs", import.meta.url));
const QUERIES = 10;

/** The hop lines of traceroute -n: `ttl  address  a ms  b ms`; a list of {ttl, rttNs} a probe. */
function tracerouteRtts(stdout) {
	return stdout.split("\n").flatMap((line) => {
		const ttl = /^\s*(\d+)\s/.exec(line)?.[1];
		return ttl === undefined
			? []
			: [...line.matchAll(/([\d.]+) ms/g)].map(([, ms]) => ({ ttl: Number(ttl), rttNs: ms * 1e6 }));
	});
}

/** whither's probes in the order they left. */
function whitherRtts(stdout) {
	const { hops } = JSON.parse(stdout);
	return hops
		.flatMap(({ ttl, probes }) =>
			probes.map((probe) => ({ ttl: probe.ttl ?? ttl, sentAt: probe.sentAtNs, rttNs: probe.rttNs })),
		)
		.sort((a, b) => a.sentAt - b.sentAt);
}

/** Pairs reported probes with captured ones: by order within each TTL, which every tool keeps. */
function errorsOf(reported, captured) {
	const byTtl = Map.groupBy?.(captured, ({ ttl }) => ttl) ?? groupByTtl(captured);
	const places = new Map();
	return reported.flatMap(({ ttl, rttNs }) => {
		const place = places.get(ttl) ?? 0;
		places.set(ttl, place + 1);
		const probe = byTtl.get(ttl)?.[place];
		if (probe === undefined || probe.answeredAt === null || rttNs === null) return [];
		return [rttNs - (probe.answeredAt - probe.sentAt)];
	});
}

function groupByTtl(probes) {
	const groups = new Map();
	for (const probe of probes) groups.set(probe.ttl, [...(groups.get(probe.ttl) ?? []), probe]);
	return groups;
}

const node = process.execPath;
const SUBJECTS = [
	{
		name: "whither (command)",
		command: (target) => [node, WHITHER, "--json", "-n", "-q", `${QUERIES}`, target],
		read: whitherRtts,
	},
	{ name: "whither (library)", command: (target) => [node, LIBRARY, target, `${QUERIES}`, "0"], read: whitherRtts },
	{
		name: "whither (library), main thread blocked 15 ms in 100",
		command: (target) => [node, LIBRARY, target, `${QUERIES}`, "15"],
		read: whitherRtts,
	},
	{
		name: "traceroute",
		program: "traceroute",
		command: (target) => ["traceroute", "-n", "-q", `${QUERIES}`, target],
		read: tracerouteRtts,
	},
];

async function errorsOfOne(subject, lab, addresses) {
	const namespace = lab.namespaceOf("client");
	const capture = await startCapture(namespace, lab.plan.simulated.device);
	const run = await runTool(subject.command(addresses.target), { namespace });
	const { probes } = matchProbes(await capture.stop(), addresses);
	if (run.code !== 0) throw new Error(`${subject.name}: exit ${run.code}\n${run.stderr}`);
	return errorsOf(subject.read(run.stdout), probes);
}

/** Measures and prints; returns the figures in microseconds. */
export async function measureRttError(rounds) {
	const scenario = chainScenario({ routers: 12, linkDelayMs: 2 });
	const lab = await openLab(scenario, { world: "tun", realtime: true });
	const addresses = { client: lab.addressOf("client", 4), target: lab.addressOf("target", 4) };
	const subjects = SUBJECTS.filter(({ program }) => program === undefined || findProgram(program) !== null);
	const errors = new Map(subjects.map((subject) => [subject, []]));
	try {
		for (let round = 0; round <= rounds; round++) {
			for (const [subject, all] of errors) {
				const found = await errorsOfOne(subject, lab, addresses);
				if (round > 0) all.push(...found);
			}
		}
	} finally {
		await lab.close();
	}
	const rows = [...errors].map(([subject, all]) => {
		const sizes = all.map(Math.abs);
		const us = (share) => (sizes.length === 0 ? null : percentile(sizes, share) / 1000);
		const biasUs = all.length === 0 ? null : percentile(all, 0.5) / 1000;
		return { tool: subject.name, samples: all.length, medianUs: us(0.5), p99Us: us(0.99), maxUs: us(1), biasUs };
	});
	console.log(
		"\nRTT error against a capture beside it, 13 hops (goals: median <= 10 us, p99 <= 50 us, unchanged when blocked)",
	);
	const cells = rows.map((row) => [row.tool, row.medianUs, row.p99Us, row.maxUs, row.biasUs, row.samples]);
	console.log(formatTable(["tool", "median us", "p99 us", "max us", "signed median us", "samples"], cells));
	return rows;
}
