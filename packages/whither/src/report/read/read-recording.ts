/** Reads whatever can be shown once more: our documents and streams, and those of RIPE Atlas, scamper and mtr. */

import { isFields } from "../../api/json-shape.ts";
import type { MeetResult } from "../../api/meet/result.ts";
import { SESSION_SCHEMA, type Session } from "../../api/session/session.ts";
import type { ReportMaterial } from "../dialects/dialect.ts";
import { looksLikeAtlas, readAtlas } from "./atlas.ts";
import { DOCUMENTS } from "./documents.ts";
import { SESSION } from "./events.ts";
import { linesOf, parseJson, readAs } from "./json-text.ts";
import { looksLikeMtrRaw, readMtrRaw } from "./mtr-raw.ts";
import { objectsOf, readEventLines, readSessionLines, recordingOfSession } from "./ndjson.ts";
import { LONGEST_FILE, type ReadProblem, type Recording } from "./recording.ts";
import { looksLikeScamper, readScamper } from "./scamper.ts";

/** What can be read, for those who gave something else. */
export const READABLE =
	"JSON and NDJSON of whither (traces, meetings, tests, sessions, pages saved as one file), RIPE Atlas results, scamper's JSON, mtr --raw";

/** Everything in the text, in its order; or the first thing in it that cannot be. Never throws. */
export function readRecording(text: string): readonly Recording[] | ReadProblem {
	if (text.length > LONGEST_FILE) return { line: null, reason: `it is longer than ${LONGEST_FILE >> 20} MiB` };
	const whole = text.startsWith("\ufeff") ? text.slice(1) : text;
	const begin = whole.trimStart().slice(0, 1);
	if (begin === "") return { line: null, reason: "it is empty" };
	if (begin === "{" || begin === "[") return readJson(whole);
	if (begin === "<") return readPage(whole);
	if (looksLikeMtrRaw(whole.trimStart())) return readMtrRaw(whole);
	return { line: 1, reason: `this is nothing that can be read: ${READABLE}` };
}

/** One document, or an array of them, or lines. */
function readJson(text: string): readonly Recording[] | ReadProblem {
	const value = parseJson(text);
	if (Array.isArray(value)) return readAll(value.map((item) => ({ line: null, value: item })));
	const isLines = value === undefined || isEventLine(value) || (isFields(value) && value.schema === SESSION_SCHEMA);
	if (!isLines) return readAll([{ line: null, value }]);
	const read = objectsOf(documentsOf(text) ?? linesOf(text));
	if ("reason" in read) return read;
	const [first] = read.objects;
	if (first?.value.schema === SESSION_SCHEMA) return one(readSessionLines(read));
	if (isEventLine(first?.value)) return readEventLines(read);
	return readAll(read.objects);
}

/** Indented documents one after another, as `--json` of several targets prints them on a terminal. */
function documentsOf(text: string) {
	if (!/^\{\r?\n\s/.test(text.trimStart())) return null;
	const parts = text.split(/(?<=^\})\r?\n/m).filter((part) => part.trim() !== "");
	let line = 1;
	return parts.map((part) => {
		const at = line;
		line += part.split("\n").length;
		return { line: at, text: part };
	});
}

function isEventLine(value: unknown): boolean {
	return isFields(value) && (value.type === "start" || (value.type === "end" && isFields(value.result)));
}

/** A page that carries a session. */
function readPage(text: string): readonly Recording[] | ReadProblem {
	const json = /<script type="application\/json" id="whither-session">([^<]+)<\/script>/.exec(text)?.[1];
	return json === undefined ? { line: 1, reason: "this page carries no session of whither's" } : readJson(json);
}

function one(read: Recording | ReadProblem): readonly Recording[] | ReadProblem {
	return "reason" in read ? read : [read];
}

const MOST_DOCUMENTS = 10_000;

function readAll(
	items: readonly { readonly line: number | null; readonly value: unknown }[],
): readonly Recording[] | ReadProblem {
	if (items.length > MOST_DOCUMENTS) return { line: null, reason: `more than ${MOST_DOCUMENTS} documents` };
	const recordings: Recording[] = [];
	for (const { line, value } of items) {
		const read = readDocument(value, line);
		if (read === null) continue;
		if ("reason" in read) return read;
		recordings.push(read);
	}
	return recordings.length === 0 ? { line: null, reason: "there is no trace in it" } : recordings;
}

/** Null: it holds nothing to show. */
function readDocument(value: unknown, line: number | null): Recording | ReadProblem | null {
	if (!isFields(value)) return { line, reason: "this is no JSON object" };
	const known = typeof value.schema === "string" ? DOCUMENTS.get(value.schema) : undefined;
	if (known !== undefined) return ownDocument(value, known, line);
	if (isFields(value.header)) return ownSession(value, line);
	if (isFields(value.session) && isFields(value.session.header)) return ownSession(value.session, line);
	if (looksLikeAtlas(value)) return readAtlas(value, line);
	if (looksLikeScamper(value)) return readScamper(value, line);
	if (isFields(value.report) && isFields(value.report.mtr))
		return { line, reason: "mtr's JSON holds no single answers; `mtr --raw` writes them down" };
	return { line, reason: `this is no document that can be read: ${READABLE}` };
}

type Known = NonNullable<ReturnType<typeof DOCUMENTS.get>>;

function ownDocument(
	value: Readonly<Record<string, unknown>>,
	{ kind, shape }: Known,
	line: number | null,
): Recording | ReadProblem {
	if (isFields(value.error) && value.options === null)
		return { line, reason: `it had no result: ${String(value.error.message)}` };
	const read = readAs<MeetResult>(shape, value, String(value.schema), line);
	if ("reason" in read) return read;
	const material = (kind === "trace" ? { kind, results: [read] } : { kind, result: read }) as unknown;
	return { material: material as Exclude<ReportMaterial, { kind: "summary" }>, events: null, notes: [] };
}

function ownSession(value: Readonly<Record<string, unknown>>, line: number | null): Recording | ReadProblem {
	const read = readAs<Session>(SESSION, { end: null, events: [], ...value }, "a session", line);
	return "reason" in read ? read : recordingOfSession(read, []);
}
