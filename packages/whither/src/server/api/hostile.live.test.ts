import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO } from "@whither/sim";
import { afterEach, describe, expect, it } from "vitest";
import { simulated } from "../../api/simulated.ts";
import type { World } from "../../api/world.ts";
import { type RunningServer, serve } from "../serve.ts";
import type { ServeOptions } from "../serve-options.ts";

const ending: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ending.splice(0).reverse()) await end();
});

const TARGET = DEMO.trace.to;

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "whither-"));
	ending.push(() => rmSync(path, { recursive: true }));
	return path;
}

async function open(options: ServeOptions = {}) {
	const server: RunningServer = await serve({
		...{ listen: ["127.0.0.1"], stunPort: 0, port: 0, turn: false, web: null, world: simulated(DEMO) },
		...options,
	});
	ending.push(() => server.close());
	const port = server.listening.find(({ role }) => role === "http")?.port ?? 0;
	const url = `http://127.0.0.1:${port}`;
	const post = (body: unknown, headers: Readonly<Record<string, string>> = {}, path = "/traces") =>
		fetch(`${url}/api/v1${path}`, {
			...{ method: "POST", headers: { "Content-Type": "application/json", ...headers } },
			body: typeof body === "string" ? body : JSON.stringify(body),
		});
	return { port, url, post, server };
}

async function codeOf(answer: Response): Promise<[number, string]> {
	const { error } = (await answer.json()) as { error: { code: string } };
	return [answer.status, error.code];
}

/** Says these bytes; what is heard until the server ends it, or until this is in it. */
function raw(port: number, bytes: string) {
	const socket: Socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
	ending.push(() => socket.destroy());
	let heard = "";
	const until = (wanted: RegExp | null) =>
		new Promise<string>((resolve) => {
			const look = () => {
				if (wanted?.test(heard)) resolve(heard);
			};
			socket.on("data", (data) => {
				heard += data.toString("latin1");
				look();
			});
			socket.once("close", () => resolve(heard));
			look();
		});
	socket.write(Buffer.from(bytes, "latin1"));
	return { socket, until };
}

const head = (line: string, ...headers: string[]) => `${[line, "Host: localhost", ...headers].join("\r\n")}\r\n\r\n`;

/** As strangers see it: whatever it listens on, it may trace public addresses alone, and asks nobody for a token. */
const STRANGERS: ServeOptions = { listen: ["0.0.0.0"], insecure: true };

/** A world in which every name has these addresses. */
function worldOf(address: string): World {
	const family = address.includes(":") ? 6 : 4;
	return { ...simulated(DEMO), resolve: async (name) => ({ name, address, family, zone: null }) };
}

describe("the API stands", () => {
	it("bodies that are too long, too deep, or would change what objects are", async () => {
		const { post, port } = await open();
		const long = raw(
			port,
			head("POST /api/v1/traces HTTP/1.1", "Content-Type: application/json", "Content-Length: 10000000"),
		);
		for (let sent = 0; sent < 10; sent++) long.socket.write("x".repeat(1_000_000));
		await long.until(null);
		expect(await codeOf(await post(JSON.stringify({ target: "x".repeat(20_000) })))).toEqual([413, "tooMuch"]);
		const bodies = [
			...[
				"",
				"{",
				"null",
				"[]",
				"1",
				'"x"',
				"[".repeat(16_000),
				`{"target":"x","methodOptions":{"a":${'{"a":'.repeat(2_000)}`,
			],
			...['{"__proto__":{"target":"x"}}', '{"target":"x","__proto__":{"polluted":1}}'],
			...[
				'{"target":"x","constructor":{"prototype":{"polluted":1}}}',
				'{"target":{"toString":"x"}}',
				'{"target":["x"]}',
			],
			...[
				'{"target":""}',
				`{"target":"${"x".repeat(254)}"}`,
				'{"target":"x","port":0}',
				'{"target":"x","queries":1e9}',
			],
			...['{"target":"x","maxTtl":"30"}', '{"target":"x","live":{"intervalMs":0}}', '{"target":"x","world":{}}'],
			...[
				'{"target":"x","channels":["raw"]}',
				'{"target":"x","gateways":["10.0.0.1"]}',
				'{"target":"x","method":"__proto__"}',
			],
			...['{"target":"x","firstTtl":9,"maxTtl":3}', '{"target":"x","methodOptions":{"__proto__":true}}'],
		];
		for (const body of bodies) {
			const answer = await post(body);
			expect([body.slice(0, 60), answer.status]).toEqual([body.slice(0, 60), 400]);
		}
		// What a table of strings with one hash would cost.
		const crowd = JSON.stringify({
			target: "x",
			...Object.fromEntries(Array.from({ length: 1_500 }, (_, n) => [`k${n}`, 1])),
		});
		expect((await post(crowd)).status).toBe(400);
		expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
		for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
			expect((await post({ target: TARGET }, { "Content-Type": type })).status).toBe(415);
		expect((await post({ target: TARGET }, { Origin: "https://elsewhere.example" })).status).toBe(403);
		expect((await post({ target: TARGET })).status).toBe(201);
	});

	it("clients that say a little and then nothing, of headers, bodies and streams", async () => {
		const { post, port, url } = await open();
		const { id } = (await (await post({ target: TARGET })).json()) as { id: string };
		for (let client = 0; client < 50; client++) {
			raw(port, "GET /api/v1 HTTP/1.1\r\nHost: local");
			raw(
				port,
				`${head("POST /api/v1/traces HTTP/1.1", "Content-Type: application/json", "Content-Length: 100")}{"tar`,
			);
			raw(port, head(`GET /api/v1/events?session=${id} HTTP/1.1`)).socket.pause();
		}
		expect((await fetch(`${url}/api/v1`)).status).toBe(200);
		expect((await post({ target: TARGET })).status).toBe(201);
	});

	it("tokens that are wrong, elsewhere, or somebody else's", async () => {
		const { url, port } = await open({ token: "sesame" });
		const paths = ["", "/sessions", "/events?session=aaaaaaaaaaaaaaaaaaaa", "/openapi.json", "/nowhere", "/whois/x"];
		const wrong = ["Bearer sesam", "Bearer sesame1", "Bearer  ", "Basic sesame", "bearer", "Bearer sesame, Bearer x"];
		for (const path of paths) {
			expect(await codeOf(await fetch(`${url}/api/v1${path}`))).toEqual([401, "unauthorized"]);
			for (const Authorization of wrong)
				expect((await fetch(`${url}/api/v1${path}`, { headers: { Authorization } })).status).toBe(401);
		}
		// Not in the URL, where logs and other sites see it.
		expect((await fetch(`${url}/api/v1?token=sesame`)).status).toBe(401);
		const two = raw(port, head("GET /api/v1 HTTP/1.1", "Authorization: Bearer x", "Authorization: Bearer sesame"));
		expect(await two.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 40[01] /);
		expect((await fetch(`${url}/api/v1`, { headers: { Authorization: "Bearer sesame" } })).status).toBe(200);
	});

	it("line ends in names and queries, which come to no header and no second line", async () => {
		const audit = join(folder(), "audit.ndjson");
		const { post, url, port, server } = await open({ audit });
		for (const target of ["x\r\nSet-Cookie: a=b", 'x\n{"decision":"ok"}', "x\u0000y", "\u001b]0;x\u0007"])
			expect((await post({ target })).status).toBe(400);
		for (const path of [
			"/api/v1/sessions?target=%0d%0aSet-Cookie:%20a=b",
			"/api/v1/whois/x%0d%0aSet-Cookie:a",
			"/%0d%0aX:%20y",
		]) {
			const answer = await fetch(`${url}${path}`);
			expect([...answer.headers.keys()].filter((name) => name === "set-cookie" || name === "x")).toEqual([]);
		}
		for (const bytes of [
			"GET /api/v1\r\nX: y HTTP/1.1\r\n\r\n",
			head("GET /api/v1 HTTP/1.1", "X: a\nb"),
			head("GET /api/v1 HTTP/1.1", "X\u0000: a"),
		])
			expect(await raw(port, bytes).until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /);
		await server.close();
		const lines = readFileSync(audit, "utf8").trimEnd().split("\n");
		for (const line of lines) expect(JSON.parse(line)).not.toMatchObject({ decision: "ok" });
	});

	it("names of routers that would be a script or move a terminal", async () => {
		const evil = '"><script>alert(1)</script>\u001b[2J\n\nevent: session\ndata: {}\n\n';
		const world: World = { ...simulated(DEMO), reverse: async () => evil };
		const { post, url } = await open({ world });
		const { id } = (await (await post({ target: TARGET })).json()) as { id: string };
		const events = await (await fetch(`${url}/api/v1/events?session=${id}`)).text();
		expect(events).not.toMatch(/^data: \{\}$/m);
		for (const [, data = ""] of events.matchAll(/^data: (.*)$/gm))
			expect(JSON.parse(data)).toMatchObject({ session: id });
		const answer = await fetch(`${url}/api/v1/sessions/${id}`);
		expect(answer.headers.get("content-type")).toBe("application/json");
		expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
		expect(answer.headers.get("content-security-policy")).toMatch(/default-src 'none'/);
		expect(JSON.stringify(await answer.json())).toContain("<script>");
		for (const format of ["json", "csv", "svg", "markdown", "text"]) {
			const file = await fetch(`${url}/api/v1/sessions/${id}/file?format=${format}`);
			expect([format, file.status]).toEqual([format, 200]);
			expect(file.headers.get("content-disposition")).toMatch(/^attachment; filename="whither-[a-z0-9]+\.\w+"$/);
			expect(file.headers.get("content-security-policy")).toMatch(/^sandbox/);
			if (format === "svg") expect(await file.text()).not.toContain("<script");
		}
	});

	it("what is no request of the web: other methods, upgrades, tunnels, two requests in one", async () => {
		const { port, url } = await open();
		for (const method of ["TRACE", "OPTIONS", "PUT", "PATCH", "PROPFIND"]) {
			const said = await raw(port, head(`${method} /api/v1/traces HTTP/1.1`, "Connection: close")).until(null);
			expect(said).toMatch(/^HTTP\/1.1 405 [\s\S]*\r\nallow: POST\r\n/i);
			expect(said).not.toMatch(/access-control/i);
		}
		expect(await raw(port, "CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: localhost\r\n\r\n").until(null)).toBe("");
		const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"];
		expect(await raw(port, head("GET /api/v1/events HTTP/1.1", ...upgrade)).until(null)).not.toMatch(/^HTTP\/1.1 101/);
		const smuggled = [
			head("POST /api/v1/traces HTTP/1.1", "Content-Length: 4", "Transfer-Encoding: chunked"),
			head("POST /api/v1/traces HTTP/1.1", "Transfer-Encoding: chunked, identity"),
			head("POST /api/v1/traces HTTP/1.1", "Content-Length: 4", "Content-Length: 5"),
			head("POST /api/v1/traces HTTP/1.1", "Content-Length: +4"),
			head("POST /api/v1/traces HTTP/1.1", "Content-Length : 4"),
			head("POST /api/v1/traces HTTP/1.1", "Transfer-Encoding: xchunked"),
		];
		for (const bytes of smuggled) {
			const said = await raw(port, `${bytes}0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`).until(null);
			expect(said.match(/HTTP\/1.1 \d+/g)?.every((line) => / 4\d\d$/.test(line))).toBe(true);
		}
		const body = `${head("GET /api/v1 HTTP/1.1", "Content-Length: 40")}GET /healthz HTTP/1.1\r\nHost: localhost\r\n`;
		expect((await raw(port, body).until(null)).match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413"]);
		for (const target of ["http://localhost/api/v1", "*", "//api/v1", "/api/v1/../v1", "/api/%76%31", "\\api\\v1"]) {
			const said = await raw(port, head(`GET ${target} HTTP/1.1`, "Connection: close")).until(null);
			expect([target, said.slice(0, 13)]).toEqual([target, expect.stringMatching(/^HTTP\/1.1 40[04] /)]);
		}
		expect((await fetch(`${url}/healthz`)).status).toBe(200);
	});

	it("a thousand requests at once", async () => {
		const { url } = await open();
		const ask = (n: number) => fetch(`${url}/api/v1/sessions?limit=${(n % 200) + 1}`).then(({ status }) => status);
		const statuses = await Promise.all(Array.from({ length: 1_000 }, (_, n) => ask(n)));
		expect(new Set(statuses)).toEqual(new Set([200]));
	});

	it("ids of others, and ids that are none", async () => {
		const { url, port } = await open();
		const ids = ["x", "..", "a".repeat(20), "a".repeat(4_000), "__proto__", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00"];
		for (const id of ids)
			for (const [method, path] of [
				["GET", ""],
				["DELETE", ""],
				["POST", "/stop"],
				["GET", "/file"],
			] as const) {
				const said = await raw(
					port,
					head(`${method} /api/v1/sessions/${id}${path} HTTP/1.1`, "Connection: close"),
				).until(null);
				expect([id, method, said.slice(0, 12)]).toEqual([id, method, "HTTP/1.1 404"]);
			}
		for (const query of ["", "session=", "session=x", "session=../../x", `session=${"a".repeat(20)}`])
			expect([400, 404]).toContain((await fetch(`${url}/api/v1/events?${query}`)).status);
		const many = Array.from({ length: 9 }, (_, n) => `session=${String(n).padStart(20, "a")}`).join("&");
		expect((await fetch(`${url}/api/v1/events?${many}`)).status).toBe(400);
		const last = { "Last-Event-ID": "x:y" };
		expect((await fetch(`${url}/api/v1/events?session=${"a".repeat(20)}`, { headers: last })).status).toBe(400);
	});
});

describe("who asks for more than may be", () => {
	it("is told when to ask again: probes, sessions, requests", async () => {
		const slow = simulated(DEMO, { pace: "real", slowedBy: 1_000 });
		const { post } = await open({ world: slow, limits: { sessionsPerClient: 2, clientProbesPerSecond: 10 } });
		expect((await post({ target: TARGET, queries: 5 })).status).toBe(201);
		const dear = await post({ target: TARGET, queries: 3 });
		expect(await codeOf(dear)).toEqual([429, "overBudget"]);
		expect(Number(dear.headers.get("retry-after"))).toBeGreaterThan(0);
		expect((await post({ target: TARGET, queries: 1 })).status).toBe(201);
		const third = await post({ target: TARGET, queries: 1, maxTtl: 2 });
		expect([...(await codeOf(third)), third.headers.get("retry-after")]).toEqual([429, "overBudget", "5"]);
	});

	it("pays for all that is sent, also beside the hops and again", async () => {
		const { post, url } = await open();
		const { id } = (await (await post({ target: TARGET, pathMtu: true })).json()) as { id: string };
		await (await fetch(`${url}/api/v1/events?session=${id}`)).text();
		const { session } = (await (await fetch(`${url}/api/v1/sessions/${id}`)).json()) as {
			session: { end: { result: { counters: { sent: number }; hops: { probes: unknown[] }[] } } };
		};
		const { counters, hops } = session.end.result;
		expect(counters.sent).toBeGreaterThan(hops.reduce((sum, { probes }) => sum + probes.length, 0));
		expect(await (await fetch(`${url}/metrics`)).text()).toContain(`whither_probes_total ${counters.sent}\n`);
	});

	it("may watch a path no more often than its share of the rate", async () => {
		const { post } = await open({ limits: { clientProbesPerSecond: 100 } });
		const watch = (live: object) => post({ target: TARGET, live });
		expect(await codeOf(await watch({ intervalMs: 50 }))).toEqual([400, "badRequest"]);
		expect(await codeOf(await watch({ intervalMs: 200 }))).toEqual([429, "overBudget"]);
	});

	it("may not have this server reach what is not public, by whatever name", async () => {
		const audit = join(folder(), "audit.ndjson");
		for (const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "64:ff9b::a00:1"]) {
			const { post, server } = await open({ ...STRANGERS, world: worldOf(address), audit });
			const asked = [{ target: "a.example" }, { target: "a.example", live: {} }];
			for (const body of asked) expect(await codeOf(await post(body))).toEqual([403, "targetRefused"]);
			expect(await codeOf(await post({ server: "a.example" }, {}, "/stun"))).toEqual([403, "targetRefused"]);
			await server.close();
		}
		const lines = readFileSync(audit, "utf8")
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(lines).toHaveLength(18);
		expect(lines.at(-1)).toMatchObject({
			client: "127.0.0.1",
			action: "stun",
			target: "a.example",
			decision: "targetRefused",
		});
		const { post } = await open({ ...STRANGERS, world: worldOf("10.0.0.1"), allowTargets: ["a.example"] });
		expect((await post({ target: "a.example" })).status).toBe(201);
		expect((await post({ target: "b.example" })).status).toBe(403);
	});

	it("gets exactly the address that was judged, whatever the name stands for a moment later", async () => {
		let asked = 0;
		const base = simulated(DEMO);
		const traced: string[] = [];
		const world: World = {
			...base,
			resolve: async (name) => ({ name, address: asked++ === 0 ? "8.8.8.8" : "127.0.0.1", family: 4, zone: null }),
			start: (order, on) => {
				traced.push(order.options.target);
				return base.start({ ...order, options: { ...order.options, targetName: TARGET } }, on);
			},
		};
		const { post } = await open({ ...STRANGERS, world });
		expect((await post({ target: "rebinds.example" })).status).toBe(201);
		await expect.poll(() => traced).toEqual(["8.8.8.8"]);
		expect(asked).toBe(1);
	});
});

describe("the page's files", () => {
	it("are what is in their folder, and nothing else", async () => {
		const web = join(folder(), "web");
		mkdirSync(join(web, "assets"), { recursive: true });
		writeFileSync(join(web, "index.html"), "<!doctype html>".padEnd(2_000));
		writeFileSync(join(web, "assets/app-abcdefgh.js"), "x".repeat(2_000));
		writeFileSync(join(web, "../secret.txt"), "secret");
		writeFileSync(join(web, "notes.unknown"), "secret");
		const { url, port } = await open({ web, token: "sesame" });
		const index = await fetch(`${url}/`);
		expect([index.status, index.headers.get("content-encoding")]).toEqual([200, "gzip"]);
		expect(index.headers.get("content-security-policy")).toMatch(/^default-src 'self';/);
		expect(index.headers.get("content-security-policy")).not.toMatch(/unsafe/);
		for (const part of ["base-uri", "form-action", "frame-ancestors", "object-src"])
			expect(index.headers.get("content-security-policy")).toContain(`; ${part} 'none'`);
		expect([index.headers.get("x-frame-options"), index.headers.get("referrer-policy")]).toEqual([
			"DENY",
			"no-referrer",
		]);
		expect((await index.text()).length).toBe(2_000);
		const tag = index.headers.get("etag") ?? "";
		expect((await fetch(`${url}/`, { headers: { "If-None-Match": tag } })).status).toBe(304);
		const script = await fetch(`${url}/assets/app-abcdefgh.js`, { headers: { "Accept-Encoding": "identity" } });
		expect(script.headers.get("cache-control")).toMatch(/immutable/);
		expect((await script.text()).length).toBe(2_000);
		expect((await fetch(`${url}/`, { method: "HEAD" })).headers.get("content-length")).toMatch(/^\d+$/);
		expect((await fetch(`${url}/`, { method: "POST" })).status).toBe(405);
		const paths = [
			...[
				"/../secret.txt",
				"/assets/../../secret.txt",
				"/%2e%2e/secret.txt",
				"/%252e%252e/secret.txt",
				"/..%5csecret.txt",
			],
			...[
				"/..\\secret.txt",
				"/assets/..%2f..%2fsecret.txt",
				"/.%00/secret.txt",
				"/assets",
				"/assets/",
				"/notes.unknown",
			],
			...["//etc/passwd", "/index.html/", "/assets/app-abcdefgh.js%00.html", "/__proto__", "/./index.html"],
		];
		for (const path of paths) {
			const said = await raw(port, head(`GET ${path} HTTP/1.1`, "Connection: close")).until(null);
			expect([path, said.slice(0, 12)]).toEqual([path, expect.stringMatching(/^HTTP\/1.1 40[01]/)]);
			expect(said).not.toContain("secret\n");
		}
	});
});
