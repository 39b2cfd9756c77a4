/** What a session is about while it is under way: something that tells, can be stopped, and ends. */
import { asWhitherError } from "../../api/error.ts";
import type { SessionEnd, SessionEvent, SessionResult } from "../../api/session/session.ts";
import type { TracedPath } from "../../report/dialects/traced-path.ts";

type WithoutSeq<Event> = Event extends unknown ? Omit<Event, "seq"> : never;
/** An event before it is numbered. */
export type CourseEvent = WithoutSeq<SessionEvent>;

type WithoutTime<End> = End extends unknown ? Omit<End, "endedAt"> : never;
/** How it ended, before it is written when. */
export type CourseEnd = WithoutTime<Exclude<SessionEnd, { outcome: "lost" }>>;

/** Something under way. */
export interface Course {
	/** Never rejects. */
	readonly ended: Promise<CourseEnd>;
	/** Asks for an early end, with what is known by then. */
	stop(): void;
	/** Of a path that is watched: its figures so far; null: it has not begun. */
	readonly path?: (() => TracedPath | null) | undefined;
}

/** Begins something; `tell` takes its events until it has ended. */
export type StartCourse = (tell: (event: CourseEvent) => void) => Course;

/** A run of this library: its events, and its result by a promise. */
export interface Run<Event> extends AsyncIterable<Event> {
	readonly result: Promise<SessionResult | object | null>;
	stop(): void;
}

/** A run as a course. */
export function courseOf<Event>(run: Run<Event>, tell: (event: Event) => void): Course {
	return { ended: follow(run, tell), stop: () => run.stop() };
}

async function follow<Event>(run: Run<Event>, tell: (event: Event) => void): Promise<CourseEnd> {
	try {
		for await (const event of run) tell(event);
		const result = await run.result;
		// What goes on round after round ends with none: its events are all there is.
		return { outcome: "result", result: result !== null && "schema" in result ? (result as SessionResult) : null };
	} catch (thrown) {
		const { code, message } = asWhitherError(thrown);
		return { outcome: "failed", error: { code, message } };
	}
}
