/** `GET /events`: what happens in several sessions, on one stream. */
import { answerEvents } from "../http/event-stream.ts";
import { type Followed, follow, readPositions } from "../sessions/following.ts";
import { schemaRef } from "./answer-schemas.ts";
import type { ApiDesk } from "./desk.ts";
import { type ApiAsked, ApiRefused, type ApiRoute } from "./route.ts";
import { noSuchSession } from "./sessions.ts";

/** On one stream. */
const MOST_SESSIONS = 8;
/** After that its reader is asked to come back, which one that has gone silently does not. */
const LIFE_MS = 600_000;

/** The routes. */
export function eventRoutes(desk: ApiDesk): readonly ApiRoute[] {
	return [
		{
			method: "GET",
			path: "/events",
			name: "followSessions",
			summary: "What happens in sessions, as server-sent events (`event: session`, data: SessionNews)",
			query: {
				session: {
					description: "A session to follow; up to 8",
					schema: { type: "string", pattern: "^[A-Za-z0-9]{16,32}$" },
					many: true,
					required: true,
				},
				after: {
					description: "As Last-Event-ID, for who cannot send that",
					schema: { type: "string", maxLength: 512 },
				},
			},
			headers: { "Last-Event-ID": { description: "ID:SEQ of each session, by commas: what follows it is told" } },
			answers: {
				200: { description: "The stream", type: "text/event-stream", schema: schemaRef("SessionNews") },
			},
			refusals: ["notFound"],
			answer: (asked) => followSessions(desk, asked),
		},
	];
}

async function followSessions(desk: ApiDesk, asked: ApiAsked): Promise<Response> {
	const followed = await readFollowed(desk, asked);
	if (desk.counts.viewers >= desk.limits.viewers)
		throw new ApiRefused("overBudget", "as many look on as may; come back later", 5_000);
	const begin = (stream: Parameters<Parameters<typeof answerEvents>[1]>[0]): (() => void) => {
		desk.counts.viewers++;
		const leave = follow(desk.sessions, followed, stream);
		return () => {
			desk.counts.viewers--;
			leave();
		};
	};
	return answerEvents(asked.context, begin, { lifeMs: LIFE_MS });
}

async function readFollowed(desk: ApiDesk, asked: ApiAsked): Promise<readonly Followed[]> {
	const ids = [...new Set(asked.all("session"))];
	if (ids.length > MOST_SESSIONS) throw new ApiRefused("badRequest", `follow at most ${MOST_SESSIONS} sessions`);
	const positions = readPositions(asked.header("last-event-id") ?? asked.query.after ?? "");
	if (positions === null) throw new ApiRefused("badRequest", "Last-Event-ID is ID:SEQ, by commas");
	for (const id of ids)
		if (desk.sessions.find(id) === null && (await desk.sessions.read(id)) === null) throw noSuchSession();
	return ids.map((id) => ({ id, next: positions.get(id) ?? 0 }));
}
