/** The desk for browsers behind HTTP. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { json } from "../http/answers.ts";
import { answerAt, type HttpContext, type HttpRoutes, newRoutes } from "../http/app.ts";
import { readsJson } from "../http/checks.ts";
import { API_PATH } from "../protocol/api-protocol.ts";
import type { BrowserIceDesk, DeskAnswer } from "./browser-ice.ts";

/** Bytes of an offer, and of what is trickled. */
const LONGEST_BODY = 65_536;
/** When whoever was refused for want of room may come again. */
const RETRY_SECONDS = 30;

/** `POST /api/v1/ice` and `POST /api/v1/ice/ID/candidates`. */
export function browserIceRoutes(desk: BrowserIceDesk): HttpRoutes {
	const routes = newRoutes();
	answerAt(routes, `${API_PATH}/ice`, {
		POST: [
			readsJson(LONGEST_BODY),
			async (context) => {
				const { socket, headers } = context.env.incoming;
				const asker = { address: socket.remoteAddress ?? "", userAgent: headers["user-agent"] };
				return said(context, await desk.offer(context.get("body"), asker));
			},
		],
	});
	answerAt(routes, `${API_PATH}/ice/:id{[A-Za-z0-9]+}/candidates`, {
		POST: [
			readsJson(LONGEST_BODY),
			(context) => said(context, desk.candidates(context.req.param("id") ?? "", context.get("body"))),
		],
	});
	return routes;
}

function said(context: HttpContext, { status, json: value }: DeskAnswer): Response {
	if (value === null) return context.body(null, 204);
	const headers = status === 429 || status === 503 ? { "Retry-After": String(RETRY_SECONDS) } : {};
	return json(context, status as ContentfulStatusCode, value, headers);
}
