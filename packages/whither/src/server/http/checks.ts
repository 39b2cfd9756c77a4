/** What is looked at in a request before it is answered: who sends it, and its body. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { MiddlewareHandler } from "hono";
import { type Refusal, refuse } from "./answers.ts";
import type { HttpEnv } from "./app.ts";

type Read = { readonly value: unknown } | { readonly status: 400 | 413 | 415; readonly why: string };

/** Reads a body of JSON with so many bytes at most, for `context.get("body")`; refuses all others. */
export function readsJson(mostBytes: number): MiddlewareHandler<HttpEnv> {
	return reads((request) => readJson(request, mostBytes));
}

/** The same for text of any type that is UTF-8. */
export function readsText(mostBytes: number): MiddlewareHandler<HttpEnv> {
	return reads((request) => readText(request, mostBytes));
}

/** Refuses a body. */
export const readsNothing: MiddlewareHandler<HttpEnv> = async (context, next) => {
	const { headers } = context.env.incoming;
	if (!hasBody(headers) || headers["content-length"] === "0") return next();
	return refuse(context, tooMuch(413, "no body is read here"));
};

function reads(read: (request: IncomingMessage) => Promise<Read>): MiddlewareHandler<HttpEnv> {
	return async (context, next) => {
		// The rest of a request that is refused is not waited for.
		context.header("Connection", "close");
		const found = await read(context.env.incoming);
		if ("status" in found) return refuse(context, tooMuch(found.status, found.why));
		context.header("Connection", undefined);
		context.set("body", found.value);
		return next();
	};
}

function tooMuch(status: 400 | 413 | 415, line: string): Refusal {
	return { status, code: status === 413 ? "tooMuch" : "badRequest", line };
}

/** Whether there is a body, or says so. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
	return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** The JSON of a request, or the status that refuses it; never settles later than the listener's own bounds on time allow. */
async function readJson(request: IncomingMessage, mostBytes: number): Promise<Read> {
	// Forms of other sites can say what they like, but not that it is JSON.
	if (!/^application\/json *(;|$)/i.test(request.headers["content-type"] ?? ""))
		return { status: 415, why: "application/json wanted" };
	const text = await readText(request, mostBytes);
	if ("status" in text) return text;
	try {
		return { value: JSON.parse(text.value) };
	} catch {
		return { status: 400, why: "that is no JSON" };
	}
}

async function readText(
	request: IncomingMessage,
	mostBytes: number,
): Promise<{ readonly value: string } | Extract<Read, { status: number }>> {
	const { "content-length": length, "content-encoding": coded } = request.headers;
	if (coded !== undefined) return { status: 415, why: "no content coding is known" };
	if (Number(length ?? 0) > mostBytes) return { status: 413, why: "that is too long" };
	const bytes = await readBody(request, mostBytes);
	if (bytes === null) return { status: 413, why: "that is too long" };
	try {
		return { value: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
	} catch {
		return { status: 400, why: "that is no UTF-8" };
	}
}

/** Null: it is longer. Rejects when the connection ends before it. */
function readBody(request: IncomingMessage, mostBytes: number): Promise<Uint8Array | null> {
	return new Promise((resolve, reject) => {
		const parts: Buffer[] = [];
		let length = 0;
		request.on("data", (part: Buffer) => {
			length += part.length;
			if (length <= mostBytes) parts.push(part);
			else {
				request.pause();
				resolve(null);
			}
		});
		request.on("end", () => resolve(Buffer.concat(parts)));
		request.on("error", reject);
		request.on("close", () => reject(new Error("the connection ended")));
	});
}

/** Whether a browser sends this for a page of another site; of pictures and the like it tells no origin, but the site (Fetch Metadata). */
export function isFromElsewhere({ origin, host, "sec-fetch-site": site }: IncomingHttpHeaders): boolean {
	if (site === "cross-site" || site === "same-site") return true;
	if (origin === undefined) return false;
	return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}
