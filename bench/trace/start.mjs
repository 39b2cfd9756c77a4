// What a whole command costs where the network costs nothing: twelve hops of veth links.
import { chainScenario, openLab } from "@whither/lab";
import { formatTable, median } from "./figures.mjs";
import { isMissing, TOOLS, timedRun } from "./tools.mjs";

const ROUTERS = 11;
const EMPTY_NODE = { name: "node -e 0", program: null, command: () => [process.execPath, "-e", "0"] };
const QUICK = ["whither", "traceroute", "traceroute -N 100", "scamper -p 10000"];

/** Measures and prints; returns the figures. */
export async function measureStart(rounds) {
	const scenario = chainScenario({ routers: ROUTERS });
	const lab = await openLab(scenario, { world: "kernel" });
	const target = lab.addressOf("target", 4);
	const tools = [EMPTY_NODE, ...TOOLS.filter(({ name }) => QUICK.includes(name))];
	const runs = new Map(tools.filter((tool) => !isMissing(tool)).map((tool) => [tool, []]));
	try {
		for (let round = 0; round <= rounds * 2; round++) {
			for (const [tool, done] of runs) {
				const run = await timedRun(tool.command(target), lab.namespaceOf("client"));
				const insideMs = tool.name === "whither" ? JSON.parse(run.stdout).durationNs / 1e6 : null;
				if (round > 0) done.push({ ...run, insideMs });
			}
		}
	} finally {
		await lab.close();
	}
	return printStart(tools, runs);
}

function printStart(tools, runs) {
	const rows = tools.map((tool) => {
		const done = runs.get(tool) ?? [];
		const of = (name) => median(done.map((run) => run[name]).filter((value) => value !== null));
		return {
			tool: tool.name,
			missing: isMissing(tool),
			wallMs: of("wallMs"),
			cpuMs: of("cpuMs"),
			insideMs: of("insideMs"),
		};
	});
	const by = (name) => rows.find(({ tool }) => tool === name) ?? {};
	const overNodeMs = by("whither").wallMs - by(EMPTY_NODE.name).wallMs;
	const insideOverTraceroute = by("traceroute").wallMs ? by("whither").insideMs / by("traceroute").wallMs : null;
	const cells = rows.map((row) =>
		row.missing ? [`${row.tool}: not installed`] : [row.tool, row.wallMs, row.cpuMs, row.insideMs],
	);
	console.log(
		`\n${ROUTERS + 1} veth hops, no delay (goals: whole command <= node -e 0 + 40 ms; trace inside <= all of traceroute)`,
	);
	console.log(formatTable(["tool", "wall ms", "CPU ms", "trace inside ms"], cells));
	console.log(
		`whither - node -e 0: ${overNodeMs.toFixed(1)} ms; trace inside / traceroute: ${insideOverTraceroute?.toFixed(2) ?? "-"}`,
	);
	return { rows, overNodeMs, insideOverTraceroute };
}
