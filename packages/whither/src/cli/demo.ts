/** `whither demo`: the real tracer and the real reports over an internet in memory, with explanations between the lines. */
import type { TraceEvent } from "@whither/core";
import { DEMO } from "@whither/sim";
import { simulated } from "../api/simulated.ts";
import { startTrace } from "../api/trace.ts";
import { explainHop } from "../report/hop-explanation.ts";
import type { Paint } from "../report/paint.ts";
import { type ReportChoices, type TraceReport, traceReport } from "../report/trace-report.ts";
import { verdict } from "../report/verdict.ts";
import { EXIT } from "./exit-codes.ts";
import { DEMO_OPTIONS, type DemoFlags } from "./options.ts";
import { isTerminal, paintFor, print } from "./output.ts";
import { parseOptions } from "./parse.ts";
import { showRun } from "./show-run.ts";
import { type SignalWatch, watchSignals } from "./signals.ts";
import { formatOf } from "./trace-request.ts";

/** One trace of the story; the machine formats show the first alone. */
interface Act {
	readonly method: string;
	readonly says: string;
}

const ACTS: readonly Act[] = [
	{
		method: "udp",
		says: "No packet leaves this machine: routers, links and the target live in memory. First the default method (whither -e HOST):",
	},
	{
		method: "tcpconnect",
		says: "Firewalls that drop UDP let real connections pass. The same path by connect(), which needs no privilege either (whither --method tcpconnect HOST):",
	},
];

/** Run the command. */
export async function demoCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags } = parseOptions(args, DEMO_OPTIONS);
	const format = formatOf(flags);
	const stop = new AbortController();
	const signals = watchSignals(() => stop.abort());
	const stage: Stage = {
		flags,
		commandLine,
		signals,
		signal: stop.signal,
		paint: paintFor(flags.color),
		said: new Set(),
	};
	if (format === "text") return playStory(stage);
	const report = traceReport(format, DEMO.trace.to, choicesOf(stage));
	return signals.exitCode() ?? (await play(stage, "udp", report));
}

interface Stage {
	readonly flags: DemoFlags;
	readonly commandLine: readonly string[];
	readonly signals: SignalWatch;
	readonly signal: AbortSignal;
	readonly paint: Paint;
	/** What has been explained already. */
	readonly said: Set<string>;
}

function choicesOf(stage: Stage): ReportChoices {
	const { flags, paint } = stage;
	const indent = isTerminal("stdout") ? 2 : 0;
	const extensions = flags.extensions ?? true;
	return { numeric: flags.numeric ?? false, extensions, back: flags.back ?? false, paint, indent, first: true };
}

async function playStory(stage: Stage): Promise<number> {
	print(`${DEMO.about}\n`);
	for (const act of ACTS) {
		print(`\n${stage.paint.bold(act.says)}\n\n`);
		const code = await play(stage, act.method, explained(stage, act));
		if (code !== EXIT.ok) return code;
	}
	print("\nNow a real one: `whither HOST`; what this machine allows: `whither doctor`.\n");
	return EXIT.ok;
}

async function play(stage: Stage, method: string, report: TraceReport): Promise<number> {
	const { flags, signal, commandLine } = stage;
	const pace = flags.realtime || (isTerminal("stdout") && !flags.fast) ? "real" : "virtual";
	const world = simulated(DEMO, { pace, slowedBy: SLOWED_BY });
	const request = { ...DEMO_REQUEST, method, names: !flags.numeric, signal };
	const run = startTrace(DEMO.trace.to, request, { args: commandLine, openWorld: async () => world });
	const startedAt = new Date().toISOString();
	const shown = { run, host: DEMO.trace.to, method, port: null, args: commandLine, startedAt };
	const code = await showRun(shown, { report, explain: false, strict: false });
	return stage.signals.exitCode() ?? code;
}

/** The text report with a sentence under every hop that shows something, and the diagnosis at the end. */
function explained(stage: Stage, act: Act): TraceReport {
	const report = traceReport("text", DEMO.trace.to, choicesOf(stage));
	let [target, queries] = ["", 0];
	const event = (event: TraceEvent): string => {
		if (event.type === "start") [target, queries] = [event.target.address, event.queries];
		const found = event.type === "hop" ? explainHop(event.hop, target, queries) : null;
		const aside = found === null || stage.said.has(found.code) ? "" : `    ${stage.paint.dim(`^ ${found.sentence}`)}\n`;
		if (found !== null) stage.said.add(found.code);
		return report.event(event) + aside;
	};
	return {
		event,
		end: (document) => {
			if (document.options === null) return "";
			const { sentence, notes } = verdict(document as Parameters<typeof verdict>[0]);
			const lines = [sentence, ...(act.method === "udp" ? notes.map((note) => note.sentence) : [])];
			return `\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
		},
	};
}

/** The trace takes a fifth of a second; people read more slowly. */
const SLOWED_BY = 8;

/** What the demonstration's own scenario asks for, in the library's terms. */
const DEMO_REQUEST = {
	queries: DEMO.trace.options?.queries,
	maxTtl: DEMO.trace.options?.maxTtl,
} as const;
