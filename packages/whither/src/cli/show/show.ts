/** `whither show`: what was recorded, once more, in any format. A file of its own in the bundle. */
import type { TraceResult } from "@whither/core";
import { WhitherError } from "../../api/error.ts";
import type { Session } from "../../api/session/session.ts";
import type { Dialect, ReportMaterial } from "../../report/dialects/dialect.ts";
import { dialectNames } from "../../report/dialects/facts.ts";
import { findDialect } from "../../report/dialects/index.ts";
import { materialOfSession } from "../../report/dialects/session-material.ts";
import { formatMeet } from "../../report/meet/meet-report.ts";
import type { Paint } from "../../report/paint.ts";
import { formatPingSummary } from "../../report/ping/ping-text.ts";
import { printable } from "../../report/printable.ts";
import { readRecording } from "../../report/read/read-recording.ts";
import { isReadProblem, LONGEST_FILE, type Recording } from "../../report/read/recording.ts";
import { formatStun } from "../../report/stun-report.ts";
import { formatText } from "../../report/trace/text.ts";
import { verdict } from "../../report/trace/verdict.ts";
import { warningSentence } from "../../report/trace/warning-words.ts";
import { formatTurn } from "../../report/turn-report.ts";
import { parseOptions } from "../arguments/parse.ts";
import { UsageProblem } from "../arguments/values.ts";
import { EXIT } from "../exit-codes.ts";
import { complain, isTerminal, paintFor, printAside } from "../output.ts";
import { readInput } from "./read-input.ts";
import { SHOW_OPTIONS, type ShowFlags } from "./show-options.ts";
import { deliver, joined, reportText, resultsText } from "./write-report.ts";

export { resultsText };

/** Run the command; resolves with the exit code. */
export async function showCommand(args: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, SHOW_OPTIONS);
	const dialect = dialectOf(flags);
	const recordings = operands.flatMap(recordingsIn);
	if (flags.live === true) return replay(recordings, flags);
	for (const { notes } of recordings) for (const note of notes) complain(note);
	const parts = recordings.map(({ material }) => partOf(material, dialect));
	const shown = parts.flatMap((part) => (part === null ? [] : [part]));
	if (shown.length === 0) return nothingToShow(recordings, dialect);
	if (dialect.name !== "text") return deliver(documentText(dialect, shown, flags), flags.output);
	const text = shown.map((material) => textOf(material, flags, paintFor(flags.color))).join("\n");
	const code = deliver(text, flags.output);
	sayAside(shown, flags);
	return code;
}

function dialectOf(flags: ShowFlags): Dialect {
	const { json, format, live } = flags;
	const asked = [
		...(json ? ["--json"] : []),
		...(format === undefined ? [] : [`--format ${format}`]),
		...(live ? ["--live"] : []),
	];
	if (asked.length > 1 && !(asked.length === 2 && json && format === "json"))
		throw new UsageProblem(`Choose one of ${asked.join(" and ")}`);
	const dialect = findDialect(json ? "json" : (format ?? "text"));
	if (dialect === null) throw new UsageProblem(`There is no format ${format}`);
	return dialect;
}

function recordingsIn(path: string): readonly Recording[] {
	const read = readRecording(readInput(path, LONGEST_FILE));
	if (!isReadProblem(read)) return read;
	const name = path === "-" ? "stdin" : path;
	const place = read.line === null ? name : `${name}:${read.line}`;
	throw new WhitherError("usage", `${printable(place)}: ${printable(read.reason)}`, { path });
}

type Shown = ReportMaterial;

/** What the format takes of it: the session itself where that is the point, else what it came to. Null: nothing. */
function partOf(material: Recording["material"], { name, takes }: Dialect): Shown | null {
	if (material.kind !== "session") return takes.includes(material.kind) || name === "html" ? material : null;
	const isWhole = name === "ndjson" || name === "html";
	const inner = isWhole ? null : materialOfSession(material.session);
	if (inner !== null && takes.includes(inner.kind)) return inner;
	return takes.includes("session") ? material : null;
}

/** Why there is nothing: the kind, or how the session ended. */
function nothingToShow(recordings: readonly Recording[], { name }: Dialect): number {
	const [first] = recordings;
	if (first?.material.kind === "session" && materialOfSession(first.material.session) === null) {
		complain(endWords(first.material.session));
		return EXIT.negative;
	}
	const inner = first?.material.kind === "session" ? materialOfSession(first.material.session) : null;
	const kind = inner?.kind ?? first?.material.kind ?? "trace";
	throw new UsageProblem(`A ${KIND_WORDS[kind]} has no form as ${name}; it has ${dialectNames(kind).join(", ")}`);
}

const KIND_WORDS: Readonly<Record<ReportMaterial["kind"], string>> = {
	...{ trace: "trace", summary: "continuous trace", meet: "meeting", stun: "test of a NAT", turn: "test of a relay" },
	...{ ping: "ping", session: "session" },
};

function endWords({ header, end }: Session): string {
	const what = `the ${header.kind === "live" ? "continuous trace" : header.kind} of ${header.startedAt}`;
	if (end === null) return `${what} has no end and has told nothing`;
	if (end.outcome === "failed") return `${what} failed: ${printable(end.error.message)}`;
	return `${what} ended before it had told anything`;
}

/** All of it in one document where the format holds many, or in an array; else one behind another. */
function documentText(dialect: Dialect, shown: readonly Shown[], flags: ShowFlags): string {
	const numeric = flags.numeric === true;
	const choices = { numeric, indent: isTerminal("stdout") ? 2 : 0 };
	const text = (material: Shown) => reportText(dialect, material, choices) ?? "";
	if (dialect.name === "json" && shown.length > 1)
		return `${JSON.stringify(
			shown.map((material) => JSON.parse(text(material))),
			null,
			choices.indent,
		)}\n`;
	const results = shown.flatMap((material) => (material.kind === "trace" ? material.results : []));
	if (dialect.holds === "many" && results.length > 0 && shown.every(({ kind }) => kind === "trace"))
		return text({ kind: "trace", results });
	return joined(dialect, shown.map(text));
}

function textOf(material: Shown, flags: ShowFlags, paint: Paint): string {
	const { numeric = false, extensions = false, changes = false, back = false } = flags;
	switch (material.kind) {
		case "trace":
			return material.results
				.map((result) => formatText(result, { numeric, extensions, changes, back, paint }))
				.join("\n");
		case "meet":
			return formatMeet(material.result, paint);
		case "stun":
			return formatStun(material.result, paint);
		case "turn":
			return formatTurn(material.result, paint);
		case "ping":
			return formatPingSummary(material.result);
		default:
			return reportText(dialectOf({}), material, numeric ? { numeric } : {}) ?? "";
	}
}

/** Warnings, and the diagnosis as `whither trace` gives it. */
function sayAside(shown: readonly Shown[], { explain }: ShowFlags): void {
	const results: readonly TraceResult[] = shown.flatMap((material) =>
		material.kind === "trace" ? material.results : [],
	);
	for (const result of results) {
		for (const warning of result.warnings) complain(printable(warningSentence(warning)));
		if (explain === undefined && !isTerminal("stderr")) continue;
		const { sentence, notes } = verdict(result);
		printAside(`${[sentence, ...notes.map((note) => note.sentence)].join("\n")}\n`);
	}
}

async function replay(recordings: readonly Recording[], flags: ShowFlags): Promise<number> {
	const { replayOnScreen } = await import("../live/live.ts");
	return replayOnScreen(recordings, flags.color);
}
