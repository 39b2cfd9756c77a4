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

	it("gives back what a trace did not send once it is over", async () => {
		// Each takes 2000 of 2500 probes, and sends 263.
		const { ask } = await open({ limits: { clientProbesPerSecond: 125 } });
		const asked = { target: DEMO.trace.to, maxTtl: 200, queries: 10 };
		for (const _ of ["one", "another"]) {
			const id = await start(ask, asked);
			await newsOf(await ask("GET", `/events?session=${id}`));
		}
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

	it("watches a path round after round, with figures at any time", async () => {
		const { ask, port } = await open({ world: simulated(DEMO, { pace: "real" }) });
		const endless = await start(ask, { target: DEMO.trace.to, live: { intervalMs: 100 } });
		await expect
			.poll(async () => (await read<SessionAnswer>(ask, `/sessions/${endless}?summary`)).summary?.rounds ?? 0)
			.toBeGreaterThan(1);
		const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
		expect(metrics).toMatch(/^whither_path_rtt_last_seconds\{target="[^"]+",protocol="udp",ttl="1"\} \d/m);
		expect(metrics).toMatch(/^whither_sessions 1$/m);
		const news = ask("GET", `/events?session=${endless}`).then(newsOf);
		await ask("POST", `/sessions/${endless}/stop`);
		const events = (await news).flatMap((each) => each.news.events);
		expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
		expect(events.at(-1)).toMatchObject({ kind: "live", event: { type: "end", stopReason: "interrupted" } });
		const { session } = await read<SessionAnswer>(ask, `/sessions/${endless}`);
		expect(session.end).toMatchObject({ outcome: "result", result: null });
	});

	it("writes sessions in every format, and reads them again", async () => {
		const { ask, port } = await open();
		const id = await start(ask, { target: DEMO.trace.to });
		await newsOf(await ask("GET", `/events?session=${id}`));
		const post = (body: string) =>
			fetch(`http://127.0.0.1:${port}/api/v1/sessions`, {
				method: "POST",
				headers: { "Content-Type": "text/plain" },
				body,
			});
		const original = await read<SessionAnswer>(ask, `/sessions/${id}`);
		for (const format of ["json", "ndjson", "atlas", "scamper"]) {
			const file = await (await ask("GET", `/sessions/${id}/file?format=${format}`)).text();
			const kept = await post(file);
			expect([format, kept.status]).toEqual([format, 201]);
			const { session } = await read<SessionAnswer>(ask, `/sessions/${((await kept.json()) as SessionStarted).id}`);
			expect(session.end).toMatchObject({ outcome: "result", result: { reached: true } });
			if (format === "ndjson") expect(session.events).toEqual(original.session.events);
		}
		for (const text of [
			"",
			"x",
			"{}",
			"[]",
			'{"schema":"whither.session/1"}',
			"<script>",
			"\u0000",
			`[${"[".repeat(100_000)}`,
		])
			expect((await post(text)).status).toBe(400);
		expect((await post("x".repeat(9 << 20))).status).toBe(413);
	});

	it("a server without its page makes no page of a session, and says so", async () => {
		const { ask } = await open();
		const id = await start(ask, { target: DEMO.trace.to });
		await newsOf(await ask("GET", `/events?session=${id}`));
		const answer = await ask("GET", `/sessions/${id}/file?format=html`);
		expect([answer.status, await answer.json()]).toMatchObject([501, { error: { code: "notEnabled" } }]);
	});

	it("meets somebody by a code: here itself, twice", async () => {
		const { ask } = await open();
		const meet = async (body: object) => {
			const answer = await ask("POST", "/meetings", body);
			expect(answer.status).toBe(201);
			return ((await answer.json()) as SessionStarted).id;
		};
		const one = await meet({});
		const codeOf = async () => {
			const { session } = await read<SessionAnswer>(ask, `/sessions/${one}`);
			return session.events.flatMap((event) =>
				event.kind === "meet" && event.event.kind === "code" ? [event.event.code] : [],
			)[0];
		};
		await expect.poll(codeOf, { timeout: 5_000 }).toMatch(/^\d+-/);
		const two = await meet({ code: await codeOf() });
		await newsOf(await ask("GET", `/events?session=${one}&session=${two}`));
		for (const id of [one, two]) {
			const { session } = await read<SessionAnswer>(ask, `/sessions/${id}`);
			expect(session.end).toMatchObject({ outcome: "result", result: { connected: true } });
			expect(JSON.stringify(session.header.request)).not.toContain(String(await codeOf()));
		}
	}, 30_000);

	it("is described by a document that tells the truth", async () => {
		const { ask } = await open();
		const document = await read<OpenApi>(ask, "/openapi.json");
		expect(document.openapi).toBe("3.1.0");
		const schemas = new Ajv2020({ strict: false, validateFormats: false });
		schemas.addSchema({ ...document, $id: "document" });
		for (const [path, operations] of Object.entries(document.paths))
			for (const [method, { operationId, responses, parameters = [], requestBody }] of Object.entries(operations)) {
				expect(operationId).toMatch(/^[a-z]\w+$/);
				expect(Object.keys(responses).some((status) => /^20[0-9]$/.test(status))).toBe(true);
				const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
				expect(parameters.filter((each) => each.in === "path").map(({ name }) => name)).toEqual(named);
				const contents = [...Object.values(responses), requestBody ?? {}].flatMap(({ content = {} }) =>
					Object.values(content),
				);
				for (const { schema } of contents) {
					const text = JSON.stringify(schema).replaceAll("#/components", "document#/components");
					expect(() => schemas.compile(JSON.parse(text))).not.toThrow();
				}
				// Every operation is there, and answers nonsense with a problem of its own or a document.
				const answer = await ask(
					method.toUpperCase(),
					path.replace(/\{\w+\}/g, "nobody"),
					method === "post" ? {} : undefined,
				);
				const declared = [answer.status, Object.keys(responses)] as const;
				if (operationId !== "describe")
					expect([operationId, declared[1]]).toEqual([operationId, expect.arrayContaining([String(declared[0])])]);
				if (!answer.ok) expectShape("ApiProblem", await answer.json());
			}
		const ids = Object.values(document.paths).flatMap((each) =>
			Object.values(each).map(({ operationId }) => operationId),
		);
		expect(new Set(ids).size).toBe(ids.length);
	});
});

interface OpenApi {
	readonly openapi: string;
	readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

type Content = { readonly content?: Readonly<Record<string, { readonly schema: object }>> };

interface Operation {
	readonly operationId: string;
	readonly responses: Readonly<Record<string, Content>>;
	readonly parameters?: readonly { readonly in: string; readonly name: string }[];
	readonly requestBody?: Content;
}
