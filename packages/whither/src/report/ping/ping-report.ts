/** One ping in one of its formats, as text to write while it runs and when it has ended. */
import type { PingEvent, PingResult } from "@whither/core";
import type { PingFailureDocument } from "../../api/ping/failure.ts";
import { formatPingEvent, formatPingSummary, type PingStyle } from "./ping-text.ts";

/** A format that a ping has. */
export type PingFormat = "text" | "json" | "ndjson";

/** How a ping is shown; each format heeds what concerns it. */
export interface PingChoices extends Omit<PingStyle, "family"> {
	/** Spaces a level of JSON; 0: one line. */
	readonly indent: number;
}

/** What to write for each event, and at the end. */
export interface PingReport {
	readonly event: (event: PingEvent) => string;
	readonly end: (document: PingResult | PingFailureDocument) => string;
}

/** The report of one target; `host` is what the user called it. */
export function pingReport(format: PingFormat, host: string, choices: PingChoices): PingReport {
	switch (format) {
		case "json":
			return { event: () => "", end: (document) => `${JSON.stringify(document, null, choices.indent)}\n` };
		case "ndjson":
			return { event: (event) => eventLine(event, host), end: endLine };
		case "text":
			return textReport(choices);
	}
}

/** `end` comes with the result. */
function eventLine(event: PingEvent, host: string): string {
	if (event.type === "end") return "";
	const { type, ...rest } = event;
	return `${JSON.stringify(type === "start" ? event : { type, host, ...rest })}\n`;
}

function endLine(result: PingResult | PingFailureDocument): string {
	const { durationNs: atNs, stopReason, target } = result;
	return `${JSON.stringify({ type: "end", host: target.name, atNs, stopReason, result })}\n`;
}

function textReport(choices: PingChoices): PingReport {
	let style: PingStyle = { ...choices, family: 4 };
	let before: string | null = null;
	return {
		event: (event) => {
			if (event.type === "start") style = { ...style, family: event.family };
			const line = formatPingEvent(event, style, before);
			if (event.type === "probe") before = event.probe.from ?? before;
			return line;
		},
		end: (document) => (document.options === null ? "" : formatPingSummary(document as PingResult)),
	};
}
