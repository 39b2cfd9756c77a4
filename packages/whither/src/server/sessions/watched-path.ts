/** A continuous trace as a session's course: its events, and its figures at any time. */
import type { PathSummary, RoundsEvent } from "@whither/core";
import { pathOfRun, type RunFacts, type TracedPath } from "../../report/dialects/traced-path.ts";
import { type Course, courseOf, type Run } from "./course.ts";

/** What is watched. */
export interface WatchedRun extends Run<RoundsEvent> {
	summary(): PathSummary;
}

/** The course; `tell` takes its events. */
export function watchPath(run: WatchedRun, tell: (event: RoundsEvent) => void): Course {
	const startedAt = new Date().toISOString();
	let facts: RunFacts | null = null;
	const course = courseOf(run, (event) => {
		if (event.type === "start") facts = factsOf(event, startedAt);
		tell(event);
	});
	const path = (): TracedPath | null => (facts === null ? null : pathOfRun(facts, run.summary()));
	return { ...course, path };
}

function factsOf(start: Extract<RoundsEvent, { type: "start" }>, startedAt: string): RunFacts {
	const { target, source, method, family, length, maxTtl, rounds } = start;
	return { target, source, method, family, startedAt, options: { firstTtl: 1, maxTtl, length, rounds } };
}
