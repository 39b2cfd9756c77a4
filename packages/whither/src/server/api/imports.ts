/** `POST /sessions`: a file that was saved becomes a session. */
import type { SessionKind } from "../../api/session/session.ts";
import { readRecording } from "../../report/read/read-recording.ts";
import { isReadProblem, type Recording } from "../../report/read/recording.ts";
import type { CourseEnd, CourseEvent } from "../sessions/course.ts";
import { schemaRef } from "./answer-schemas.ts";
import { type ApiDesk, audited, beginSession, refusedSession } from "./desk.ts";
import { type ApiAsked, ApiRefused, type ApiRoute, answerJson } from "./route.ts";

/** Of a file; a trace of an hour, round after round, has as many. */
const MOST_BYTES = 8 << 20;

/** The routes. */
export function importRoutes(desk: ApiDesk): readonly ApiRoute[] {
	return [
		{
			method: "POST",
			path: "/sessions",
			name: "importSession",
			summary: "Keep a file that was saved, of whither, RIPE Atlas, scamper or mtr, as a session",
			body: { text: "The file", mostBytes: MOST_BYTES },
			answers: { 201: { description: "It is on the disk", schema: schemaRef("SessionStarted") } },
			refusals: ["tooMuch", "draining", "storeFailed"],
			cost: 50,
			answer: async (asked) =>
				answerJson(asked, 201, await audited(desk, asked, { action: "import" }, () => importSession(desk, asked))),
		},
	];
}

async function importSession(desk: ApiDesk, asked: ApiAsked) {
	const { kind, target, events, end } = importable(String(asked.body));
	let over = (_: unknown, __: unknown): void => {};
	const written = new Promise<unknown>((resolve) => {
		over = (_, unkept) => resolve(unkept);
	});
	const header = await beginSession(desk, asked, {
		...{ kind, target, request: { imported: true }, over },
		start: (tell) => {
			for (const event of events) tell(event);
			return { ended: Promise.resolve(end), stop: () => {} };
		},
	});
	if ((await written) !== null) {
		// What was refused is not to come back later, once there is room.
		await desk.sessions.remove(header.id).catch(() => false);
		throw refusedSession("storeFailed");
	}
	return { id: header.id, kind: header.kind };
}

interface Importable {
	readonly kind: SessionKind;
	readonly target: string | null;
	readonly events: readonly CourseEvent[];
	readonly end: CourseEnd;
}

/** The first of what there is in the text. Throws `ApiRefused`. */
function importable(text: string): Importable {
	const read = readRecording(text);
	if (isReadProblem(read)) {
		const where = read.line === null ? "" : ` in line ${read.line}`;
		throw new ApiRefused("badRequest", `the file cannot be read${where}: ${read.reason}`);
	}
	const [first] = read;
	if (first === undefined) throw new ApiRefused("badRequest", "there is nothing in the file");
	return ofRecording(first);
}

function ofRecording({ material, events }: Recording): Importable {
	if (material.kind === "session") {
		const { header, events: told, end } = material.session;
		const known = end === null || end.outcome === "lost" ? LOST : end;
		return { kind: header.kind, target: header.target, events: told, end: known };
	}
	if (material.kind === "trace") {
		const [result] = material.results;
		if (result === undefined) throw new ApiRefused("badRequest", "there is no trace in the file");
		const told = (events ?? []).map((event) => ({ kind: "trace", event }) as CourseEvent);
		return { kind: "trace", target: result.target.name, events: told, end: { outcome: "result", result } };
	}
	return { kind: material.kind, target: null, events: [], end: { outcome: "result", result: material.result } };
}

/** Of one that was cut off. */
const LOST: CourseEnd = {
	outcome: "failed",
	error: { code: "lost", message: "The file ends before the session did" },
};
