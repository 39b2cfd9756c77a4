/** News of sessions as they happen: one stream for all of a page, taken up again wherever it broke off. */
import type { SessionNews } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { backoffMs } from "./backoff.ts";
import { connection, type Problem, request } from "./client.ts";
import { SseReader } from "./sse-reader.ts";

/** What is told. */
export interface Follower {
	/** News in their order, none twice. */
	readonly news: (news: SessionNews) => void;
	/** The server refuses; nothing more will come. */
	readonly refused: (problem: Problem) => void;
}

/** A server says something at least every 15 s; after so long in silence the connection is taken for dead. */
const SILENCE_MS = 40_000;

/** Follows sessions from after the `seq` that is known of each (-1: nothing is), until all have ended or the answer is called. */
export function followSessions(known: ReadonlyMap<string, number>, follower: Follower): () => void {
	const stopping = new AbortController();
	void follow(new Map(known), follower, stopping.signal);
	return () => stopping.abort();
}

async function follow(known: Map<string, number>, follower: Follower, stopping: AbortSignal): Promise<void> {
	for (let attempt = 0; known.size > 0 && !stopping.aborted; attempt++) {
		const turn = new AbortController();
		const end = () => turn.abort();
		stopping.addEventListener("abort", end, { once: true });
		const came = await followOnce(known, follower, turn);
		stopping.removeEventListener("abort", end);
		turn.abort();
		if (known.size === 0 || stopping.aborted) return;
		if (came !== "ended" && came !== "broken" && !MAY_PASS.has(came.code)) return follower.refused(came);
		if (came === "ended" || came === "broken") attempt = 0;
		// A server ends a long stream so that it is asked for anew: nothing is wrong then.
		if (came !== "ended") connection.value = "reconnecting";
		await pause(backoffMs(attempt, Math.random()), stopping);
	}
}

/** What may be otherwise in a moment. */
const MAY_PASS: ReadonlySet<Problem["code"]> = new Set(["offline", "draining", "overBudget", "tooMuch"]);

/** One stream to its end; or why there was none. */
async function followOnce(
	known: Map<string, number>,
	follower: Follower,
	turn: AbortController,
): Promise<"ended" | "broken" | Problem> {
	const path = `/events?${[...known.keys()].map((id) => `session=${encodeURIComponent(id)}`).join("&")}`;
	const last = [...known].flatMap(([id, seq]) => (seq < 0 ? [] : [`${id}:${seq}`])).join(",");
	const headers = { Accept: "text/event-stream", ...(last !== "" && { "Last-Event-ID": last }) };
	const answer = await request("GET", path, undefined, { headers, signal: turn.signal });
	if ("problem" in answer) return answer.problem;
	return readStream(answer.response, turn, (news) => tellNew(known, news, follower)).then(
		() => "ended" as const,
		() => "broken" as const,
	);
}

function tellNew(known: Map<string, number>, news: SessionNews, follower: Follower): void {
	const seen = known.get(news.session);
	if (seen === undefined) return;
	const events = news.events.filter(({ seq }) => seq > seen);
	known.set(news.session, events.at(-1)?.seq ?? seen);
	if (news.ended) known.delete(news.session);
	if (events.length > 0 || news.ended) follower.news({ ...news, events });
}

async function readStream(response: Response, turn: AbortController, tell: (news: SessionNews) => void): Promise<void> {
	const reader = response.body?.getReader();
	if (reader === undefined) return;
	const text = new TextDecoder();
	const events = new SseReader();
	let watch = setTimeout(() => turn.abort(), SILENCE_MS);
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			clearTimeout(watch);
			watch = setTimeout(() => turn.abort(), SILENCE_MS);
			for (const { event, data } of events.push(text.decode(value, { stream: true }))) {
				if (event === "session") tell(JSON.parse(data) as SessionNews);
			}
		}
	} finally {
		clearTimeout(watch);
	}
}

function pause(milliseconds: number, stopping: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, milliseconds);
		stopping.addEventListener(
			"abort",
			() => {
				clearTimeout(timer);
				resolve();
			},
			{ once: true },
		);
	});
}
