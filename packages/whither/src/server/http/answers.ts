/** Answers over HTTP: text, JSON, and refusals in the words of whoever asked. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { API_PATH, type ApiProblem, type ApiRefusal } from "../protocol/api-protocol.ts";
import type { HttpContext } from "./app.ts";

type Headers = Readonly<Record<string, string>>;
type Status = ContentfulStatusCode;

/** A refusal: its status, and its reason for programs (`code`) and for people (one line). */
export interface Refusal {
	readonly status: Status;
	readonly code: ApiRefusal;
	readonly line: string;
	readonly headers?: Headers;
}

/** An answer of this type. */
export function answer(
	context: HttpContext,
	status: Status,
	{ type, body }: { readonly type: string; readonly body: string },
	headers: Headers = {},
): Response {
	const length = String(Buffer.byteLength(body));
	return context.body(body, status, { "Content-Type": type, "Content-Length": length, ...headers });
}

/** A page of one line. */
export function plain(context: HttpContext, status: Status, line: string, headers: Headers = {}): Response {
	return answer(context, status, { type: "text/plain; charset=utf-8", body: `${line}\n` }, headers);
}

/** A document. */
export function json(context: HttpContext, status: Status, value: object, headers: Headers = {}): Response {
	return answer(context, status, { type: "application/json", body: JSON.stringify(value) }, headers);
}

/** No: to programs that use the API as `ApiProblem`, to all others as a line. */
export function refuse(context: HttpContext, { status, code, line, headers = {} }: Refusal): Response {
	const { url = "" } = context.env.incoming;
	if (!url.startsWith(API_PATH)) return plain(context, status, line, headers);
	const message = `${line.charAt(0).toUpperCase()}${line.slice(1)}`;
	return json(context, status, { error: { code, message } } satisfies ApiProblem, headers);
}
