/** `/sessions`: the list, and each of them. */

import { hostname } from "node:os";
import type { Session } from "../../api/session/session.ts";
import type { Dialect, ReportMaterial } from "../../report/dialects/dialect.ts";
import { DIALECTS, findDialect, writeReport } from "../../report/dialects/index.ts";
import { materialOfSession, summaryOfSession } from "../../report/dialects/session-material.ts";
import { answer } from "../http/answers.ts";
import type { SessionAnswer, SessionList } from "../protocol/api-protocol.ts";
import { schemaRef } from "./answer-schemas.ts";
import { type ApiDesk, audited } from "./desk.ts";
import type { JsonSchema } from "./json-schema.ts";
import { type ApiAsked, ApiRefused, type ApiRoute, answerJson, answerNothing } from "./route.ts";

/** `{id}`. */
export const SESSION_ID = { id: { description: "Of a session", pattern: "[A-Za-z0-9]+" } } as const;
const LISTED = 50;
const MOST_LISTED = 200;
const FORMATS = DIALECTS.map(({ name }) => name);
const KIND: JsonSchema = { type: "string", enum: ["trace", "live", "meet", "stun", "turn", "ping"] };
const WORDS: JsonSchema = { type: "string", minLength: 1, maxLength: 253 };

/** The routes. */
export function sessionRoutes(desk: ApiDesk): readonly ApiRoute[] {
	return [
		{
			method: "GET",
			path: "/sessions",
			name: "listSessions",
			summary: "Sessions, the newest first",
			query: {
				kind: { description: "Of this kind alone", schema: KIND },
				target: { description: "Part of what the target was called, or its whole address", schema: WORDS },
				asn: { description: "That crossed this network, such as AS64500", schema: WORDS },
				place: { description: "That crossed this place", schema: WORDS },
				before: {
					description: "Older than the session of this id",
					schema: { type: "string", pattern: "^[A-Za-z0-9]{16,32}$" },
				},
				limit: { description: "At most so many", schema: { type: "integer", minimum: 1, maximum: MOST_LISTED } },
			},
			answers: { 200: { description: "The list", schema: schemaRef("SessionList") } },
			answer: async (asked) => {
				const { limit, ...query } = asked.query;
				const asks = { ...query, limit: limit === undefined ? LISTED : Number(limit) };
				return answerJson(asked, 200, { sessions: await desk.sessions.list(asks) } satisfies SessionList);
			},
		},
		{
			method: "GET",
			path: "/sessions/{id}",
			name: "readSession",
			summary: "The whole of a session",
			names: SESSION_ID,
			query: { summary: { description: "Without its events", schema: { type: "string", maxLength: 5 } } },
			answers: { 200: { description: "The session", schema: schemaRef("SessionAnswer") } },
			refusals: ["notFound"],
			answer: (asked) => readSession(desk, asked),
		},
		{
			method: "DELETE",
			path: "/sessions/{id}",
			name: "deleteSession",
			summary: "Forget a session; one that runs is stopped before",
			names: SESSION_ID,
			answers: { 204: { description: "It is gone" } },
			refusals: ["notFound"],
			answer: async (asked) => {
				const { id = "" } = asked.names;
				await audited(desk, asked, { action: "delete", target: id }, async () => {
					if (!(await desk.sessions.remove(id))) throw noSuchSession();
					return undefined;
				});
				return answerNothing(asked);
			},
		},
		{
			method: "POST",
			path: "/sessions/{id}/stop",
			name: "stopSession",
			summary: "End a session early, with what is known by now",
			names: SESSION_ID,
			answers: { 204: { description: "It was asked to end, or had ended" } },
			refusals: ["notFound"],
			answer: (asked) => stopSession(desk, asked),
		},
		{
			method: "GET",
			path: "/sessions/{id}/file",
			name: "saveSession",
			summary: "A session as a file",
			names: SESSION_ID,
			query: { format: { description: "Default json", schema: { type: "string", enum: FORMATS } } },
			answers: { 200: { description: "The file", type: "application/octet-stream", schema: { type: "string" } } },
			refusals: ["notFound", "notEnabled"],
			answer: (asked) => saveSession(desk, asked),
		},
	];
}

/** There is none, or none that you could know of. */
export function noSuchSession(): ApiRefused {
	return new ApiRefused("notFound", "there is no such session");
}

async function readSession(desk: ApiDesk, asked: ApiAsked): Promise<Response> {
	const session = await sessionOf(desk, asked);
	const told = asked.query.summary === undefined ? session : { ...session, events: [] };
	const next = (session.events.at(-1)?.seq ?? -1) + 1;
	const summary = desk.sessions.summary(session.header.id) ?? summaryOfSession(session);
	return answerJson(asked, 200, { session: told, next, summary } satisfies SessionAnswer);
}

async function stopSession(desk: ApiDesk, asked: ApiAsked): Promise<Response> {
	const { id = "" } = asked.names;
	await audited(desk, asked, { action: "stop", target: id }, async () => {
		if (!desk.sessions.stop(id) && (await desk.sessions.read(id)) === null) throw noSuchSession();
		return undefined;
	});
	return answerNothing(asked);
}

async function sessionOf(desk: ApiDesk, { names: { id = "" } }: ApiAsked): Promise<Session> {
	const session = await desk.sessions.read(id);
	if (session === null) throw noSuchSession();
	return session;
}

/** Saved, and never shown: whatever a router's name says, it is no page of this server. */
async function saveSession(desk: ApiDesk, asked: ApiAsked): Promise<Response> {
	const session = await sessionOf(desk, asked);
	const { format = "json" } = asked.query;
	const dialect = findDialect(format);
	const page = format === "html" ? onePageOf(desk) : null;
	const choices = { hostName: hostname(), page };
	const text = dialect === null ? null : writeReport(dialect, materialFor(dialect, session), choices);
	if (dialect === null || text === null)
		throw new ApiRefused("badRequest", `this session has nothing to say as ${format}`);
	const file = { type: dialect.mediaType, body: text };
	return answer(asked.context, 200, file, {
		"Content-Disposition": `attachment; filename="whither-${session.header.id}.${dialect.ending}"`,
		"Content-Security-Policy": "sandbox; default-src 'none'",
	});
}

function onePageOf(desk: ApiDesk): string {
	const page = desk.onePage();
	if (page === null)
		throw new ApiRefused("notEnabled", "this server has no page to put a session into; another format is there");
	return page;
}

/** What it ended with goes before the session itself, but where that is the point. */
function materialFor(dialect: Dialect, session: Session): ReportMaterial {
	const whole: ReportMaterial = { kind: "session", session };
	if (dialect.name === "ndjson" || dialect.name === "html") return whole;
	const result = materialOfSession(session);
	return result !== null && dialect.takes.includes(result.kind) ? result : whole;
}
