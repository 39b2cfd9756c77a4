import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { LONGEST_BODY } from "../../api/meet/signalling/rendezvous-protocol.ts";
import { type HttpListener, openHttp } from "../http/listener.ts";
import { openRendezvousServer, type RendezvousServer, type RendezvousServerOrder } from "./rendezvous.ts";

let http: HttpListener | null = null;
let rooms: RendezvousServer | null = null;
const sockets: Socket[] = [];

afterEach(async () => {
	for (const socket of sockets.splice(0)) socket.destroy();
	await rooms?.close();
	await http?.close();
	http = null;
});

const PLENTY = { burst: 1e6, perSecond: 1e6 };

async function listen(order: Partial<RendezvousServerOrder> = {}, token: string | null = null): Promise<number> {
	rooms = openRendezvousServer({ offer: () => ({ stun: [], turn: [] }), budget: PLENTY, ...order });
	const places = [{ address: "127.0.0.1", ipv6Only: false, optional: false }];
	const opened = await openHttp({ places, port: 0, token, local: true, routes: [rooms.routes] });
	if ("error" in opened) throw opened.error;
	http = opened;
	return opened.listening[0]?.port ?? 0;
}

const seat = (name: string) => name.padEnd(22, "-");
const JSON_TYPE = { "Content-Type": "application/json" };

async function post(port: number, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	const answer = await fetch(`http://127.0.0.1:${port}/meet${path}`, {
		...{ method: "POST", headers: { ...JSON_TYPE, ...headers }, body: text },
	});
	return { status: answer.status, json: (await answer.json().catch(() => null)) as Record<string, unknown> | null };
}

const create = (port: number, room: string | null, name: string) =>
	post(port, "/rooms", { room, seat: seat(name), share: "AAAA" });
const join = (port: number, room: string, name: string) => post(port, `/rooms/${room}/join`, { seat: seat(name) });
const say = (port: number, room: string, name: string, first: number, ...messages: string[]) =>
	post(port, `/rooms/${room}/messages`, { first, messages }, { "Whither-Seat": seat(name) });

/** A socket that says these bytes; `heard` grows. */
function raw(port: number, bytes: string) {
	const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
	sockets.push(socket);
	const state = { heard: "" };
	socket.on("data", (data) => {
		state.heard += data.toString("latin1");
	});
	socket.write(bytes);
	const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	const until = async (wanted: RegExp) => {
		while (!wanted.test(state.heard) && !socket.destroyed)
			await Promise.race([new Promise((resolve) => socket.once("data", resolve)), closed]);
		return state.heard;
	};
	return { socket, until, closed };
}

const head = (line: string, ...headers: string[]) => `${[line, "Host: localhost", ...headers].join("\r\n")}\r\n\r\n`;
const events = (port: number, room: string, name: string, ...headers: string[]) =>
	raw(port, head(`GET /meet/rooms/${room}/events HTTP/1.1`, `Whither-Seat: ${seat(name)}`, ...headers));

describe("a rendezvous stands", () => {
	it("bodies that are too long, said or not, and goes on", async () => {
		const port = await listen();
		const long = "x".repeat(1_000_000);
		const told = raw(
			port,
			head("POST /meet/rooms HTTP/1.1", "Content-Type: application/json", "Content-Length: 10000000"),
		);
		for (let sent = 0; sent < 10; sent++) told.socket.write(long);
		await told.closed;
		const chunked = raw(
			port,
			head("POST /meet/rooms HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked"),
		);
		for (let sent = 0; sent < 10; sent++) chunked.socket.write(`f4240\r\n${long}\r\n`);
		await chunked.closed;
		const just = raw(
			port,
			head("POST /meet/rooms HTTP/1.1", "Content-Type: application/json", `Content-Length: ${LONGEST_BODY + 1}`),
		);
		expect(await just.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 413 /);
		expect(rooms?.counts().opened).toBe(0);
		expect((await create(port, "a", "one")).status).toBe(201);
	});

	it("clients that begin a request and say no more of it", async () => {
		const port = await listen();
		const slow = Array.from({ length: 50 }, () =>
			raw(port, `${head("POST /meet/rooms HTTP/1.1", "Content-Type: application/json", "Content-Length: 100")}{"ro`),
		);
		expect((await create(port, "a", "one")).status).toBe(201);
		for (const { socket } of slow) socket.destroy();
		expect((await create(port, "b", "two")).status).toBe(201);
		expect(rooms?.counts().open).toBe(2);
	});

	it("what is no JSON, no right JSON, and no application/json", async () => {
		const port = await listen();
		const wrong: readonly unknown[] = [
			"",
			"{",
			"null",
			"[]",
			"1",
			"{}",
			`{"seat":"short"}`,
			'{"__proto__":{"seat":"x"}}',
			`{"a":${"[".repeat(20_000)}`,
			{ room: "../a", seat: seat("x"), share: "AAAA" },
			{ room: "A B", seat: seat("x"), share: "AAAA" },
			{ room: "a\r\nSet-Cookie: x", seat: seat("x"), share: "AAAA" },
			{ room: null, seat: seat("x"), share: "" },
			{ room: null, seat: seat("x"), share: "<script>" },
			{ room: null, seat: seat("x"), share: "A".repeat(65) },
			{ room: 7, seat: seat("x"), share: "AAAA" },
			{ room: null, seat: [seat("x")], share: "AAAA" },
		];
		for (const body of wrong) expect((await post(port, "/rooms", body)).status).toBe(400);
		const right = { room: null, seat: seat("x"), share: "AAAA" };
		for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"])
			expect((await post(port, "/rooms", right, { "Content-Type": type })).status).toBe(415);
		expect((await post(port, "/rooms", right, { "Content-Encoding": "gzip" })).status).toBe(415);
		for (const origin of ["https://elsewhere.example", "null"])
			expect((await post(port, "/rooms", right, { Origin: origin })).status).toBe(403);
		const preflight = await fetch(`http://127.0.0.1:${port}/meet/rooms`, { method: "OPTIONS" });
		expect([
			preflight.status,
			[...preflight.headers.keys()].filter((name) => name.startsWith("access-control")),
		]).toEqual([405, []]);
		expect(rooms?.counts().opened).toBe(0);
		await create(port, "a", "one");
		await join(port, "a", "two");
		const payloads: readonly unknown[] = [
			{ first: -1, messages: ["x"] },
			{ first: 0.5, messages: ["x"] },
			{ first: "0", messages: ["x"] },
			{ first: 0, messages: "x" },
			{ first: 0, messages: ["a b"] },
			{ first: 0, messages: ["x\n\nevent: end\ndata: left"] },
			{ first: 0, messages: ["x".repeat(40_000)] },
			{ first: 0, messages: [1] },
		];
		for (const body of payloads)
			expect((await post(port, "/rooms/a/messages", body, { "Whither-Seat": seat("one") })).status).toBe(400);
		expect(await say(port, "a", "one", 0, ...Array(600).fill("x"))).toMatchObject({
			status: 413,
			json: { error: "tooMuch" },
		});
		expect(await say(port, "a", "one", 1, "x")).toMatchObject({ status: 409, json: { error: "gap" } });
	});

	it("paths that lead nowhere", async () => {
		const port = await listen();
		await create(port, "a", "one");
		const paths = [
			"/meet",
			"/meet/",
			"/meet/rooms/",
			"/meet/rooms/a",
			"/meet/rooms/a/../a/events",
			"/meet/rooms/%61/events",
			"/meet/rooms/a/events/",
			"//meet/rooms/a/events",
		];
		for (const path of paths) {
			const { until } = raw(port, head(`GET ${path} HTTP/1.1`, `Whither-Seat: ${seat("one")}`));
			expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 40[45] /);
		}
	});

	it("whoever has no seat, another's, or one elsewhere", async () => {
		const port = await listen();
		await create(port, "a", "one");
		await join(port, "a", "two");
		await create(port, "b", "three");
		for (const name of ["three", "x", ""]) {
			expect(await say(port, "a", name, 0, "x")).toMatchObject({ status: 403, json: { error: "noSuchSeat" } });
			const leave = await post(port, "/rooms/a/leave", { why: "left" }, { "Whither-Seat": seat(name) });
			expect(leave.status).toBe(403);
		}
		expect(await events(port, "a", "three").until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 403 /);
		expect((await join(port, "a", "four")).json).toEqual({ error: "roomFull" });
		expect(rooms?.counts()).toMatchObject({ open: 2, ended: { left: 0 } });
	});

	it("tokens of somebody else, on all of it", async () => {
		const port = await listen({}, "sesame");
		const bearer = { Authorization: "Bearer sesame" };
		for (const path of ["/rooms", "/rooms/a/join", "/rooms/a/messages", "/rooms/a/leave", "/offers", "/nowhere"]) {
			expect((await post(port, path, {})).status).toBe(401);
			expect((await post(port, path, {}, { Authorization: "Bearer open" })).status).toBe(401);
		}
		expect(await events(port, "a", "one").until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 401 /);
		expect((await post(port, "/offers", {}, bearer)).status).toBe(200);
	});

	it("posts that are repeated, and streams that break in the middle", async () => {
		const port = await listen();
		await create(port, "a", "one");
		await join(port, "a", "two");
		const first = events(port, "a", "two");
		await say(port, "a", "one", 0, "x", "y");
		expect(await say(port, "a", "one", 0, "x", "y")).toEqual({ status: 200, json: { next: 2 } });
		const heard = await first.until(/data: y\n\n/);
		expect(heard).toMatch(/^HTTP\/1.1 200 [\s\S]*Content-Type: text\/event-stream/);
		expect(heard).toContain("id: 1\nevent: message\ndata: x\n\n");
		expect(heard.match(/data: /g)).toHaveLength(2);
		first.socket.destroy();
		await say(port, "a", "one", 2, "z");
		const again = await events(port, "a", "two", "Last-Event-ID: 1").until(/data: z\n\n/);
		expect(again).not.toContain("data: x");
		expect(again).toContain("id: 2\nevent: message\ndata: y\n\n");
		// One stream a seat: a second ends the first.
		const second = events(port, "a", "two", "Last-Event-ID: 3");
		await second.until(/text\/event-stream/);
		const third = events(port, "a", "two", "Last-Event-ID: 3");
		await third.until(/text\/event-stream/);
		expect(await second.until(/\r\n0\r\n\r\n$/)).toMatch(/\r\n0\r\n\r\n$/);
		for (const id of ["-1", "x", "99999999999", "7"])
			expect(await events(port, "a", "two", `Last-Event-ID: ${id}`).until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /);
		await post(port, "/rooms/a/leave", { why: "left" }, { "Whither-Seat": seat("one") });
		expect(await events(port, "a", "two", "Last-Event-ID: 3").until(/data: left\n\n/)).toContain("id: 4\nevent: end\n");
	});

	it("more rooms and guesses than one client may have", async () => {
		const port = await listen({ budget: { burst: 300, perSecond: 0.1 } });
		const made = await Promise.all(Array.from({ length: 100 }, (_, index) => create(port, null, `s${index}`)));
		const statuses = made.map(({ status }) => status);
		expect(statuses.filter((status) => status === 201)).toHaveLength(30);
		expect(statuses.filter((status) => status === 429)).toHaveLength(70);
		const more = await fetch(`http://127.0.0.1:${port}/meet/rooms/1/join`, {
			...{ method: "POST", headers: JSON_TYPE, body: JSON.stringify({ seat: seat("guess") }) },
		});
		expect([more.status, more.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^(9\d|100)$/)]);
	});

	it("readers that do not read, by their room's bounds", async () => {
		const port = await listen();
		await create(port, "a", "one");
		await join(port, "a", "two");
		const stuck = events(port, "a", "two");
		await stuck.until(/text\/event-stream/);
		stuck.socket.pause();
		let next = 0;
		for (let status = 200; status === 200; next++) ({ status } = await say(port, "a", "one", next, "x".repeat(20_000)));
		expect(next - 1).toBe(6);
		expect((await create(port, "b", "three")).status).toBe(201);
	});
});
