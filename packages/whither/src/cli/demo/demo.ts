/** `whither demo`: the real tracer and the real reports over an internet in memory, with explanations between the lines. */
import type { TraceResult } from "@whither/core";
import { DEMO, DEMO_CALL, DEMO_MEETING, type Scenario } from "@whither/sim";
import { simulated } from "../../api/simulated.ts";
import { startTrace } from "../../api/trace/trace.ts";
import type { Paint } from "../../report/paint.ts";
import { PLAIN_TEXT } from "../../report/trace/text.ts";
import {
	isStreamed,
	type ReportChoices,
	type ReportFormat,
	type TraceReport,
	traceReport,
} from "../../report/trace/trace-report.ts";
import { DEMO_OPTIONS, type DemoFlags } from "../arguments/options.ts";
import { parseOptions } from "../arguments/parse.ts";
import { UsageProblem } from "../arguments/values.ts";
import { EXIT } from "../exit-codes.ts";
import { hasScreen, isTerminal, paintFor, print } from "../output.ts";
import { showRun } from "../show/show-run.ts";
import { type SignalWatch, signalsTold, watchSignals } from "../signals.ts";
import { formatOf } from "../trace/trace-request.ts";
import { type MeetingShow, playMeeting } from "./demo-meeting.ts";
import { DEMO_REQUEST, type DemoReportChoices, demoReport } from "./demo-report.ts";

/** One trace of the story; the machine formats show the first alone. */
interface Act {
	readonly scenario: Scenario;
	readonly method: string;
	readonly says: string;
}

const FIRST_METHOD = "udp";

const ACTS: readonly Act[] = [
	{
		scenario: DEMO,
		method: FIRST_METHOD,
		says: "No packet leaves this machine: routers, links and the target live in memory. First the default method (whither -e HOST):",
	},
	{
		scenario: DEMO,
		method: "tcpconnect",
		says: "Firewalls that drop UDP let real connections pass. The same path by connect(), which needs no privilege either (whither --method tcpconnect HOST):",
	},
	{
		scenario: DEMO_CALL,
		method: "stun",
		says: `Then a call. ${DEMO_CALL.about} STUN requests go out between the packets of media, on the same socket and through the same NATs (traceFlow in the library; whither --stun HOST without a call):`,
	},
];

const MEETING_SAYS = `At last, two people meet. ${DEMO_MEETING.about} Each tries every way there is, both agree on the best, and each traces its half of it: what Anna sees when she has told Ben the code (whither meet --server URL):`;

/** Run the command. */
export async function demoCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags } = parseOptions(args, DEMO_OPTIONS);
	const format = formatOf(flags);
	if (flags.live === true && flags.meet !== true)
		throw new UsageProblem("--live goes with --meet; a path is watched by `whither live --demo`");
	const stop = new AbortController();
	const signals = watchSignals(() => stop.abort());
	await signalsTold();
	const stage: Stage = {
		flags,
		commandLine,
		signals,
		signal: stop.signal,
		paint: paintFor(flags.color),
		said: new Set(),
	};
	if (flags.meet) return signals.exitCode() ?? (await playMeetingAlone(stage, format));
	if (format === "text") return playStory(stage);
	const report = await reportIn(format, choicesOf(stage));
	const code = await play(stage, { scenario: DEMO, method: FIRST_METHOD }, report);
	return signals.exitCode() ?? code;
}

async function reportIn(format: ReportFormat, choices: ReportChoices): Promise<TraceReport> {
	if (isStreamed(format)) return traceReport(format, DEMO.trace.to, choices);
	const { resultsText } = await import("../show/show.ts");
	const end: TraceReport["end"] = (document) =>
		document.options === null ? "" : resultsText(format, [document as TraceResult], choices);
	return { event: () => "", end };
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
	const { numeric = false, back = false } = flags;
	return { ...PLAIN_TEXT, numeric, extensions, back, paint, pathMtu: false, summary: false, indent, first: true };
}

async function playStory(stage: Stage): Promise<number> {
	print(`${DEMO.about}\n`);
	for (const act of ACTS) {
		print(`\n${stage.paint.bold(act.says)}\n\n`);
		const code = await play(stage, act, demoReport(reportOf(stage, act)));
		if (code !== EXIT.ok) return code;
	}
	print(`\n${stage.paint.bold(MEETING_SAYS)}\n\n`);
	const code = await playMeeting(meetingOf(stage, "text"));
	if (code !== EXIT.ok) return stage.signals.exitCode() ?? code;
	print(
		"\nNow real ones: `whither HOST`, and `whither meet` here and elsewhere; what this machine allows: `whither doctor`.\n",
	);
	return stage.signals.exitCode() ?? EXIT.ok;
}

async function playMeetingAlone(stage: Stage, format: ReturnType<typeof formatOf>): Promise<number> {
	if (format !== "text" && format !== "json") throw new UsageProblem(`--meet has no format but text and json`);
	const code = await playMeeting(meetingOf(stage, format));
	return stage.signals.exitCode() ?? code;
}

function meetingOf(stage: Stage, format: "text" | "json"): MeetingShow {
	const { paint, signal, commandLine: args, flags } = stage;
	const screen = flags.live === true && format === "text" && hasScreen() ? { color: flags.color } : null;
	return { paint, signal, args, format, realtime: format === "text" && isRealtime(stage), screen };
}

/** Whether somebody watches, or is to. */
function isRealtime({ flags }: Stage): boolean {
	return flags.realtime === true || (isTerminal("stdout") && !flags.fast);
}

function reportOf(stage: Stage, act: Act): DemoReportChoices {
	const { scenario, method } = act;
	return { scenario, report: choicesOf(stage), said: stage.said, end: method === "tcpconnect" ? "bare" : "withNotes" };
}

type Played = Pick<Act, "scenario" | "method">;

async function play(stage: Stage, { scenario, method }: Played, report: TraceReport): Promise<number> {
	const { flags, signal, commandLine } = stage;
	const pace = isRealtime(stage) ? "real" : "virtual";
	const world = simulated(scenario, { pace, slowedBy: SLOWED_BY });
	const request = { ...DEMO_REQUEST, method, names: !flags.numeric, signal };
	const host = scenario.trace.to;
	const run = startTrace(host, request, { args: commandLine, openWorld: async () => world });
	const startedAt = new Date().toISOString();
	const shown = { run, host, method, port: null, length: null, args: commandLine, startedAt };
	const code = await showRun(shown, { report, explain: false, strict: false, changes: false });
	return stage.signals.exitCode() ?? code;
}

/** The trace takes a fifth of a second; people read more slowly. */
const SLOWED_BY = 8;
