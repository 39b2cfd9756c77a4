/** `POST /meetings`: this server itself meets somebody by a code. */
import type { MeetingAsked } from "../protocol/api-protocol.ts";
import { courseOf } from "../sessions/course.ts";
import { schemaRef } from "./answer-schemas.ts";
import { type ApiDesk, audited, beginSession, chargeProbes, notEnabled } from "./desk.ts";
import { type ApiAsked, type ApiRoute, answerJson } from "./route.ts";

/** Checks of ICE, and a trace of the way that was found. */
const PROBES = 128;

/** The routes. */
export function meetingRoutes(desk: ApiDesk): readonly ApiRoute[] {
	return [
		{
			method: "POST",
			path: "/meetings",
			name: "startMeeting",
			summary: "Have this server itself meet somebody by a code, which comes as an event where none is given",
			body: {
				json: {
					type: "object",
					additionalProperties: false,
					properties: {
						code: { type: "string", minLength: 1, maxLength: 128, description: "Of the other end" },
						policy: { type: "string", enum: ["all", "relay"], description: "relay: by relays alone" },
					},
				},
				mostBytes: 4_096,
			},
			answers: { 201: { description: "It is on the disk, and runs", schema: schemaRef("SessionStarted") } },
			refusals: ["draining", "notEnabled", "storeFailed"],
			cost: 10,
			answer: async (asked) =>
				answerJson(asked, 201, await audited(desk, asked, { action: "meet" }, () => startMeeting(desk, asked))),
		},
	];
}

async function startMeeting(desk: ApiDesk, asked: ApiAsked) {
	const { meet } = desk.starters;
	if (meet === undefined) throw notEnabled("meeting");
	const { code, policy } = asked.body as MeetingAsked;
	const settle = chargeProbes(desk, asked.client, PROBES);
	const began = desk.now();
	const atNs = () => Math.round((desk.now() - began) * 1e6);
	const order = { ...(code === undefined ? {} : { code }), ...(policy === undefined ? {} : { policy }) };
	const { id, kind } = await beginSession(desk, asked, {
		kind: "meet",
		target: null,
		// The code is half of a secret.
		request: policy === undefined ? {} : { policy },
		start: (tell) => courseOf(meet(order), (event) => tell({ kind: "meet", atNs: atNs(), event })),
		over: (end) => settle(end === null ? 0 : PROBES),
	});
	return { id, kind };
}
