import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SessionNews } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { connection, type Problem } from "./client.ts";
import { followSessions } from "./follow.ts";

const [ONE, TWO] = ["a".repeat(20), "b".repeat(20)];

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
	connection.value = "ok";
});

const news = (session: string, seqs: readonly number[], ended = false) =>
	({ session, events: seqs.map((seq) => ({ seq, kind: "live" })), ended }) as unknown as SessionNews;
const streamOf = (...told: readonly SessionNews[]) =>
	new Response(told.map((each) => `event: session\ndata: ${JSON.stringify(each)}\n\n`).join(""));
const refusal = (status: number, code: string) =>
	Response.json({ error: { code, message: "No." } }, { status }) as Response;

/** Follows until there is nothing left to answer with; what was asked for, and what was told. */
async function followed(known: readonly (readonly [string, number])[], answers: readonly (Response | null)[]) {
	const asked: (readonly [path: string, last: string | null])[] = [];
	const left = [...answers];
	vi.stubGlobal("fetch", async (path: string, { headers }: { headers: Headers }) => {
		asked.push([path, headers.get("Last-Event-ID")]);
		const answer = left.shift();
		if (answer === undefined || answer === null) throw new TypeError("offline");
		return answer;
	});
	const told: (readonly [string, readonly number[], boolean])[] = [];
	const refused: Problem["code"][] = [];
	const stop = followSessions(new Map(known), {
		news: ({ session, events, ended }) => told.push([session, events.map(({ seq }) => seq), ended]),
		refused: ({ code }) => refused.push(code),
	});
	for (let turn = 0; turn < 40; turn++) await vi.advanceTimersByTimeAsync(1_000);
	stop();
	return { asked, told, refused };
}

test("a stream that broke off is taken up where it was, and nothing is told twice", async () => {
	const { asked, told } = await followed(
		[[ONE, -1]],
		[streamOf(news(ONE, [0, 1])), streamOf(news(ONE, [1, 2]), news(ONE, [3], true))],
	);
	expect(asked).toEqual([
		[`api/v1/events?session=${ONE}`, null],
		[`api/v1/events?session=${ONE}`, `${ONE}:1`],
	]);
	expect(told).toEqual([
		[ONE, [0, 1], false],
		[ONE, [2], false],
		[ONE, [3], true],
	]);
});

test("of several sessions those that have ended are asked for no more, and others' news are left out", async () => {
	const { asked, told } = await followed(
		[
			[ONE, 4],
			[TWO, -1],
		],
		[streamOf(news("c".repeat(20), [0]), news(ONE, [], true), news(TWO, [0])), streamOf(news(TWO, [], true))],
	);
	expect(asked).toEqual([
		[`api/v1/events?session=${ONE}&session=${TWO}`, `${ONE}:4`],
		[`api/v1/events?session=${TWO}`, `${TWO}:0`],
	]);
	expect(told).toEqual([
		[ONE, [], true],
		[TWO, [0], false],
		[TWO, [], true],
	]);
});

test("a server that is away for a while is asked again; one that refuses is not", async () => {
	const away = await followed([[ONE, 0]], [null, refusal(503, "draining"), streamOf(news(ONE, [1], true))]);
	expect([away.told, away.asked.length, away.refused]).toEqual([[[ONE, [1], true]], 3, []]);
	const gone = await followed([[ONE, 0]], [refusal(404, "notFound"), streamOf(news(ONE, [1], true))]);
	expect([gone.told, gone.asked.length, gone.refused]).toEqual([[], 1, ["notFound"]]);
});
