/** The HTTP listener: pages by their path, and routes that take and stream more, for whoever shows the token. Everything a client may do here is bounded. */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import { type EventStream, openEventStream } from "./event-stream.ts";
import { findRoute, isFromElsewhere, type RouteRow, readJson, type Streaming } from "./http-routes.ts";

/** What a page says. */
export interface Page {
	readonly status: number;
	readonly type: string;
	readonly body: string;
	/** Beside those that every page has. */
	readonly headers?: Readonly<Record<string, string>>;
}

/** How a path is answered. */
export interface PageRow {
	/** Without the token too: it tells nothing. */
	readonly open?: true;
	page(): Page | Promise<Page>;
}

/** A listener to open. */
export interface HttpOrder {
	readonly places: readonly { readonly address: string; readonly ipv6Only: boolean; readonly optional: boolean }[];
	readonly port: number;
	/** Null: nobody has to show one. */
	readonly token: string | null;
	/** Whether it can be reached from this machine alone: then only requests for this machine's own names are answered. */
	readonly local: boolean;
	readonly pages: Readonly<Record<string, PageRow>>;
	/** What is more than a page; the token is wanted for all of it. */
	readonly routes?: readonly RouteRow[];
}

/** A listener under way. */
export interface HttpListener {
	readonly listening: readonly { readonly address: string; readonly port: number }[];
	/** Ends connections too; resolves once none is open. */
	close(): Promise<void>;
}

/** Connections that one listener has at a time. */
export const MOST_CONNECTIONS = 1_024;
/** How long a request may take to come, and a connection may wait for the next one. */
const REQUEST_MS = 10_000;
const KEEP_MS = 5_000;
const LONGEST_HEADER = 8_192;

const BAD_REQUEST = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** Opens it at every place, or says why not: the system's error, and where. */
export async function openHttp(
	order: HttpOrder,
): Promise<HttpListener | { readonly error: NodeJS.ErrnoException; readonly address: string }> {
	const servers: Server[] = [];
	const listening: { readonly address: string; readonly port: number }[] = [];
	const close = async (): Promise<void> => {
		await Promise.all(servers.map(closeServer));
	};
	let { port } = order;
	for (const { address, ipv6Only, optional } of order.places) {
		const server = newServer(order);
		const error = await listen(server, { host: address, port, ipv6Only });
		if (error !== null) {
			if (optional && ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(error.code ?? "")) continue;
			await close();
			return { error, address };
		}
		servers.push(server);
		const bound = server.address();
		if (bound !== null && typeof bound === "object") port = bound.port;
		listening.push({ address, port });
	}
	return { listening, close };
}

function newServer(order: HttpOrder): Server {
	const options = { maxHeaderSize: LONGEST_HEADER, headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS };
	const server = createServer({ ...options, keepAliveTimeout: KEEP_MS, connectionsCheckingInterval: 1_000 });
	server.maxConnections = MOST_CONNECTIONS;
	server.maxHeadersCount = 64;
	server.on("request", (request, response) => void answer(order, request, response));
	server.on("clientError", (_, socket) => {
		// To be ended alone leaves it half open, and counted, for as long as its client likes.
		if (socket.writable) socket.end(BAD_REQUEST, () => socket.destroy());
		else socket.destroy();
	});
	// Nobody is connected through, and nothing is upgraded.
	server.on("connect", (_, socket) => socket.destroy());
	server.on("upgrade", (_, socket) => socket.destroy());
	return server;
}

function listen(
	server: Server,
	place: { readonly host: string; readonly port: number; readonly ipv6Only: boolean },
): Promise<NodeJS.ErrnoException | null> {
	return new Promise((resolve) => {
		server.once("error", resolve);
		server.listen({ ...place, exclusive: true }, () => {
			server.removeAllListeners("error");
			server.on("error", () => {});
			resolve(null);
		});
	});
}

function closeServer(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}

async function answer(order: HttpOrder, request: IncomingMessage, response: ServerResponse): Promise<void> {
	response.on("error", () => {});
	const found = findAnswer(order, request);
	// A body that nobody reads stands in the way of the next request.
	if (!("row" in found) && hasBody(request)) response.setHeader("Connection", "close");
	const page = await ("row" in found ? routed(found, request) : found.page()).catch(() => plain(500, "internal error"));
	if ("begin" in page) beginStream(page, response);
	else if (!response.destroyed) sendPage(page, request, response);
}

type Found = { readonly row: RouteRow; readonly names: readonly string[] } | { readonly page: () => Promise<Page> };

/** What answers, by precedence: the host's name, the token, the path, the method. */
function findAnswer(order: HttpOrder, { method = "", url = "", headers }: IncomingMessage): Found {
	const { pages, routes = [], token, local } = order;
	const refuse = (status: number, line: string, more: Page["headers"] = {}): Found => ({
		page: async () => ({ ...plain(status, line), headers: more }),
	});
	// A page elsewhere may have a name of its own point here (DNS rebinding).
	if (local && !isOwnName(headers.host)) return refuse(421, "this is not that host");
	const path = url.replace(/[?#].*$/s, "");
	const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
	if (page?.open !== true && token !== null && !shows(headers.authorization, token))
		return refuse(401, "token wanted", { "WWW-Authenticate": 'Bearer realm="whither"' });
	if (page !== undefined) {
		const isRead = method === "GET" || method === "HEAD";
		return isRead ? { page: async () => page.page() } : refuse(405, "GET alone", { Allow: "GET, HEAD" });
	}
	const route = findRoute(routes, method, path);
	if (route === null) return refuse(404, "no such page");
	if ("allowed" in route) return refuse(405, `${route.allowed.join(", ")} alone`, { Allow: route.allowed.join(", ") });
	return isFromElsewhere(headers) ? refuse(403, "not for pages of other sites") : route;
}

async function routed(
	{ row, names }: Extract<Found, { row: RouteRow }>,
	request: IncomingMessage,
): Promise<Page | Streaming> {
	const { mostBytes, answer } = row;
	const { headers, socket } = request;
	let body: unknown;
	if (mostBytes === undefined && hasBody(request)) return closing(plain(413, "no body is read here"));
	if (mostBytes !== undefined) {
		const read = await readJson(request, mostBytes);
		if ("status" in read) return closing(plain(read.status, read.why));
		body = read.json;
	}
	return answer({ names, headers, body, client: socket.remoteAddress ?? "" });
}

/** The rest of the request is not waited for. */
function closing(page: Page): Page {
	return { ...page, headers: { ...page.headers, Connection: "close" } };
}

function hasBody({ headers }: IncomingMessage): boolean {
	return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

function sendPage(page: Page, request: IncomingMessage, response: ServerResponse): void {
	const body = Buffer.from(page.body);
	response.writeHead(page.status, {
		"Content-Type": page.type,
		"Content-Length": body.length,
		"Cache-Control": "no-store",
		"X-Content-Type-Options": "nosniff",
		...page.headers,
	});
	response.end(request.method === "HEAD" ? undefined : body);
}

/** Whoever has gone meanwhile has ended it as well. */
function beginStream({ begin }: Streaming, response: ServerResponse): void {
	const nobody: EventStream = { send: () => {}, end: () => {} };
	if (response.destroyed) {
		begin(nobody)();
		return;
	}
	let ended = (): void => {};
	const stream = openEventStream(response, () => ended());
	ended = begin(stream);
}

function isOwnName(host: string | undefined): boolean {
	const name = (host ?? "").replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
	return name === "localhost" || isIP(name) !== 0;
}

/** Whether a request shows the token; the time it takes tells nothing of it. */
function shows(authorization: string | undefined, token: string): boolean {
	const shown = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
	const digest = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(shown), digest(token)) && shown !== "";
}

/** A page of one line. */
export function plain(status: number, line: string): Page {
	return { status, type: "text/plain; charset=utf-8", body: `${line}\n` };
}
