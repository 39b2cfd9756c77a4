/** What a report can be made of, and what a format of it is. */
import type { PathSummary, PingResult, TraceResult } from "@whither/core";
import type { MeetResult } from "../../api/meet/result.ts";
import type { Session } from "../../api/session/session.ts";
import type { StunResult } from "../../api/stun/result.ts";
import type { TurnResult } from "../../api/turn/result.ts";
import type { RunFacts } from "./traced-path.ts";

/** Something to report. Traces and continuous traces may be several, and stand in one report. */
export type ReportMaterial =
	| { readonly kind: "trace"; readonly results: readonly TraceResult[] }
	| { readonly kind: "summary"; readonly runs: readonly SummarizedRun[] }
	| { readonly kind: "meet"; readonly result: MeetResult }
	| { readonly kind: "stun"; readonly result: StunResult }
	| { readonly kind: "turn"; readonly result: TurnResult }
	| { readonly kind: "ping"; readonly result: PingResult }
	| { readonly kind: "session"; readonly session: Session };

/** A continuous trace with its figures. */
export interface SummarizedRun {
	readonly facts: RunFacts;
	readonly summary: PathSummary;
}

/** A kind of what can be reported. */
export type MaterialKind = ReportMaterial["kind"];

/** The names of formats, as `--format` and the server's downloads have them. */
export type DialectName =
	| "text"
	| "json"
	| "ndjson"
	| "csv"
	| "markdown"
	| "atlas"
	| "mtr"
	| "mtr-csv"
	| "mtr-xml"
	| "mtr-raw"
	| "mtr-report"
	| "mtr-wide"
	| "scamper"
	| "dot"
	| "mermaid"
	| "svg"
	| "html"
	| "prometheus";

/** What a report is to heed; each format heeds what concerns it. */
export interface DialectChoices {
	/** Of this machine, where the format has a place for it. */
	readonly hostName: string;
	/** No names. */
	readonly numeric?: boolean;
	/** Spaces a level of JSON; default 0: one line. */
	readonly indent?: number;
	/** For html: the page as one file with room for a session (`oneFilePage`). */
	readonly page?: string | null;
}

/** What is known of a format without writing in it. */
export interface DialectFacts {
	readonly name: DialectName;
	readonly mediaType: string;
	/** Of a file of it, without the dot. */
	readonly ending: string;
	/** What it can be made of. */
	readonly takes: readonly MaterialKind[];
	/** Whether several paths make a document of it; else there is one of each. */
	readonly holds: "one" | "many";
	/** What it is, for help and docs: no full stop. */
	readonly about: string;
}

/** One format. */
export interface Dialect extends DialectFacts {
	/** The report with its last newline. Called with what `takes` names alone. */
	readonly write: (material: ReportMaterial, choices: DialectChoices) => string;
}
