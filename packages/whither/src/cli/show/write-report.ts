/** Reports of the table of formats, written once all that they tell of is there. */
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import type { TraceResult } from "@whither/core";
import { SESSION_SCHEMA, type Session } from "../../api/session/session.ts";
import type { Dialect, DialectChoices, ReportMaterial } from "../../report/dialects/dialect.ts";
import { findDialect, writeReport } from "../../report/dialects/index.ts";
import { stackSvgs } from "../../report/dialects/svg.ts";
import { EXIT } from "../exit-codes.ts";
import { writeFailureSentence } from "../file-errors.ts";
import { complain, print } from "../output.ts";
import { onePage } from "./one-file-page.ts";

/** What a report heeds. */
export type ReportChoices = Omit<DialectChoices, "hostName" | "page">;

/** The report; null where the format has nothing of it. Throws `WhitherError` where a part of ours is missing. */
export function reportText(dialect: Dialect, material: ReportMaterial, choices: ReportChoices): string | null {
	const isPage = dialect.name === "html";
	const shown = isPage && material.kind === "trace" ? sessionsOf(material.results) : [material];
	const page = isPage ? onePage() : null;
	const texts = shown.map((each) => writeReport(dialect, each, { ...choices, hostName: hostname(), page }));
	return texts[0] ?? null;
}

/** Of traces that are over, in one of the formats that are no stream: in one document, or one behind another. */
export function resultsText(name: string, results: readonly TraceResult[], choices: ReportChoices): string {
	const dialect = findDialect(name);
	if (dialect === null || results.length === 0) return "";
	const parts = dialect.holds === "many" ? [results] : results.map((result) => [result]);
	return joined(
		dialect,
		parts.map((part) => reportText(dialect, { kind: "trace", results: part }, choices) ?? ""),
	);
}

/** Reports of one thing each behind one another, or in one drawing. */
export function joined({ name }: Dialect, texts: readonly string[]): string {
	return name === "svg" ? stackSvgs(texts) : texts.join("");
}

/** A page shows sessions: a trace by itself is one that has its end alone. */
function sessionsOf(results: readonly TraceResult[]): readonly ReportMaterial[] {
	return results.map((result): ReportMaterial => ({ kind: "session", session: sessionOfResult(result) }));
}

function sessionOfResult(result: TraceResult): Session {
	const { tool, startedAt, target, method, durationNs } = result;
	const id = `trace${startedAt.replace(/\D/g, "").slice(0, 17)}`;
	const endedAt = new Date(Date.parse(startedAt) + durationNs / 1e6).toISOString();
	return {
		header: { schema: SESSION_SCHEMA, id, kind: "trace", tool, startedAt, target: target.name, request: { method } },
		events: [],
		end: { outcome: "result", endedAt, result },
	};
}

/** To the file, or to stdout where there is none; returns the exit code. */
export function deliver(text: string, file: string | undefined): number {
	if (file === undefined || file === "-") {
		print(text);
		return EXIT.ok;
	}
	try {
		writeFileSync(file, text);
		return EXIT.ok;
	} catch (thrown) {
		complain(writeFailureSentence(file, thrown as NodeJS.ErrnoException));
		return EXIT.system;
	}
}
