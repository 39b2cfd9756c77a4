/** `POST /stun`: what NAT this server is behind. */
import { parseStunServer } from "../../api/stun/server-name.ts";
import type { StunAsked } from "../protocol/api-protocol.ts";
import { courseOf } from "../sessions/course.ts";
import { schemaRef } from "./answer-schemas.ts";
import { type ApiDesk, allowedTarget, audited, beginSession, chargeProbes, notEnabled } from "./desk.ts";
import { type ApiAsked, ApiRefused, type ApiRoute, answerJson } from "./route.ts";

/** Requests of one discovery, about. */
const REQUESTS = 60;

/** The routes; `fallback`: the server that is asked where none is named. */
export function stunRoutes(desk: ApiDesk, fallback: string | undefined): readonly ApiRoute[] {
	return [
		{
			method: "POST",
			path: "/stun",
			name: "startStun",
			summary: "Ask a STUN server what NAT this server is behind",
			body: {
				json: {
					type: "object",
					additionalProperties: false,
					properties: { server: { type: "string", minLength: 1, maxLength: 300, description: "HOST or HOST:PORT" } },
				},
				mostBytes: 4_096,
			},
			answers: { 201: { description: "It is on the disk, and runs", schema: schemaRef("SessionStarted") } },
			refusals: ["targetRefused", "unresolved", "tooMuch", "draining", "notEnabled", "storeFailed"],
			cost: 4,
			answer: async (asked) => {
				const { server = fallback } = asked.body as StunAsked;
				const action = { action: "stun", target: server ?? null };
				return answerJson(asked, 201, await audited(desk, asked, action, () => startStun(desk, asked, server)));
			},
		},
	];
}

async function startStun(desk: ApiDesk, asked: ApiAsked, server: string | undefined) {
	const { stun } = desk.starters;
	if (stun === undefined) throw notEnabled("STUN");
	if (server === undefined) throw new ApiRefused("badRequest", "name a STUN server; none is built in");
	await allowedTarget(desk, parseStunServer(server).host, null);
	const settle = chargeProbes(desk, asked.client, REQUESTS);
	// Service records may name other hosts, which are judged as well.
	const resolve = async (name: string, family: 4 | 6 | null) => (await allowedTarget(desk, name, family))[0];
	const began = desk.now();
	const atNs = () => Math.round((desk.now() - began) * 1e6);
	const { id, kind } = await beginSession(desk, asked, {
		kind: "stun",
		target: server,
		request: { server },
		start: (tell) =>
			courseOf(stun(server, resolve), (event) => tell({ kind: "note", atNs: atNs(), note: { ...event } })),
		over: (end) => settle(end === null ? 0 : REQUESTS),
	});
	return { id, kind };
}
