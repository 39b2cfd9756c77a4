/** The demonstration's first trace, its call and its meeting as README.md shows them. */
import { DEMO, DEMO_CALL, type Scenario } from "@whither/sim";
import type { MeetRun } from "../../api/meet/run.ts";
import { simulated } from "../../api/simulated.ts";
import { TraceRun } from "../../api/trace/run.ts";
import { TOOL } from "../../api/version.ts";
import { MeetLive } from "../../report/meet/meet-live.ts";
import { PLAIN_TEXT } from "../../report/trace/text.ts";
import { traceReport } from "../../report/trace/trace-report.ts";
import { demoMeeting } from "./demo-meeting.ts";
import { DEMO_REQUEST, demoReport } from "./demo-report.ts";

/** TTLs left out, so that the sample stays short: nothing new is seen there. */
const LEFT_OUT = { first: 7, last: 9 } as const;

const CHOICES = {
	...PLAIN_TEXT,
	extensions: true,
	pathMtu: false,
	summary: false,
	indent: 0,
	first: true,
} as const;

/** Header, hops and explanations of the demonstration's first trace, as the command prints them. */
export async function demoTranscript(): Promise<string> {
	let text = "";
	for await (const { ttl, shown } of played(DEMO, "udp")) {
		if (ttl < LEFT_OUT.first || ttl > LEFT_OUT.last) text += shown;
		else if (ttl === LEFT_OUT.first) text += "...\n";
	}
	return text;
}

/** The same of its call, with the lines behind the hops. */
export async function callTranscript(): Promise<string> {
	let text = "";
	for await (const { shown } of played(DEMO_CALL, "stun")) text += shown;
	return text;
}

/** What Anna's end of its meeting writes; of the pairs the selected one alone. */
export async function meetingTranscript(): Promise<string> {
	const { here, join } = demoMeeting({ realtime: false, signal: new AbortController().signal, args: [] });
	const live = new MeetLive({ paint: PLAIN_TEXT.paint, screen: null });
	let text = "";
	let there: MeetRun | null = null;
	for await (const event of here) {
		if (event.kind === "code") there = join(event.code);
		text += live.event(event);
	}
	text += live.end(await here.result);
	await Promise.all([here.closed, there?.result, there?.closed]);
	return text.replace(/(\n\* .*\n.*\n)[\s\S]*?\n\n/, "$1  ...\n\n");
}

/** What is shown for each event, with the TTL of a hop's and 0 for others, and then for the end. */
async function* played(
	scenario: Scenario,
	method: string,
): AsyncGenerator<{ readonly ttl: number; readonly shown: string }> {
	const report = demoReport({ scenario, report: CHOICES, said: new Set(), end: "bare" });
	const options = { ...DEMO_REQUEST, method, names: true };
	const openWorld = () => simulated(scenario);
	const run = new TraceRun({ name: scenario.trace.to, options, tool: TOOL, args: [], openWorld });
	for await (const event of run) {
		yield { ttl: event.type === "hop" ? event.hop.ttl : 0, shown: report.event(event) };
	}
	const end = traceReport("text", scenario.trace.to, CHOICES).end(await run.result);
	yield { ttl: 0, shown: end };
}

/** README.md with a transcript between its marks, `<!-- demo -->` and so on; throws when the marks are missing. */
export function withTranscript(readme: string, mark: "demo" | "call" | "meeting" | "live", transcript: string): string {
	const marked = new RegExp(`(?<=<!-- ${mark} -->\\n)[\\s\\S]*?(?=<!-- /${mark} -->)`);
	if (!marked.test(readme)) throw new Error(`README.md has no <!-- ${mark} --> ... <!-- /${mark} -->`);
	const command = { demo: "$ npx whither demo\n", call: "", meeting: "$ npx whither demo --meet\n", live: "" }[mark];
	return readme.replace(marked, () => `\`\`\`\n${command}${transcript}\`\`\`\n`);
}
