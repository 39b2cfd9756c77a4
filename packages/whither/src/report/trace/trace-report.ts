/** One trace in one of the formats, as text to write while it runs and when it has ended. */
import type { TraceEvent, TraceResult } from "@whither/core";
import type { FailureDocument } from "../../api/failure.ts";
import type { DialectName } from "../dialects/dialect.ts";
import { formatCsvHeader, formatCsvRows } from "./csv.ts";
import { hopNews, nothingShown } from "./hop-news.ts";
import { formatJson } from "./json.ts";
import { formatNdjsonEnd, formatNdjsonEvent } from "./ndjson.ts";
import { formatStunLines } from "./stun-trace-lines.ts";
import { formatSummary } from "./summary.ts";
import { formatHopLines, formatTextEvent, formatUnmarked, type TextStyle } from "./text.ts";

/** A format that is written while traces run, or as each ends. */
export type StreamedFormat = "text" | "csv" | "json" | "ndjson";

/** A format of the command. Those that are no stream are written when all traces have ended. */
export type ReportFormat = DialectName;

/** Whether it is a stream. */
export function isStreamed(format: ReportFormat): format is StreamedFormat {
	return ["text", "csv", "json", "ndjson"].includes(format);
}

/** How a trace is shown; each format heeds what concerns it. */
export interface ReportChoices extends Omit<TextStyle, "family" | "queries"> {
	/** --mtu: text comes when the trace has ended, since only then the lengths are known. */
	readonly pathMtu: boolean;
	/** --summary, in text. */
	readonly summary: boolean;
	/** Spaces a level of JSON; 0: one line. */
	readonly indent: number;
	/** This is the first of the targets: the CSV header stands above it. */
	readonly first: boolean;
}

/** What to write for each event, and at the end. */
export interface TraceReport {
	readonly event: (event: TraceEvent) => string;
	readonly end: (document: TraceResult | FailureDocument) => string;
}

const nothing = (): string => "";

/** The report of one target; `host` is what the user called it. */
export function traceReport(format: ReportFormat, host: string, choices: ReportChoices): TraceReport {
	if (!isStreamed(format)) return { event: nothing, end: nothing };
	switch (format) {
		case "json":
			return { event: nothing, end: (document) => formatJson(document, choices.indent) };
		case "ndjson":
			return { event: (event) => formatNdjsonEvent(event, host), end: formatNdjsonEnd };
		case "csv":
			return { event: nothing, end: (document) => csvDocument(document, choices) };
		case "text":
			return textReport(choices);
	}
}

function csvDocument(document: TraceResult | FailureDocument, { first }: ReportChoices): string {
	return (first ? formatCsvHeader() : "") + (document.options === null ? "" : formatCsvRows(document as TraceResult));
}

function textReport(choices: ReportChoices): TraceReport {
	let style: TextStyle = { ...choices, family: 4, queries: Number.POSITIVE_INFINITY };
	let shown = nothingShown(null);
	const event = (event: TraceEvent): string => {
		if (event.type === "start") {
			style = { ...style, family: event.family, queries: event.queries };
			shown = nothingShown(event.length);
		}
		if (event.type !== "hop") return formatTextEvent(event, style);
		if (choices.pathMtu) return "";
		const line = formatTextEvent(event, style, shown);
		shown = hopNews(event.hop, shown).shown;
		return line;
	};
	const end = (document: TraceResult | FailureDocument): string => {
		if (document.options === null) return "";
		const result = document as TraceResult;
		const hops = choices.pathMtu ? formatHopLines(result, style) : "";
		const stun = result.method === "stun" ? formatStunLines(result) : "";
		return hops + formatUnmarked(result, style) + stun + (choices.summary ? formatSummary(result, choices) : "");
	};
	return { event, end };
}

/** Sets reports written one after another apart by an empty line; one that says nothing gets none. */
export function paragraphs(): (report: TraceReport) => TraceReport {
	let writer: TraceReport | null = null;
	return (report) => {
		const set = (text: string): string => {
			if (text === "") return "";
			const gap = writer !== null && writer !== report ? "\n" : "";
			writer = report;
			return gap + text;
		};
		return { event: (event) => set(report.event(event)), end: (document) => set(report.end(document)) };
	};
}
