/** Every format of a report, as far as help, options and downloads have to know it; `index.ts` can write them. */
import type { DialectFacts, DialectName, MaterialKind } from "./dialect.ts";

const RESULTS = ["trace", "meet", "stun", "turn", "ping"] as const;
const PATHS = ["trace", "summary"] as const;
const DRAWN = ["trace", "summary", "meet"] as const;

/** In the order of help: ours, for people, for pictures, other tools'. */
export const DIALECT_FACTS: readonly DialectFacts[] = [
	{
		...{
			name: "text",
			mediaType: "text/plain; charset=utf-8",
			ending: "txt",
			takes: [...RESULTS, "summary"],
			holds: "one",
		},
		about: "what the command prints: of a trace traceroute's lines",
	},
	{
		...{ name: "json", mediaType: "application/json", ending: "json", takes: [...RESULTS, "session"], holds: "one" },
		about: "one JSON document, which has a schema",
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
	},
	{
		...{ name: "csv", mediaType: "text/csv; charset=utf-8", ending: "csv", takes: ["trace"], holds: "many" },
		about: "a table (RFC 4180) with a row for each probe",
	},
	{
		...{ name: "markdown", mediaType: "text/markdown; charset=utf-8", ending: "md", takes: [...DRAWN], holds: "many" },
		about: "a table for issues and wikis",
	},
	{
		...{ name: "dot", mediaType: "text/vnd.graphviz; charset=utf-8", ending: "dot", takes: [...DRAWN], holds: "one" },
		about: "the path as a graph for Graphviz",
	},
	{
		...{ name: "mermaid", mediaType: "text/plain; charset=utf-8", ending: "mmd", takes: [...DRAWN], holds: "one" },
		about: "the path as a Mermaid flowchart",
	},
	{
		...{ name: "svg", mediaType: "image/svg+xml", ending: "svg", takes: [...DRAWN], holds: "one" },
		about: "the path as a drawing, light or dark as its reader has it",
	},
	{
		...{ name: "html", mediaType: "text/html; charset=utf-8", ending: "html", takes: ["session"], holds: "one" },
		about: "the page's view of it in one file, which loads nothing",
	},
	{
		...{ name: "atlas", mediaType: "application/x-ndjson", ending: "atlas.json", takes: ["trace"], holds: "many" },
		about: "RIPE Atlas results, a line each; msm_id and prb_id are 0",
	},
	{
		...{ name: "scamper", mediaType: "application/x-ndjson", ending: "scamper.json", takes: ["trace"], holds: "many" },
		about: "JSON lines as sc_warts2json writes them",
	},
	{
		...{ name: "mtr", mediaType: "application/json", ending: "mtr.json", takes: PATHS, holds: "one" },
		about: "the JSON of mtr --json",
	},
	{
		...{ name: "mtr-csv", mediaType: "text/csv; charset=utf-8", ending: "mtr.csv", takes: PATHS, holds: "one" },
		about: "the table of mtr --csv",
	},
	{
		...{ name: "mtr-xml", mediaType: "application/xml", ending: "mtr.xml", takes: PATHS, holds: "one" },
		about: "the document of mtr --xml",
	},
	{
		...{ name: "mtr-raw", mediaType: "text/plain; charset=utf-8", ending: "mtr.raw", takes: ["trace"], holds: "one" },
		about: "the lines of mtr --raw",
	},
	{
		...{ name: "mtr-report", mediaType: "text/plain; charset=utf-8", ending: "mtr.txt", takes: PATHS, holds: "many" },
		about: "the report of mtr -r",
	},
	{
		...{ name: "mtr-wide", mediaType: "text/plain; charset=utf-8", ending: "mtr.txt", takes: PATHS, holds: "many" },
		about: "the report of mtr -rw, names not cut",
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
	},
];

/** Names of the formats that take this. */
export function dialectNames(kind: MaterialKind): readonly DialectName[] {
	return DIALECT_FACTS.filter(({ takes }) => takes.includes(kind)).map(({ name }) => name);
}
