/** Sessions out of a file that somebody opened: whatever `whither show` reads. */
import type { RoundsEvent, TraceEvent } from "@whither/core";
import type {
	Session,
	SessionEvent,
	SessionHeader,
	SessionResult,
} from "../../../../packages/whither/src/api/session/session.ts";
import { readRecording } from "../../../../packages/whither/src/report/read/read-recording.ts";
import { isReadProblem, type Recording } from "../../../../packages/whither/src/report/read/recording.ts";

/** What is in a file, or a sentence why it cannot be read. */
export type ReadSessions =
	| { readonly sessions: readonly Session[]; readonly notes: readonly string[] }
	| { readonly problem: string };

/** Never throws. `name` is the file's, for the sentence. */
export function readSessions(text: string, name: string): ReadSessions {
	const read = readRecording(text);
	if (isReadProblem(read)) {
		const where = read.line === null ? "" : `, line ${read.line}`;
		return { problem: `${name}${where}: ${read.reason}.` };
	}
	return { sessions: read.flatMap(sessionsOf), notes: read.flatMap(({ notes }) => notes) };
}

function sessionsOf({ material, events }: Recording): readonly Session[] {
	if (material.kind === "session") return [material.session];
	if (material.kind !== "trace") return [sessionOf(material.kind, material.result, [])];
	const [only] = material.results;
	if (material.results.length === 1 && only !== undefined) return [sessionOf("trace", only, eventsOf(events ?? []))];
	return material.results.map((result) => sessionOf("trace", result, []));
}

function sessionOf(kind: SessionHeader["kind"], result: SessionResult, events: readonly SessionEvent[]): Session {
	const { startedAt, durationNs, tool } = result;
	const endedAt = new Date(Date.parse(startedAt) + durationNs / 1e6);
	return {
		header: {
			schema: "whither.session/1",
			id: "opened",
			kind,
			tool,
			startedAt,
			target: "target" in result ? result.target.name : null,
			request: {},
		},
		events,
		end: { outcome: "result", endedAt: Number.isNaN(endedAt.getTime()) ? startedAt : endedAt.toISOString(), result },
	};
}

/** Of one trace; a continuous one is kept as a session. */
function eventsOf(events: readonly (TraceEvent | RoundsEvent)[]): readonly SessionEvent[] {
	return events.map((event, seq) => ({ seq, kind: "trace", event: event as TraceEvent }));
}
