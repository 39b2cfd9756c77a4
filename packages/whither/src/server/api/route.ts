/** One operation of the API: how it is asked for and answered, in the words that its description (OpenAPI) is made of. */
import { holderOf } from "@whither/wire";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { asWhitherError } from "../../api/error.ts";
import { json, type Refusal, refuse } from "../http/answers.ts";
import { answerAt, type HttpContext, type HttpHandler, type HttpRoutes, newRoutes } from "../http/app.ts";
import { readsJson, readsNothing, readsText } from "../http/checks.ts";
import { API_PATH, type ApiRefusal } from "../protocol/api-protocol.ts";
import { type JsonSchema, misfit } from "./json-schema.ts";

/** What was asked. */
export interface ApiAsked {
	/** The address that it came from, and who counts for budgets. */
	readonly address: string;
	readonly client: string;
	/** What stands for `{name}` in the path. */
	readonly names: Readonly<Record<string, string>>;
	/** Each parameter of the query that was given, the first of its name; `all` has every one. */
	readonly query: Readonly<Record<string, string>>;
	readonly all: (name: string) => readonly string[];
	readonly header: (name: string) => string | undefined;
	/** What was read, and suits its schema; text where the route takes text. */
	readonly body: unknown;
	readonly context: HttpContext;
}

/** An answer that it may have. */
export interface ApiAnswerKind {
	readonly description: string;
	readonly type?: string;
	/** Any JSON Schema: it describes, and nothing is read by it. */
	readonly schema?: object;
}

/** A parameter of the query. */
export interface ApiParameter {
	readonly description: string;
	readonly schema: JsonSchema;
	/** May be given again. */
	readonly many?: true;
	readonly required?: true;
}

/** One method of one path. */
export interface ApiRoute {
	readonly method: "GET" | "POST" | "DELETE";
	/** Below `API_PATH`; `{name}` stands for what `names` describes. */
	readonly path: string;
	/** `operationId`. */
	readonly name: string;
	readonly summary: string;
	readonly names?: Readonly<Record<string, { readonly description: string; readonly pattern: string }>>;
	readonly query?: Readonly<Record<string, ApiParameter>>;
	readonly headers?: Readonly<Record<string, { readonly description: string }>>;
	/** Absent: it reads none. */
	readonly body?:
		| { readonly json: JsonSchema; readonly mostBytes: number }
		| { readonly text: string; readonly mostBytes: number };
	/** Of success. */
	readonly answers: Readonly<Record<number, ApiAnswerKind>>;
	/** Why it may be refused, beside what every route may be. */
	readonly refusals?: readonly ApiRefusal[];
	/** What it takes of the requests that a client may send; 1. */
	readonly cost?: number;
	/** May throw `ApiRefused`. */
	readonly answer: (asked: ApiAsked) => Response | Promise<Response>;
}

/** The status of each refusal. */
export const API_STATUS: Readonly<Record<ApiRefusal, ContentfulStatusCode>> = {
	badRequest: 400,
	unresolved: 400,
	unauthorized: 401,
	forbidden: 403,
	targetRefused: 403,
	notFound: 404,
	tooMuch: 413,
	overBudget: 429,
	failed: 500,
	notEnabled: 501,
	draining: 503,
	storeFailed: 507,
};

/** Thrown where a request is not granted. */
export class ApiRefused extends Error {
	readonly refusal: Refusal;

	constructor(code: ApiRefusal, message: string, retryMs?: number) {
		super(message);
		const headers = retryMs === undefined ? {} : { "Retry-After": String(Math.max(1, Math.ceil(retryMs / 1_000))) };
		this.refusal = { status: API_STATUS[code], code, line: message, headers };
	}
}

/** A document as an answer. */
export function answerJson({ context }: ApiAsked, status: ContentfulStatusCode, value: object): Response {
	return json(context, status, value);
}

/** Nothing more to say. */
export function answerNothing({ context }: ApiAsked): Response {
	return context.body(null, 204);
}

/** Routes as Hono has them. `spend`: takes the cost of a request from a client; 0, or in how many milliseconds there will be as much. */
export function apiRoutes(rows: readonly ApiRoute[], spend: (client: string, cost: number) => number): HttpRoutes {
	const routes = newRoutes();
	for (const path of new Set(rows.map((row) => row.path))) {
		const here = rows.filter((row) => row.path === path);
		answerAt(routes, honoPath(here[0]), Object.fromEntries(here.map((row) => [row.method, handlersOf(row, spend)])));
	}
	return routes;
}

function honoPath(row: ApiRoute | undefined): string {
	const path = (row?.path ?? "").replace(
		/\{(\w+)\}/g,
		(_, name) => `:${name}{${row?.names?.[name]?.pattern ?? "[^/]+"}}`,
	);
	return `${API_PATH}${path}`;
}

function handlersOf(row: ApiRoute, spend: (client: string, cost: number) => number): readonly HttpHandler[] {
	const { body, cost = 1 } = row;
	const reads =
		body === undefined ? readsNothing : "json" in body ? readsJson(body.mostBytes) : readsText(body.mostBytes);
	const charged: HttpHandler = async (context, next) => {
		const waitMs = spend(holderOf(addressOf(context)), cost);
		if (waitMs === 0) return next();
		return refuse(
			context,
			new ApiRefused("overBudget", "that were too many requests; ask again later", waitMs).refusal,
		);
	};
	return [charged, reads, (context) => answered(row, context)];
}

async function answered(row: ApiRoute, context: HttpContext): Promise<Response> {
	try {
		return await row.answer(askedOf(row, context));
	} catch (thrown) {
		if (thrown instanceof ApiRefused) return refuse(context, thrown.refusal);
		const { code, message } = asWhitherError(thrown);
		if (code === "badOption" || code === "unknownMethod" || code === "usage")
			return refuse(context, { status: 400, code: "badRequest", line: message });
		throw thrown;
	}
}

function askedOf(row: ApiRoute, context: HttpContext): ApiAsked {
	const { url = "", headers } = context.env.incoming;
	const given = new URLSearchParams(/\?([^#]*)/s.exec(url)?.[1] ?? "");
	const wrong = wrongQuery(row, given) ?? wrongBody(row, context);
	if (wrong !== null) throw new ApiRefused("badRequest", wrong);
	const address = addressOf(context);
	return {
		address,
		client: holderOf(address),
		names: context.req.param() as Readonly<Record<string, string>>,
		query: Object.fromEntries([...given].reverse()),
		all: (name) => given.getAll(name),
		header: (name) => {
			const value = headers[name];
			return typeof value === "string" ? value : undefined;
		},
		body: context.get("body"),
		context,
	};
}

function wrongBody({ body }: ApiRoute, context: HttpContext): string | null {
	return body !== undefined && "json" in body ? misfit(body.json, context.get("body")) : null;
}

/** A parameter is text; a number in it is read as such. */
function wrongQuery({ query = {} }: ApiRoute, given: URLSearchParams): string | null {
	for (const name of given.keys())
		if (!Object.hasOwn(query, name)) return `the query knows ${Object.keys(query).join(", ") || "nothing"}`;
	for (const [name, { schema, many, required }] of Object.entries(query)) {
		const values = given.getAll(name);
		if (required && values.length === 0) return `the query needs "${name}"`;
		if (!many && values.length > 1) return `${name} is given once`;
		for (const value of values) {
			const wrong = misfit(schema, "minimum" in schema && /^\d+$/.test(value) ? Number(value) : value, name);
			if (wrong !== null) return wrong;
		}
	}
	return null;
}

function addressOf({ env: { incoming } }: HttpContext): string {
	return (incoming.socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}
