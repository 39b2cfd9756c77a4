/** Registries on loopback, for tests: RDAP over HTTP with a bootstrap, and WHOIS servers, which say what they are told to. */
import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";

const closing: (() => void)[] = [];

/** For `afterEach`. */
export function closeRegistries(): void {
	for (const close of closing.splice(0)) close();
}

/** Calls `close` with the others. */
export function closeLater(close: () => void): void {
	closing.push(close);
}

/** An HTTP server that answers thus; its URL ends with a slash. */
export async function httpServer(listener: RequestListener, server: Server = createHttp()): Promise<string> {
	server.on("request", listener).listen(0, "127.0.0.1");
	await once(server, "listening");
	closing.push(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** What is at each path: an object as RDAP, a string as it is, a number as a status, and `location` as a redirect. */
export type RdapObjects = Readonly<Record<string, object | string | number>>;

/** An RDAP server with these objects, and the paths that it was asked for. */
export async function rdapServer(objects: RdapObjects): Promise<{ readonly url: string; readonly asked: string[] }> {
	const asked: string[] = [];
	const url = await httpServer((request: IncomingMessage, response) => {
		const path = (request.url ?? "").slice(1);
		asked.push(path);
		const found = objects[path] ?? 404;
		if (typeof found === "number") response.writeHead(found).end(JSON.stringify({ errorCode: found }));
		else if (typeof found === "string") response.writeHead(200, { "content-type": "text/html" }).end(found);
		else if ("location" in found) response.writeHead(302, { location: String(found.location) }).end("elsewhere");
		else response.writeHead(200, { "content-type": "application/rdap+json" }).end(JSON.stringify(found));
	});
	return { url, asked };
}

/** Bootstrap files (RFC 9224) that name this server for everything that the tests ask. */
export function bootstrapTo(url: string): RdapObjects {
	const services = (...entries: readonly string[]) => ({ version: "1.0", services: [[entries, [url]]] });
	return {
		"dns.json": services("test-registry", "net"),
		"asn.json": services("1-1000", "64000-64400"),
		"ipv4.json": services("5.0.0.0/8"),
		"ipv6.json": services("2a01::/16"),
	};
}

/** A WHOIS server: what it says to each line, or what it does with the socket. */
export async function whoisServer(
	say: (line: string) => string | Buffer | ((socket: Socket) => void),
): Promise<{ readonly at: string; readonly asked: string[] }> {
	const asked: string[] = [];
	const server = createServer((socket) => {
		closing.push(() => socket.destroy());
		socket.on("error", () => {});
		socket.once("data", (bytes) => {
			const line = bytes.toString().trim();
			asked.push(line);
			const said = say(line);
			if (typeof said === "function") said(socket);
			else socket.end(said);
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	closing.push(() => server.close());
	return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
