/** The demonstration's first trace as README.md shows it. */
import { DEMO } from "@whither/sim";
import { simulated } from "../api/simulated.ts";
import { TraceRun } from "../api/trace-run.ts";
import { TOOL } from "../api/version.ts";
import { PLAIN_TEXT } from "../report/text.ts";
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
	const report = demoReport({ report: CHOICES, said: new Set(), end: "bare" });
	const options = { ...DEMO_REQUEST, method: "udp", names: true };
	const openWorld = () => simulated(DEMO);
	const run = new TraceRun({ name: DEMO.trace.to, options, tool: TOOL, args: [], openWorld });
	let text = "";
	for await (const event of run) {
		const shown = report.event(event);
		const ttl = event.type === "hop" ? event.hop.ttl : 0;
		if (ttl < LEFT_OUT.first || ttl > LEFT_OUT.last) text += shown;
		else if (ttl === LEFT_OUT.first) text += "...\n";
	}
	return text;
}

const MARKED = /(?<=<!-- demo -->\n)[\s\S]*?(?=<!-- \/demo -->)/;

/** README.md with the transcript between its marks; throws when the marks are missing. */
export function withDemo(readme: string, transcript: string): string {
	if (!MARKED.test(readme)) throw new Error("README.md has no <!-- demo --> ... <!-- /demo -->");
	return readme.replace(MARKED, () => `\`\`\`\n$ npx whither demo\n${transcript}\`\`\`\n`);
}
