/** What a session can be saved as. */
import type { SessionKind } from "../../../../packages/whither/src/api/session/session.ts";
import type { DialectName } from "../../../../packages/whither/src/report/dialects/dialect.ts";

/** A format: `format` is its name in the server's address. */
export interface FileFormat {
	readonly format: DialectName;
	readonly label: string;
	readonly ending: string;
	readonly kinds: readonly SessionKind[];
}

const ALL: readonly SessionKind[] = ["trace", "live", "meet", "stun", "turn", "ping"];
const PATHS: readonly SessionKind[] = ["trace", "live"];
const ONE: readonly SessionKind[] = ["trace"];

/** In the order of the menu. */
export const FILE_FORMATS: readonly FileFormat[] = [
	{ format: "ndjson", label: "Session, to open again", ending: "ndjson", kinds: ALL },
	{ format: "html", label: "This page, one file", ending: "html", kinds: ALL },
	{ format: "json", label: "JSON", ending: "json", kinds: ALL },
	{ format: "text", label: "Text", ending: "txt", kinds: ALL },
	{ format: "markdown", label: "Markdown", ending: "md", kinds: [...PATHS, "meet"] },
	{ format: "csv", label: "CSV, a row a probe", ending: "csv", kinds: ONE },
	{ format: "svg", label: "SVG picture", ending: "svg", kinds: [...PATHS, "meet"] },
	{ format: "dot", label: "Graphviz", ending: "dot", kinds: [...PATHS, "meet"] },
	{ format: "mermaid", label: "Mermaid", ending: "mmd", kinds: [...PATHS, "meet"] },
	{ format: "mtr-report", label: "mtr report", ending: "mtr.txt", kinds: PATHS },
	{ format: "mtr-wide", label: "mtr report, wide", ending: "mtr.txt", kinds: PATHS },
	{ format: "mtr", label: "mtr JSON", ending: "mtr.json", kinds: PATHS },
	{ format: "mtr-csv", label: "mtr CSV", ending: "mtr.csv", kinds: PATHS },
	{ format: "mtr-xml", label: "mtr XML", ending: "mtr.xml", kinds: PATHS },
	{ format: "mtr-raw", label: "mtr raw", ending: "mtr.raw", kinds: ONE },
	{ format: "atlas", label: "RIPE Atlas JSON", ending: "atlas.json", kinds: ONE },
	{ format: "scamper", label: "scamper JSON", ending: "scamper.json", kinds: ONE },
	{ format: "prometheus", label: "Prometheus text", ending: "prom", kinds: PATHS },
];
