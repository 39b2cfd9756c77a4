/** A session as lines of JSON: its header, its events, its end. */
import {
	SESSION_SCHEMA,
	type Session,
	type SessionEnd,
	type SessionEvent,
	type SessionHeader,
} from "../api/session/session.ts";
import { isSessionId } from "./session-store.ts";

/** Longest line that is read, in characters. */
const LONGEST_LINE = 16 << 20;
/** Lines that are read before others have their turn. */
const LINES_AT_ONCE = 1000;

/** One line with its newline; null: nothing to keep, or nothing that JSON can say. */
export function formatSessionLine(value: SessionHeader | SessionEvent | SessionEnd): string | null {
	if ("kind" in value && value.kind === "trace" && "event" in value && value.event.type === "packet") return null;
	try {
		return `${JSON.stringify(value, withoutBigInts)}\n`;
	} catch {
		return null;
	}
}

function withoutBigInts(_: string, value: unknown): unknown {
	return typeof value === "bigint" ? String(value) : value;
}

/** A session read, and how many bytes of it are whole lines. */
export interface ReadLines extends Session {
	readonly wholeBytes: number;
}

/**
 * Reads a file; null: it is no session. A torn last line, and what is no line of a session, is passed over. Others have their turn meanwhile.
 */
export async function readSessionLines(bytes: Uint8Array): Promise<ReadLines | null> {
	const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
	const text = new TextDecoder();
	let header: SessionHeader | null = null;
	let end: SessionEnd | null = null;
	const events: SessionEvent[] = [];
	let lines = 0;
	for (let from = 0; from < wholeBytes; ) {
		const to = bytes.indexOf(0x0a, from);
		const value = to - from > LONGEST_LINE ? null : parsed(text.decode(bytes.subarray(from, to)));
		from = to + 1;
		if (header === null) {
			if (!isHeader(value)) return null;
			header = value;
		} else if (isEvent(value)) events.push(value);
		else if (isEnd(value)) end = value;
		if (++lines % LINES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
	}
	return header === null ? null : { header, events, end, wholeBytes };
}

function parsed(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return null;
	}
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

const KINDS = ["trace", "live", "meet", "stun", "turn", "ping"];

function isHeader(value: unknown): value is SessionHeader {
	if (!isObject(value)) return false;
	const { schema, id, kind, startedAt, target, tool, request } = value;
	return (
		schema === SESSION_SCHEMA &&
		typeof id === "string" &&
		isSessionId(id) &&
		KINDS.includes(kind as string) &&
		isInstant(startedAt) &&
		(target === null || typeof target === "string") &&
		isObject(tool) &&
		isObject(request)
	);
}

function isEvent(value: unknown): value is SessionEvent {
	return (
		isObject(value) &&
		Number.isInteger(value.seq) &&
		typeof value.kind === "string" &&
		(isObject(value.event) || isObject(value.note))
	);
}

function isEnd(value: unknown): value is SessionEnd {
	if (!isObject(value) || !isInstant(value.endedAt)) return false;
	const { outcome, result, error } = value;
	return (
		outcome === "lost" ||
		(outcome === "result" && (result === null || isObject(result))) ||
		(outcome === "failed" && isObject(error))
	);
}

function isInstant(value: unknown): value is string {
	return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
