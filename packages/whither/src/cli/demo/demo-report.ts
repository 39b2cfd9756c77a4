/** How the demonstration shows a trace: text with an explanation under every hop that shows something, once each. */
import type { TraceEvent } from "@whither/core";
import { DEMO, type Scenario } from "@whither/sim";
import { explainHop } from "../../report/trace/hop-explanation.ts";
import { type ReportChoices, type TraceReport, traceReport } from "../../report/trace/trace-report.ts";
import { verdict } from "../../report/trace/verdict.ts";

/** What the demonstration's own scenario asks for, in the library's terms. */
export const DEMO_REQUEST = {
	queries: DEMO.trace.options?.queries,
	maxTtl: DEMO.trace.options?.maxTtl,
} as const;

/** What a demonstration report depends on. */
export interface DemoReportChoices {
	readonly scenario: Scenario;
	readonly report: ReportChoices;
	/** Codes of what has been explained already; added to. */
	readonly said: Set<string>;
	/** What follows the diagnosis. */
	readonly end: "withNotes" | "bare";
}

/** The text report with a sentence under every hop that shows something, and the diagnosis at the end. */
export function demoReport({ scenario, report: choices, said, end }: DemoReportChoices): TraceReport {
	const report = traceReport("text", scenario.trace.to, choices);
	let [target, queries] = ["", 0];
	const event = (event: TraceEvent): string => {
		if (event.type === "start") [target, queries] = [event.target.address, event.queries];
		const found = event.type === "hop" ? explainHop(event.hop, target, queries) : null;
		const aside = found === null || said.has(found.code) ? "" : `    ${choices.paint.dim(`^ ${found.sentence}`)}\n`;
		if (found !== null) said.add(found.code);
		return report.event(event) + aside;
	};
	return {
		event,
		end: (document) => {
			if (document.options === null) return "";
			const { sentence, notes } = verdict(document as Parameters<typeof verdict>[0]);
			const lines = [sentence, ...(end === "withNotes" ? notes.map((note) => note.sentence) : [])];
			return `${report.end(document)}\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
		},
	};
}
