/** What a session can be saved as. */
import type { SessionKind } from "../../../../packages/whither/src/api/session/session.ts";

/** A format: `format` is its name in the server's address. */
export interface FileFormat {
	readonly format: string;
	readonly label: string;
	readonly ending: string;
	readonly kinds: readonly SessionKind[];
	/** The page makes it itself. */
	readonly alone?: true;
}

const ALL: readonly SessionKind[] = ["trace", "live", "meet", "stun", "turn", "ping"];
const PATHS: readonly SessionKind[] = ["trace", "live"];

/** In the order of the menu. */
export const FILE_FORMATS: readonly FileFormat[] = [
	{ format: "ndjson", label: "Session, to open again", ending: "ndjson", kinds: ALL, alone: true },
	{ format: "page", label: "This page, one file", ending: "html", kinds: PATHS, alone: true },
	{ format: "json", label: "JSON", ending: "json", kinds: ALL },
	{ format: "text", label: "Text, as traceroute", ending: "txt", kinds: PATHS },
	{ format: "markdown", label: "Markdown", ending: "md", kinds: PATHS },
	{ format: "csv", label: "CSV", ending: "csv", kinds: PATHS },
	{ format: "mtr", label: "mtr report", ending: "txt", kinds: PATHS },
	{ format: "mtr-json", label: "mtr JSON", ending: "json", kinds: PATHS },
	{ format: "mtr-csv", label: "mtr CSV", ending: "csv", kinds: PATHS },
	{ format: "mtr-xml", label: "mtr XML", ending: "xml", kinds: PATHS },
	{ format: "mtr-raw", label: "mtr raw", ending: "txt", kinds: PATHS },
	{ format: "atlas", label: "RIPE Atlas JSON", ending: "json", kinds: PATHS },
	{ format: "scamper", label: "scamper JSON", ending: "json", kinds: PATHS },
	{ format: "dot", label: "Graphviz", ending: "dot", kinds: PATHS },
	{ format: "mermaid", label: "Mermaid", ending: "mmd", kinds: PATHS },
	{ format: "svg", label: "SVG picture", ending: "svg", kinds: PATHS },
	{ format: "html", label: "HTML report", ending: "html", kinds: PATHS },
	{ format: "prometheus", label: "Prometheus text", ending: "prom", kinds: PATHS },
];
