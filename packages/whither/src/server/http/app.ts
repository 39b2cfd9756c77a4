/** What every answer over HTTP goes through: Hono's routes, with the checks that stand before all of them. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { type Context, type Handler, Hono, type MiddlewareHandler } from "hono";
import { refuse } from "./answers.ts";
import { hasBody, isFromElsewhere } from "./checks.ts";

/** What a route finds in its context: the request and response of Node beneath, and what was read of a body. */
export interface HttpEnv {
	Bindings: HttpBindings;
	Variables: { body: unknown };
}
/** A request under way. */
export type HttpContext = Context<HttpEnv>;
/** Routes that belong together; a listener takes several. */
export type HttpRoutes = Hono<HttpEnv>;
/** What answers a request, or looks at it before. */
export type HttpHandler = Handler<HttpEnv> | MiddlewareHandler<HttpEnv>;

/** What an application is made of. */
export interface HttpAppOrder {
	/** Null: nobody has to show one. */
	readonly token: string | null;
	/** Whether it can be reached from this machine alone: then only requests for this machine's own names are answered. */
	readonly local: boolean;
	/** For everybody. */
	readonly open?: readonly HttpRoutes[];
	/** For whoever shows the token. */
	readonly routes?: readonly HttpRoutes[];
}

/** Of everything that is no page of ours: nothing in it is to be run, or shown in a frame. */
const STRICT_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Routes to add to. Paths are taken as they were sent: what needs escaping is no name of ours. */
export function newRoutes(): HttpRoutes {
	return new Hono<HttpEnv>({ getPath: (_, options) => pathOf(options?.env?.incoming?.url ?? "") });
}

/** Answers these methods at a path, and every other one by saying which there are. */
export function answerAt(
	routes: HttpRoutes,
	path: string,
	methods: Readonly<Partial<Record<"GET" | "POST" | "DELETE", readonly HttpHandler[]>>>,
): void {
	for (const [method, handlers] of Object.entries(methods)) routes.on([method], [path], ...handlers);
	const allowed = Object.keys(methods).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
	const Allow = allowed.join(", ");
	routes.all(path, (context) =>
		refuse(context, { status: 405, code: "badRequest", line: `${Allow} alone`, headers: { Allow } }),
	);
}

/** The whole, by precedence: the host's name, the token, the site that asks, the path, the method. */
export function httpApp({ token, local, open = [], routes = [] }: HttpAppOrder): HttpRoutes {
	const app = newRoutes();
	app.onError((_, context) => refuse(context, { status: 500, code: "failed", line: "internal error" }));
	app.notFound((context) => refuse(context, { status: 404, code: "notFound", line: "no such page" }));
	app.use(everyAnswer);
	app.use(knownVersion);
	// A page elsewhere may have a name of its own point here (DNS rebinding).
	if (local) app.use(ownName);
	for (const each of open) app.route("/", each);
	if (token !== null) app.use(shownToken(token));
	app.use(ownSite);
	for (const each of routes) app.route("/", each);
	return app;
}

/** What stands in a URL before its query, as it was sent. */
export function pathOf(url: string): string {
	return url.replace(/[?#].*$/s, "");
}

const everyAnswer: MiddlewareHandler<HttpEnv> = async (context, next) => {
	context.header("Cache-Control", "no-store");
	context.header("X-Content-Type-Options", "nosniff");
	context.header("Content-Security-Policy", STRICT_POLICY);
	// A body that nobody reads stands in the way of the next request.
	if (hasBody(context.env.incoming.headers)) context.header("Connection", "close");
	await next();
};

/** HTTP/0.9 has neither headers nor a host, and what follows it on the line is not what was meant. */
const knownVersion: MiddlewareHandler<HttpEnv> = async (context, next) => {
	if (context.env.incoming.httpVersionMajor >= 1) return next();
	return refuse(context, { status: 400, code: "badRequest", line: "HTTP/1.1 wanted" });
};

const ownName: MiddlewareHandler<HttpEnv> = async (context, next) => {
	// Browsers always name a host; what speaks HTTP/1.0 may not.
	const { host } = context.env.incoming.headers;
	if (host === undefined || isOwnName(host)) return next();
	return refuse(context, { status: 421, code: "badRequest", line: "this is not that host" });
};

const ownSite: MiddlewareHandler<HttpEnv> = async (context, next) => {
	if (!isFromElsewhere(context.env.incoming.headers)) return next();
	return refuse(context, { status: 403, code: "forbidden", line: "not for pages of other sites" });
};

function shownToken(token: string): MiddlewareHandler<HttpEnv> {
	return async (context, next) => {
		if (shows(context.env.incoming.headers, token)) return next();
		const headers = { "WWW-Authenticate": 'Bearer realm="whither"' };
		return refuse(context, {
			status: 401,
			code: "unauthorized",
			line: "token wanted: Authorization: Bearer TOKEN, as the server printed it",
			headers,
		});
	};
}

function isOwnName(host: string): boolean {
	const name = host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
	return name === "localhost" || isIP(name) !== 0;
}

/** Whether a request shows the token; the time it takes tells nothing of it. */
function shows({ authorization }: IncomingHttpHeaders, token: string): boolean {
	const shown = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
	const digest = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(shown), digest(token)) && shown !== "";
}
