/** The API's description (OpenAPI 3.1), made of its routes. Pure. */
import { TOOL } from "../../api/version.ts";
import { API_PATH, type ApiRefusal } from "../protocol/api-protocol.ts";
import { ANSWER_SCHEMAS } from "./answer-schemas.ts";
import { API_STATUS, type ApiParameter, type ApiRoute } from "./route.ts";

/** What every route may refuse. */
const ALWAYS: readonly ApiRefusal[] = ["badRequest", "unauthorized", "forbidden", "tooMuch", "overBudget", "failed"];

/** The document. */
export function openApi(rows: readonly ApiRoute[]): object {
	const paths: Record<string, Record<string, object>> = {};
	for (const row of rows) {
		paths[row.path] ??= {};
		Object.assign(paths[row.path] as object, { [row.method.toLowerCase()]: operationOf(row) });
	}
	return {
		openapi: "3.1.0",
		info: {
			title: "Whither",
			version: TOOL.version,
			summary: "Where the packets go: traces, meetings and STUN tests of a server, as they happen.",
			license: { name: "MIT", identifier: "MIT" },
		},
		servers: [{ url: API_PATH }],
		security: [{}, { token: [] }],
		paths,
		components: {
			securitySchemes: { token: { type: "http", scheme: "bearer" } },
			schemas: ANSWER_SCHEMAS,
		},
	};
}

function operationOf(row: ApiRoute): object {
	const { name, summary, names = {}, query = {}, headers = {}, body, answers, refusals = [] } = row;
	const parameters = [
		...Object.entries(names).map(([each, { description, pattern }]) => ({
			...{ name: each, in: "path", required: true, description },
			schema: { type: "string", pattern: `^${pattern}$` },
		})),
		...Object.entries(query).map(([each, parameter]) => queryParameter(each, parameter)),
		...Object.entries(headers).map(([each, { description }]) => ({
			...{ name: each, in: "header", description, schema: { type: "string" } },
		})),
	];
	return {
		operationId: name,
		summary,
		...(parameters.length === 0 ? {} : { parameters }),
		...(body === undefined ? {} : { requestBody: requestBody(body) }),
		responses: { ...successes(answers), ...failures([...ALWAYS, ...refusals]), ...otherTypes(body) },
	};
}

/** A body of JSON has to say that it is. */
function otherTypes(body: ApiRoute["body"]): object {
	return body !== undefined && "json" in body ? { 415: { description: "application/json wanted" } } : {};
}

function queryParameter(name: string, { description, schema, many, required }: ApiParameter): object {
	const one = { name, in: "query", description, ...(required === undefined ? {} : { required }) };
	return many ? { ...one, schema: { type: "array", items: schema }, explode: true } : { ...one, schema };
}

function requestBody(body: NonNullable<ApiRoute["body"]>): object {
	if ("json" in body) return { required: true, content: { "application/json": { schema: body.json } } };
	return { required: true, description: body.text, content: { "text/plain": { schema: { type: "string" } } } };
}

function successes(answers: ApiRoute["answers"]): object {
	return Object.fromEntries(
		Object.entries(answers).map(([status, { description, type = "application/json", schema }]) => [
			status,
			{ description, ...(schema === undefined ? {} : { content: { [type]: { schema } } }) },
		]),
	);
}

function failures(refusals: readonly ApiRefusal[]): object {
	const byStatus = new Map<number, ApiRefusal[]>();
	for (const code of new Set(refusals)) {
		const status = API_STATUS[code];
		byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
	}
	return Object.fromEntries(
		[...byStatus].map(([status, codes]) => [
			String(status),
			{
				description: codes.join(", "),
				content: { "application/json": { schema: { $ref: "#/components/schemas/ApiProblem" } } },
				...(status === 429 ? { headers: { "Retry-After": { schema: { type: "integer" } } } } : {}),
			},
		]),
	);
}
