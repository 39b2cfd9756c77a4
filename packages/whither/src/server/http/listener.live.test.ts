import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { plain } from "./answers.ts";
import { answerAt, newRoutes } from "./app.ts";
import { type HttpListener, type HttpOrder, MOST_CONNECTIONS, openHttp } from "./listener.ts";

let listener: HttpListener | null = null;
const kept: Socket[] = [];

afterEach(async () => {
	for (const socket of kept.splice(0)) socket.destroy();
	await listener?.close();
	listener = null;
});

async function listen(order: Partial<HttpOrder> = {}): Promise<number> {
	const [open, shut] = [newRoutes(), newRoutes()];
	answerAt(open, "/open", { GET: [(context) => plain(context, 200, "open")] });
	answerAt(shut, "/shut", { GET: [(context) => plain(context, 200, "shut")] });
	const broken = () => {
		throw new Error("not for strangers");
	};
	answerAt(open, "/broken", { GET: [broken] });
	const places = [{ address: "127.0.0.1", ipv6Only: false, optional: false }];
	const http = await openHttp({ places, port: 0, token: null, local: true, open: [open], routes: [shut], ...order });
	if ("error" in http) throw http.error;
	listener = http;
	return http.listening[0]?.port ?? 0;
}

/** Sends these bytes and reads until the server ends the connection. */
async function say(port: number, bytes: string): Promise<string> {
	const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
	let heard = "";
	socket.on("data", (data) => {
		heard += data.toString("latin1");
	});
	socket.write(Buffer.from(bytes, "latin1"));
	await once(socket, "close");
	return heard;
}

const ask = (port: number, path: string, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
	fetch(`http://127.0.0.1:${port}${path}`, { headers, method });

describe("pages over HTTP", () => {
	it("are shown to who has the token, and those that tell nothing to everybody", async () => {
		const port = await listen({ token: "sesame" });
		expect((await ask(port, "/open")).status).toBe(200);
		const none = await ask(port, "/shut");
		expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="whither"']);
		for (const wrong of ["Bearer sesam", "Bearer sesame2", "Basic sesame", "Bearer", ""])
			expect((await ask(port, "/shut", { authorization: wrong })).status).toBe(401);
		const right = await ask(port, "/shut", { authorization: "bearer sesame" });
		expect([right.status, await right.text()]).toEqual([200, "shut\n"]);
		// What there is, is not to be told by a 404 either.
		expect((await ask(port, "/nowhere")).status).toBe(401);
	});

	it("are read, and nothing else", async () => {
		const port = await listen();
		expect((await ask(port, "/shut?x=1")).status).toBe(200);
		expect((await ask(port, "/shut", {}, "HEAD")).headers.get("content-length")).toBe("5");
		expect((await ask(port, "/shut", {}, "DELETE")).status).toBe(405);
		for (const path of ["/nowhere", "/__proto__", "/constructor", "/shut/..%2f"])
			expect((await ask(port, path)).status).toBe(404);
		const broken = await ask(port, "/broken");
		expect([broken.status, await broken.text()]).toEqual([500, "internal error\n"]);
	});

	it("on loopback are this machine's alone, whatever name leads there", async () => {
		const port = await listen();
		const at = (host: string) => say(port, `GET /open HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
		expect(await at("attacker.example")).toMatch(/^HTTP\/1.1 421 /);
		expect(await at(`localhost:${port}`)).toMatch(/^HTTP\/1.1 200 /);
		expect(await at("[::1]:8088")).toMatch(/^HTTP\/1.1 200 /);
		expect(await at("")).toMatch(/^HTTP\/1.1 4/);
	});

	it("answer HTTP/1.0 without a host, as health checks of proxies ask", async () => {
		const port = await listen();
		expect(await say(port, "GET /open HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
		expect(await say(port, "GET /open HTTP/1.0\r\nHost: attacker.example\r\n\r\n")).toMatch(/^HTTP\/1.1 421 /);
	});

	it("stand what is no request", async () => {
		const port = await listen();
		expect(await say(port, "\x16\x03\x01\x02\x00")).toMatch(/^HTTP\/1.1 400 /);
		expect(await say(port, `GET /open HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
			/^HTTP\/1.1 4/,
		);
		expect(await say(port, "CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n")).toBe("");
		const both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
		expect(await say(port, `GET /open HTTP/1.1\r\nHost: localhost\r\n${both}\r\n`)).toMatch(/^HTTP\/1.1 400 /);
		const body = `POST /open HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc`;
		expect(await say(port, body)).toMatch(/^HTTP\/1.1 405 /);
		expect((await ask(port, "/open")).status).toBe(200);
	});

	it("end connections of bad requests, whose clients keep their end of them", async () => {
		const port = await listen();
		for (let client = 0; client <= MOST_CONNECTIONS; client++) {
			const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true }).on("error", () => {});
			kept.push(socket);
			socket.write("\x16\x03\x01\x02\x00");
			await once(socket.resume(), "end");
		}
		expect((await ask(port, "/open")).status).toBe(200);
	});

	it("are told to be elsewhere's where the port is taken", async () => {
		const port = await listen();
		const places = [{ address: "127.0.0.1", ipv6Only: false, optional: true }];
		const taken = await openHttp({ places, port, token: null, local: true });
		expect(taken).toMatchObject({ error: { code: "EADDRINUSE" }, address: "127.0.0.1" });
	});
});
