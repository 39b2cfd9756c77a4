/** Reads streams of our own lines: `--ndjson` of traces and pings, several at once too, and a session as it is kept. Its last line may be torn. */
import type { PingResult, TraceEvent, TraceResult } from "@whither/core";
import { isFields } from "../../api/json-shape.ts";
import type { Session, SessionEnd, SessionEvent, SessionHeader } from "../../api/session/session.ts";
import { DOCUMENTS } from "./documents.ts";
import { MOST_EVENTS, SESSION_END, SESSION_EVENT, SESSION_HEADER, TRACE_EVENT } from "./events.ts";
import { type NumberedLine, parseObject, readAs } from "./json-text.ts";
import type { ReadProblem, Recording } from "./recording.ts";
import { resultOfEvents } from "./result-of-events.ts";

const TORN = "the last line is torn off; it is passed over";

/** Lines that are objects. */
export interface Objects {
	readonly objects: readonly { readonly line: number; readonly value: Readonly<Record<string, unknown>> }[];
	readonly isTorn: boolean;
}

/** Objects line by line; one that is none is refused, unless it is the last. */
export function objectsOf(lines: readonly NumberedLine[]): Objects | ReadProblem {
	const objects: { readonly line: number; readonly value: Readonly<Record<string, unknown>> }[] = [];
	for (const [index, { line, text }] of lines.entries()) {
		const value = parseObject(text);
		if (value !== null) objects.push({ line, value });
		else if (index < lines.length - 1 || index === 0) return { line, reason: "this line is no JSON object" };
	}
	return { objects, isTorn: objects.length < lines.length };
}

/** A session: its header, its events, its end. */
export function readSessionLines({ objects, isTorn }: Objects): Recording | ReadProblem {
	const [first, ...rest] = objects;
	const header = readAs<SessionHeader>(SESSION_HEADER, first?.value, "a session's header", first?.line ?? null);
	if ("reason" in header) return header;
	if (rest.length > MOST_EVENTS) return { line: null, reason: `more than ${MOST_EVENTS} events` };
	const events: SessionEvent[] = [];
	let end: SessionEnd | null = null;
	for (const { line, value } of rest) {
		const isEnd = Object.hasOwn(value, "outcome");
		const read = isEnd
			? readAs<SessionEnd>(SESSION_END, value, "a session's end", line)
			: readAs<SessionEvent>(SESSION_EVENT, value, "a session's event", line);
		if ("reason" in read) return read;
		if (isEnd) end = read as SessionEnd;
		else events.push(read as SessionEvent);
	}
	return recordingOfSession({ header, events, end }, isTorn ? [TORN] : []);
}

/** With what can be replayed of it. */
export function recordingOfSession(session: Session, notes: readonly string[]): Recording {
	const told = session.events.flatMap((one) => (one.kind === "trace" || one.kind === "live" ? [one.event] : []));
	return { material: { kind: "session", session }, events: told.length === 0 ? null : told, notes };
}

/** Events of `--ndjson`, told apart by their host; each `end` has the whole result. */
export function readEventLines({ objects, isTorn }: Objects): readonly Recording[] | ReadProblem {
	if (objects.length > MOST_EVENTS) return { line: null, reason: `more than ${MOST_EVENTS} events` };
	const hosts = new Map<string, { events: TraceEvent[]; result: TraceResult | PingResult | null }>();
	for (const { line, value } of objects) {
		const host = hostOf(value);
		const known = hosts.get(host) ?? { events: [], result: null };
		hosts.set(host, known);
		if (value.type === "end" && isFields(value.result)) {
			const read = resultOf(value.result, line);
			if (read !== null && "reason" in read) return read;
			known.result = read;
			continue;
		}
		// Host stands in every line but the first of its trace.
		const event = readAs<TraceEvent>(TRACE_EVENT, value, "an event of --ndjson", line);
		if ("reason" in event) return event;
		known.events.push(event);
	}
	return [...hosts.values()].flatMap(({ events, result }) => recordingOf(events, result, isTorn));
}

function hostOf({ host, target }: Readonly<Record<string, unknown>>): string {
	if (typeof host === "string") return host;
	return isFields(target) && typeof target.name === "string" ? target.name : "";
}

/** Null: it never began. */
function resultOf(
	value: Readonly<Record<string, unknown>>,
	line: number,
): TraceResult | PingResult | null | ReadProblem {
	if (isFields(value.error)) return null;
	const known = DOCUMENTS.get(String(value.schema));
	if (known === undefined) return { line, reason: "result.schema is none that is known" };
	return readAs<TraceResult | PingResult>(known.shape, value, String(value.schema), line);
}

/** Nobody wrote down when a trace began that has no end. */
const UNKNOWN_START = "1970-01-01T00:00:00.000Z";

function recordingOf(
	events: readonly TraceEvent[],
	result: TraceResult | PingResult | null,
	isTorn: boolean,
): readonly Recording[] {
	if (result?.schema === "whither.ping/1") return [{ material: { kind: "ping", result }, events: null, notes: [] }];
	const around = { tool: { name: "whither", version: "" }, args: [], startedAt: UNKNOWN_START };
	const whole = result ?? resultOfEvents(events, around);
	if (whole === null) return [];
	const notes = result === null ? [isTorn ? TORN : "the trace has no end; this is what it had told"] : [];
	return [{ material: { kind: "trace", results: [whole] }, events, notes }];
}
