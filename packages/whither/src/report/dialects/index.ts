/** Every format of a report: `--format`, the server's downloads, `whither show` and the docs are made from this table. */

import { formatMeet } from "../meet/meet-report.ts";
import { PLAIN } from "../paint.ts";
import { formatPingSummary } from "../ping/ping-text.ts";
import { formatStun } from "../stun-report.ts";
import { formatCsvHeader, formatCsvRows } from "../trace/csv.ts";
import { formatNdjsonEnd } from "../trace/ndjson.ts";
import { formatText } from "../trace/text.ts";
import { formatTurn } from "../turn-report.ts";
import { formatAtlas } from "./atlas.ts";
import type { Dialect, DialectChoices, DialectName, ReportMaterial } from "./dialect.ts";
import { formatDot } from "./dot.ts";
import { DIALECT_FACTS } from "./facts.ts";
import { formatHtml } from "./html.ts";
import { formatMarkdownMeet, formatMarkdownPath } from "./markdown.ts";
import { formatMermaid } from "./mermaid.ts";
import { formatMtrCsv } from "./mtr-csv.ts";
import { formatMtrJson, type MtrChoices } from "./mtr-json.ts";
import { formatMtrRaw } from "./mtr-raw.ts";
import { formatMtrReport } from "./mtr-report.ts";
import { formatMtrXml } from "./mtr-xml.ts";
import { formatPrometheus } from "./prometheus.ts";
import { formatScamper } from "./scamper.ts";
import { sessionLines } from "./session-lines.ts";
import { materialOfSession } from "./session-material.ts";
import { formatSvg } from "./svg.ts";
import { graphOfPath, pathOfResult, pathOfRun, type TracedPath } from "./traced-path.ts";

const WRITERS: Readonly<Record<DialectName, Dialect["write"]>> = {
	text: writeText,
	json: (material, { indent = 0 }) => `${JSON.stringify(documentOf(material), null, indent)}\n`,
	ndjson: (material) => {
		if (material.kind === "session") return sessionLines(material.session);
		return material.kind === "trace" ? material.results.map(formatNdjsonEnd).join("") : "";
	},
	csv: (material) => formatCsvHeader() + resultsOf(material).map(formatCsvRows).join(""),
	markdown: (material) =>
		material.kind === "meet"
			? formatMarkdownMeet(material.result)
			: pathsOf(material)
					.map((path) => formatMarkdownPath(path))
					.join("\n"),
	dot: onePath((path) => formatDot(graphOfPath(path), titleOf(path))),
	mermaid: onePath((path) => formatMermaid(graphOfPath(path))),
	svg: onePath((path) => formatSvg(graphOfPath(path), titleOf(path))),
	html: (material, { page = null }) =>
		(material.kind === "session" && page !== null ? formatHtml(material.session, page) : null) ?? "",
	atlas: (material) => formatAtlas(resultsOf(material)),
	scamper: (material, choices) => formatScamper(resultsOf(material), choices),
	mtr: onePath((path, choices) => formatMtrJson(path, mtrChoices(choices))),
	"mtr-csv": onePath((path, choices) => formatMtrCsv(path, mtrChoices(choices))),
	"mtr-xml": onePath((path, choices) => formatMtrXml(path, mtrChoices(choices))),
	"mtr-raw": (material) => resultsOf(material).slice(0, 1).map(formatMtrRaw).join(""),
	"mtr-report": mtrReports(false),
	"mtr-wide": mtrReports(true),
	prometheus: (material) => formatPrometheus(pathsOf(material)),
};

/** In the order of help: ours, for people, for pictures, other tools'. */
export const DIALECTS: readonly Dialect[] = DIALECT_FACTS.map((facts) => ({ ...facts, write: WRITERS[facts.name] }));

/** The format of this name, or null. */
export function findDialect(name: string): Dialect | null {
	return DIALECTS.find((dialect) => dialect.name === name) ?? null;
}

/**
 * The report of something in this format; null where it cannot be made of it. Of a session that a format knows nothing of, its result is taken,
 * or the figures so far.
 */
export function writeReport(dialect: Dialect, material: ReportMaterial, choices: DialectChoices): string | null {
	const fitting = fittingMaterial(dialect, material);
	const text = fitting === null ? "" : dialect.write(fitting, choices);
	return text === "" ? null : text;
}

function fittingMaterial({ takes }: Dialect, material: ReportMaterial): ReportMaterial | null {
	if (takes.includes(material.kind)) return material;
	const inner = material.kind === "session" ? materialOfSession(material.session) : null;
	return inner !== null && takes.includes(inner.kind) ? inner : null;
}

function writeText(material: ReportMaterial, choices: DialectChoices): string {
	const { numeric = false } = choices;
	switch (material.kind) {
		case "trace":
			return material.results.map((result) => formatText(result, { numeric })).join("\n");
		case "summary":
			return mtrReports(true)(material, choices);
		case "meet":
			return formatMeet(material.result, PLAIN);
		case "stun":
			return formatStun(material.result, PLAIN);
		case "turn":
			return formatTurn(material.result, PLAIN);
		case "ping":
			return formatPingSummary(material.result);
		case "session":
			return "";
	}
}

function documentOf(material: ReportMaterial): unknown {
	if (material.kind === "session") return material.session;
	if (material.kind === "trace") return material.results.length === 1 ? material.results[0] : material.results;
	return material.kind === "summary" ? null : material.result;
}

function resultsOf(material: ReportMaterial) {
	return material.kind === "trace" ? material.results : [];
}

/** Paths that figures and drawings are made of: of a meeting the way from here. */
function pathsOf(material: ReportMaterial): readonly TracedPath[] {
	switch (material.kind) {
		case "trace":
			return material.results.map(pathOfResult);
		case "summary":
			return material.runs.map(({ facts, summary }) => pathOfRun(facts, summary));
		case "meet":
			return material.result.path === null ? [] : [pathOfResult(material.result.path)];
		default:
			return [];
	}
}

function onePath(write: (path: TracedPath, choices: DialectChoices) => string): Dialect["write"] {
	return (material, choices) =>
		pathsOf(material)
			.slice(0, 1)
			.map((path) => write(path, choices))
			.join("");
}

function mtrReports(wide: boolean): Dialect["write"] {
	return (material, choices) =>
		pathsOf(material)
			.map(({ summary, startedAt }) => formatMtrReport(summary, { ...mtrChoices(choices), startedAt, wide }))
			.join("");
}

function mtrChoices({ hostName, numeric = false }: DialectChoices): MtrChoices {
	return { hostName, numeric, addresses: false };
}

function titleOf({ target, method }: TracedPath): string {
	const { name, address } = target;
	return `${name === address ? address : `${name} (${address})`}, ${method}`;
}
