/** The HTTP listener: Hono's routes on Node's own server. Everything a client may do here is bounded. */
import { createServer, type Server } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { HttpPlaces } from "../serve-options.ts";
import { type HttpAppOrder, httpApp } from "./app.ts";
import { boundClients } from "./client-connections.ts";

/** A listener to open. */
export interface HttpOrder extends HttpAppOrder, HttpPlaces {}

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
	const answer = requestListener(order);
	let { port } = order;
	for (const { address, ipv6Only, optional } of order.places) {
		const server = newServer(answer);
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

type Answer = ReturnType<typeof getRequestListener>;

/** What is no request is answered in few words; a program's own Request and Response are left as they are. */
function requestListener(order: HttpOrder): Answer {
	const app = httpApp(order);
	return getRequestListener((request, env) => app.fetch(request, env), {
		overrideGlobalObjects: false,
		// HTTP/1.0, as health checks speak it, has no Host.
		hostname: "localhost",
		autoCleanupIncoming: false,
		errorHandler: (error) =>
			new Response(null, { status: error instanceof RequestError ? 400 : 500, headers: { Connection: "close" } }),
	});
}

function newServer(answer: Answer): Server {
	const options = { maxHeaderSize: LONGEST_HEADER, headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS };
	const server = createServer({ ...options, keepAliveTimeout: KEEP_MS, connectionsCheckingInterval: 1_000 });
	server.maxConnections = MOST_CONNECTIONS;
	server.maxHeadersCount = 64;
	boundClients(server);
	server.on("request", (request, response) => {
		response.on("error", () => {});
		void answer(request, response);
	});
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
