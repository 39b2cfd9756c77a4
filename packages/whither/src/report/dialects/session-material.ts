/** What a session has to report: its result, or the figures of its events. */
import { PathStatistics, type PathSummary, type RoundsEvent, summaryOf, type TraceEvent } from "@whither/core";
import type { Session } from "../../api/session/session.ts";
import { resultOfEvents } from "../read/result-of-events.ts";
import type { ReportMaterial } from "./dialect.ts";
import type { RunFacts } from "./traced-path.ts";

/** The figures of a trace's session, finished or not; null of any other kind, or before it began. */
export function summaryOfSession(session: Session): PathSummary | null {
	const { kind } = session.header;
	if (kind !== "trace" && kind !== "live") return null;
	if (session.end?.outcome === "result" && session.end.result?.schema === "whither.trace/1")
		return summaryOf(session.end.result);
	const events = eventsOf(session);
	if (!events.some(({ type }) => type === "start")) return null;
	const statistics = new PathStatistics();
	for (const event of events) statistics.take(event);
	return statistics.summary();
}

/** What it is about, as formats take it that know no sessions; null: nothing yet. */
export function materialOfSession(session: Session): Exclude<ReportMaterial, { kind: "session" }> | null {
	const result = session.end?.outcome === "result" ? session.end.result : null;
	switch (result?.schema) {
		case "whither.trace/1":
			return { kind: "trace", results: [result] };
		case "whither.meet/1":
			return { kind: "meet", result };
		case "whither.stun/1":
			return { kind: "stun", result };
		case "whither.turn/1":
			return { kind: "turn", result };
		case "whither.ping/1":
			return { kind: "ping", result };
	}
	return session.header.kind === "live" ? runOf(session) : unfinishedTrace(session);
}

function runOf(session: Session): (ReportMaterial & { kind: "summary" }) | null {
	const summary = summaryOfSession(session);
	const facts = runFacts(session);
	return summary === null || facts === null ? null : { kind: "summary", runs: [{ facts, summary }] };
}

function unfinishedTrace({ header, events }: Session): (ReportMaterial & { kind: "trace" }) | null {
	const told = events.flatMap((one) => (one.kind === "trace" ? [one.event] : []));
	const result = resultOfEvents(told, { tool: header.tool, args: [], startedAt: header.startedAt });
	return result === null ? null : { kind: "trace", results: [result] };
}

/** What is known around the figures of a continuous trace's session; null before it began. */
function runFacts(session: Session): RunFacts | null {
	const start = eventsOf(session).find((event) => event.type === "start");
	if (start?.type !== "start") return null;
	const { target, source, method, family, length, maxTtl } = start;
	const first = eventsOf(session).find((event) => event.type === "round");
	const firstTtl = first?.type === "round" ? first.firstTtl : 1;
	const rounds = "rounds" in start ? start.rounds : null;
	const options = { firstTtl, maxTtl, length, rounds };
	return { target, source, method, family, startedAt: session.header.startedAt, options };
}

function eventsOf({ events }: Session): readonly (TraceEvent | RoundsEvent)[] {
	return events.flatMap((one) => (one.kind === "trace" || one.kind === "live" ? [one.event] : []));
}
