/** One trace in one of the formats, as text to write while it runs and when it has ended. */
import type { TraceEvent, TraceResult } from "@whither/core";
import type { TraceFailure } from "../api/failure.ts";
import { formatCsvHeader, formatCsvRows } from "./csv.ts";
import { formatJson } from "./json.ts";
import { formatNdjsonEnd, formatNdjsonEvent } from "./ndjson.ts";
import type { Paint } from "./paint.ts";
import { formatTextEvent, type TextStyle } from "./text.ts";

export type ReportFormat = "text" | "csv" | "json" | "ndjson";

export interface ReportChoices {
	readonly numeric: boolean;
	readonly extensions: boolean;
	readonly back: boolean;
	readonly paint: Paint;
	/** Spaces a level of JSON; 0: one line. */
	readonly indent: number;
	/** This is the first of the targets: the CSV header stands above it. */
	readonly first: boolean;
}

export interface TraceReport {
	readonly event: (event: TraceEvent) => string;
	readonly end: (document: TraceResult | TraceFailure) => string;
}

const nothing = (): string => "";

/** The report of one target; `host` is what the user called it. */
export function traceReport(format: ReportFormat, host: string, choices: ReportChoices): TraceReport {
	switch (format) {
		case "json":
			return { event: nothing, end: (document) => formatJson(document, choices.indent) };
		case "ndjson":
			return { event: (event) => formatNdjsonEvent(event, host), end: formatNdjsonEnd };
		case "csv":
			return { event: nothing, end: (document) => csvDocument(document, choices.first) };
		case "text":
			return textReport(choices);
	}
}

function csvDocument(document: TraceResult | TraceFailure, first: boolean): string {
	return (first ? formatCsvHeader() : "") + (document.options === null ? "" : formatCsvRows(document as TraceResult));
}

function textReport(choices: ReportChoices): TraceReport {
	const { numeric, extensions, back, paint } = choices;
	let style: TextStyle = { family: 4, queries: Number.POSITIVE_INFINITY, numeric, extensions, back, paint };
	const event = (event: TraceEvent): string => {
		if (event.type === "start") style = { ...style, family: event.family, queries: event.queries };
		return formatTextEvent(event, style);
	};
	return { event, end: nothing };
}
