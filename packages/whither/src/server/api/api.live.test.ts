import { DEMO } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, describe, expect, it } from "vitest";
import { simulated } from "../../api/simulated.ts";
import type { ApiFacts, SessionAnswer, SessionList, SessionNews, SessionStarted } from "../protocol/api-protocol.ts";
import { type RunningServer, serve } from "../serve.ts";
import type { ServeOptions } from "../serve-options.ts";
import { ANSWER_SCHEMAS } from "./answer-schemas.ts";

let running: RunningServer | null = null;
afterEach(async () => {
	await running?.close();
	running = null;
});

async function open(options: ServeOptions = {}) {
	const server = await serve({
		...{ listen: ["127.0.0.1"], stunPort: 0, port: 0, turn: false, web: null, world: simulated(DEMO) },
		...options,
	});
	running = server;
	const port = server.listening.find(({ role }) => role === "http")?.port ?? 0;
	const token = options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` };
	const ask = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
		fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
			method,
			headers: { ...token, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
	return { ask, port, server };
}

type Ask = Awaited<ReturnType<typeof open>>["ask"];

async function read<T>(ask: Ask, path: string): Promise<T> {
	const answer = await ask("GET", path);
	expect(answer.status).toBe(200);
	return (await answer.json()) as T;
}

async function start(ask: Ask, body: object): Promise<string> {
	const answer = await ask("POST", "/traces", body);
	expect(answer.status).toBe(201);
	return ((await answer.json()) as SessionStarted).id;
}

/** News until the stream ends. */
async function newsOf(answer: Response): Promise<readonly { readonly id: string; readonly news: SessionNews }[]> {
	expect(answer.headers.get("content-type")).toBe("text/event-stream");
	const text = await answer.text();
	return text.split("\n\n").flatMap((block) => {
		const [, id = "", data = ""] = /^id: (.*)\nevent: session\ndata: (.*)$/.exec(block) ?? [];
		return data === "" ? [] : [{ id, news: JSON.parse(data) as SessionNews }];
	});
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: "api", components: { schemas: ANSWER_SCHEMAS } });
const expectShape = (name: string, value: unknown) => {
	const validate = ajv.compile({ $ref: `api#/components/schemas/${name}` });
	validate(value);
	expect(validate.errors).toBeNull();
};

describe("the API", () => {
	it("says what the server is", async () => {
		const { ask } = await open();
		const facts = await read<ApiFacts>(ask, "");
		expectShape("ApiFacts", facts);
		expect(facts.client).toBe("127.0.0.1");
		expect(facts.methods.map(({ name }) => name)).toContain("tcpconnect");
	});

	it("traces, tells what happens, and keeps all of it", async () => {
		const { ask } = await open();
		const target = DEMO.trace.to;
		const id = await start(ask, { target, method: "udp" });
		const news = await newsOf(await ask("GET", `/events?session=${id}`));
		const events = news.flatMap((each) => each.news.events);
		expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
		expect(events.filter((event) => event.kind === "trace" && event.event.type === "hop").length).toBeGreaterThan(3);
		expect(news.map(({ news: { ended } }) => ended)).toEqual(news.map((_, index) => index === news.length - 1));
		const answer = await read<SessionAnswer>(ask, `/sessions/${id}`);
		expectShape("SessionAnswer", answer);
		expect(answer.session.end).toMatchObject({ outcome: "result", result: { reached: true } });
		expect(answer.session.events).toEqual(events);
		expect(answer.next).toBe(events.length);
		expect((await read<SessionAnswer>(ask, `/sessions/${id}?summary`)).session.events).toEqual([]);
		const list = await read<SessionList>(ask, `/sessions?kind=trace&target=${target}&limit=1`);
		expectShape("SessionList", list);
		expect(list.sessions.map(({ header, outcome }) => [header.id, outcome])).toEqual([[id, "result"]]);
	});

	it("takes a stream up where it broke off, of several sessions as of one", async () => {
		const { ask } = await open();
		const target = DEMO.trace.to;
		const [one, two] = [await start(ask, { target }), await start(ask, { target, queries: 1 })];
		const whole = await newsOf(await ask("GET", `/events?session=${one}&session=${two}`));
		const last = whole.at(-1);
		expect(last?.id.split(",").map((part) => part.split(":")[0])).toEqual([one, two]);
		const seen = new Map<string, number>();
		for (const { news } of whole)
			for (const { seq } of news.events) {
				expect(seq).toBe(seen.get(news.session) ?? 0);
				seen.set(news.session, seq + 1);
			}
		const rest = await newsOf(
			await ask("GET", `/events?session=${one}`, undefined, { "Last-Event-ID": `${one}:4,${two}:9` }),
		);
		expect(rest[0]?.news.events[0]?.seq).toBe(5);
		const none = await newsOf(await ask("GET", `/events?session=${one}&after=${one}:${(seen.get(one) ?? 0) - 1}`));
		expect(none.map(({ news }) => [news.events.length, news.ended])).toEqual([[0, true]]);
	});

	it("stops and forgets sessions", async () => {
		const { ask } = await open({ world: simulated(DEMO, { pace: "real", slowedBy: 1_000 }) });
		const id = await start(ask, { target: DEMO.trace.to });
		expect((await ask("POST", `/sessions/${id}/stop`)).status).toBe(204);
		await newsOf(await ask("GET", `/events?session=${id}`));
		expect((await read<SessionAnswer>(ask, `/sessions/${id}`)).session.end).toMatchObject({
			...{ outcome: "result", result: { stopReason: "interrupted" } },
		});
		const other = await start(ask, { target: DEMO.trace.to });
		for (const each of [id, other]) expect((await ask("DELETE", `/sessions/${each}`)).status).toBe(204);
		for (const each of [id, other]) expect((await ask("GET", `/sessions/${each}`)).status).toBe(404);
		for (const path of [`/sessions/${id}/stop`, "/sessions/x/stop"]) expect((await ask("POST", path)).status).toBe(404);
	});
});
