/** Every format of a report: `--format`, the server's downloads, `whither show` and the docs are made from this table. */

import { formatCsvHeader, formatCsvRows } from "../csv.ts";
import { formatMeet } from "../meet-report.ts";
import { formatNdjsonEnd } from "../ndjson.ts";
import { PLAIN } from "../paint.ts";
import { formatPingSummary } from "../ping-text.ts";
import { formatStun } from "../stun-report.ts";
import { formatText } from "../text.ts";
import { formatTurn } from "../turn-report.ts";
import { formatAtlas } from "./atlas.ts";
import type { Dialect, DialectChoices, DialectName, MaterialKind, ReportMaterial } from "./dialect.ts";
import { formatDot } from "./dot.ts";
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

const RESULTS = ["trace", "meet", "stun", "turn", "ping"] as const;
const PATHS = ["trace", "summary"] as const;
const DRAWN = ["trace", "summary", "meet"] as const;

/** In the order of help: ours, for people, for pictures, other tools'. */
export const DIALECTS: readonly Dialect[] = [
	{
		...{
			name: "text",
			mediaType: "text/plain; charset=utf-8",
			ending: "txt",
			takes: [...RESULTS, "summary"],
			holds: "one",
		},
		about: "what the command prints: of a trace traceroute's lines",
		write: writeText,
	},
	{
		...{ name: "json", mediaType: "application/json", ending: "json", takes: [...RESULTS, "session"], holds: "one" },
		about: "one JSON document, which has a schema",
		write: (material, { indent = 0 }) => `${JSON.stringify(documentOf(material), null, indent)}\n`,
	},
	{
		...{
			name: "ndjson",
			mediaType: "application/x-ndjson",
			ending: "ndjson",
			takes: ["trace", "session"],
			holds: "many",
		},
		about: "a line of JSON an event; a finished trace has the last one alone",
		write: (material) => {
			if (material.kind === "session") return sessionLines(material.session);
			return material.kind === "trace" ? material.results.map(formatNdjsonEnd).join("") : "";
		},
	},
	{
		...{ name: "csv", mediaType: "text/csv; charset=utf-8", ending: "csv", takes: ["trace"], holds: "many" },
		about: "a table (RFC 4180) with a row for each probe",
		write: (material) => formatCsvHeader() + resultsOf(material).map(formatCsvRows).join(""),
	},
	{
		...{ name: "markdown", mediaType: "text/markdown; charset=utf-8", ending: "md", takes: [...DRAWN], holds: "many" },
		about: "a table for issues and wikis",
		write: (material) =>
			material.kind === "meet"
				? formatMarkdownMeet(material.result)
				: pathsOf(material)
						.map((path) => formatMarkdownPath(path))
						.join("\n"),
	},
	{
		...{ name: "dot", mediaType: "text/vnd.graphviz; charset=utf-8", ending: "dot", takes: [...DRAWN], holds: "one" },
		about: "the path as a graph for Graphviz",
		write: onePath((path) => formatDot(graphOfPath(path), titleOf(path))),
	},
	{
		...{ name: "mermaid", mediaType: "text/plain; charset=utf-8", ending: "mmd", takes: [...DRAWN], holds: "one" },
		about: "the path as a Mermaid flowchart",
		write: onePath((path) => formatMermaid(graphOfPath(path))),
	},
	{
		...{ name: "svg", mediaType: "image/svg+xml", ending: "svg", takes: [...DRAWN], holds: "one" },
		about: "the path as a drawing, light or dark as its reader has it",
		write: onePath((path) => formatSvg(graphOfPath(path), titleOf(path))),
	},
	{
		...{ name: "html", mediaType: "text/html; charset=utf-8", ending: "html", takes: ["session"], holds: "one" },
		about: "the page's view of it in one file, which loads nothing",
		write: (material, { page = null }) =>
			(material.kind === "session" && page !== null ? formatHtml(material.session, page) : null) ?? "",
	},
	{
		...{ name: "atlas", mediaType: "application/x-ndjson", ending: "atlas.json", takes: ["trace"], holds: "many" },
		about: "RIPE Atlas results, a line each; msm_id and prb_id are 0",
		write: (material) => formatAtlas(resultsOf(material)),
	},
	{
		...{ name: "scamper", mediaType: "application/x-ndjson", ending: "scamper.json", takes: ["trace"], holds: "many" },
		about: "JSON lines as sc_warts2json writes them",
		write: (material, choices) => formatScamper(resultsOf(material), choices),
	},
	{
		...{ name: "mtr", mediaType: "application/json", ending: "mtr.json", takes: PATHS, holds: "one" },
		about: "the JSON of mtr --json",
		write: onePath((path, choices) => formatMtrJson(path, mtrChoices(choices))),
	},
	{
		...{ name: "mtr-csv", mediaType: "text/csv; charset=utf-8", ending: "mtr.csv", takes: PATHS, holds: "one" },
		about: "the table of mtr --csv",
		write: onePath((path, choices) => formatMtrCsv(path, mtrChoices(choices))),
	},
	{
		...{ name: "mtr-xml", mediaType: "application/xml", ending: "mtr.xml", takes: PATHS, holds: "one" },
		about: "the document of mtr --xml",
		write: onePath((path, choices) => formatMtrXml(path, mtrChoices(choices))),
	},
	{
		...{ name: "mtr-raw", mediaType: "text/plain; charset=utf-8", ending: "mtr.raw", takes: ["trace"], holds: "one" },
		about: "the lines of mtr --raw",
		write: (material) => resultsOf(material).slice(0, 1).map(formatMtrRaw).join(""),
	},
	{
		...{ name: "mtr-report", mediaType: "text/plain; charset=utf-8", ending: "mtr.txt", takes: PATHS, holds: "many" },
		about: "the report of mtr -r",
		write: mtrReports(false),
	},
	{
		...{ name: "mtr-wide", mediaType: "text/plain; charset=utf-8", ending: "mtr.txt", takes: PATHS, holds: "many" },
		about: "the report of mtr -rw, names not cut",
		write: mtrReports(true),
	},
	{
		...{
			name: "prometheus",
			mediaType: "text/plain; version=0.0.4; charset=utf-8",
			ending: "prom",
			takes: PATHS,
			holds: "many",
		},
		about: "metrics for Prometheus, such as its textfile collector reads",
		write: (material) => formatPrometheus(pathsOf(material)),
	},
];

/** The format of this name, or null. */
export function findDialect(name: string): Dialect | null {
	return DIALECTS.find((dialect) => dialect.name === name) ?? null;
}

/** Names of the formats that take this. */
export function dialectNames(kind: MaterialKind): readonly DialectName[] {
	return DIALECTS.filter(({ takes }) => takes.includes(kind)).map(({ name }) => name);
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
