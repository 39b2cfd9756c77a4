/** What was measured, or saved of an earlier measurement, as far as checks ask about it. */
import type { TraceResult } from "@whither/core";
import { readTraceDocument } from "../../api/meet/path/trace-document.ts";
import { MEET_SCHEMA } from "../../api/meet/result.ts";
import type { Session } from "../../api/session/session.ts";
import { readRecording } from "../read/read-recording.ts";
import { isReadProblem, type Recording } from "../read/recording.ts";
import { traceOfRounds } from "./trace-of-rounds.ts";

/** A meeting's end. */
export interface MeetFacts {
	readonly connected: boolean;
	readonly why: string;
	readonly connectedMs: number | null;
	/** Of the pair that was selected: both types, and how packets go. */
	readonly selected: { readonly local: string; readonly remote: string; readonly protocol: string } | null;
}

/** A trace, a meeting with the trace of its pair, or both missing with the reason. */
export interface Judged {
	readonly trace: TraceResult | null;
	/** Why there is no trace; null: there is. */
	readonly traceMissing: string | null;
	/** Null: it was no meeting. */
	readonly meet: MeetFacts | null;
}

/** A trace as it is. */
export function judgedTrace(trace: TraceResult): Judged {
	return { trace, traceMissing: null, meet: null };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
	return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** From parsed JSON: `whither.trace/1` or `whither.meet/1`; null: it is neither. */
export function readJudged(json: unknown): Judged | null {
	const trace = readTraceDocument(json);
	if (trace !== null) return judgedTrace(trace);
	const { schema, connected, why, timings, path, pathMissing, selected } = fieldsOf(json);
	if (schema !== MEET_SCHEMA || typeof connected !== "boolean") return null;
	const ofPath = readTraceDocument(path);
	const missing = fieldsOf(pathMissing).message;
	const { connectedMs } = fieldsOf(timings);
	return {
		trace: ofPath,
		traceMissing: ofPath === null ? (typeof missing === "string" ? missing : "The pair was not traced") : null,
		meet: {
			connected,
			why: typeof why === "string" ? why : "",
			connectedMs: typeof connectedMs === "number" ? connectedMs : null,
			selected: readPair(selected),
		},
	};
}

/** From the text of a file, in whatever format `whither show` reads; or why not, without a full stop. */
export function readJudgedText(text: string): Judged | string {
	const read = readRecording(text);
	if (isReadProblem(read)) return read.line === null ? read.reason : `line ${read.line}: ${read.reason}`;
	const found = read.flatMap(({ material }) => judgedOf(material));
	const [first] = found;
	if (first === undefined)
		return "it holds neither a trace nor a meeting that has ended, nor a continuous trace that has begun";
	return found.length === 1 ? first : `it holds ${found.length} measurements, and a check is of one`;
}

function judgedOf(material: Recording["material"]): readonly Judged[] {
	switch (material.kind) {
		case "trace":
			return material.results.map(judgedTrace);
		case "meet":
			return ours(material.result);
		case "session":
			return judgedOfSession(material.session);
		default:
			return [];
	}
}

/** A continuous trace is all that it has told, whether it has ended or not. */
function judgedOfSession(session: Session): readonly Judged[] {
	if (session.header.kind !== "live") return session.end?.outcome === "result" ? ours(session.end.result) : [];
	const trace = traceOfRounds(session);
	return trace === null ? [] : [judgedTrace(trace)];
}

function ours(result: unknown): readonly Judged[] {
	const judged = readJudged(result);
	return judged === null ? [] : [judged];
}

function readPair(selected: unknown): MeetFacts["selected"] {
	const { local, remote } = fieldsOf(selected);
	const [mine, theirs] = [fieldsOf(local), fieldsOf(remote)];
	if (typeof mine.type !== "string" || typeof theirs.type !== "string") return null;
	return { local: mine.type, remote: theirs.type, protocol: String(mine.protocol) };
}
