import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LongTermCredentials } from "@whither/core";
import { openRelay, type RelayEvent } from "@whither/net/turn-client";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import type { MeetMessage } from "../../api/meet/signalling/message.ts";
import { askOffers, openRendezvous } from "../../api/meet/signalling/open-rendezvous.ts";
import {
	isSignallingFailure,
	type OfferedRelay,
	type Rendezvous,
	type RendezvousOrder,
	type Signalling,
	type SignallingListener,
} from "../../api/meet/signalling/signalling.ts";
import { type RunningServer, serve } from "../serve.ts";
import type { ServeOptions } from "../serve-options.ts";

const ending: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ending.splice(0).reverse()) await end();
});

async function server(options: ServeOptions = {}): Promise<{ readonly url: string; readonly running: RunningServer }> {
	const running = await serve({ listen: ["127.0.0.1"], stunPort: 0, port: 0, workers: 0, ...options });
	ending.push(() => running.close());
	const port = running.listening.find(({ role }) => role === "http")?.port;
	return { url: `http://127.0.0.1:${port}`, running };
}

async function open(order: RendezvousOrder): Promise<Rendezvous> {
	const rendezvous = await openRendezvous(order);
	if (isSignallingFailure(rendezvous)) throw new Error(JSON.stringify(rendezvous));
	ending.push(() => rendezvous.close());
	return rendezvous;
}

/** A listener that can be waited for. */
function listen() {
	const said: unknown[] = [];
	const waiting: (() => void)[] = [];
	const say = (what: unknown) => {
		said.push(what);
		for (const wake of waiting.splice(0)) wake();
	};
	const listener: SignallingListener = {
		met: () => say("met"),
		message: say,
		closed: (failure) => say({ closed: failure }),
	};
	const count = async (least: number) => {
		while (said.length < least) await new Promise<void>((resolve) => waiting.push(resolve));
		return said;
	};
	return { said, listener, count };
}

const bye = (why: string): MeetMessage => ({ type: "bye", why });

/** A proxy that keeps all that clients say, and breaks connections when told. */
async function recorder(to: number) {
	const recorded: Buffer[] = [];
	const open = new Set<Socket>();
	const proxy: Server = createTcpServer((client) => {
		const upstream = connect({ host: "127.0.0.1", port: to });
		for (const socket of [client, upstream]) {
			open.add(socket);
			socket.on("error", () => {}).on("close", () => open.delete(socket));
		}
		client.on("data", (bytes) => recorded.push(bytes));
		client.pipe(upstream).pipe(client);
		client.on("close", () => upstream.destroy());
		upstream.on("close", () => client.destroy());
	});
	proxy.listen(0, "127.0.0.1");
	await once(proxy, "listening");
	const cut = () => {
		for (const socket of open) socket.destroy();
	};
	ending.push(() => {
		cut();
		proxy.close();
	});
	const address = proxy.address();
	const port = typeof address === "object" && address !== null ? address.port : 0;
	return { url: `http://127.0.0.1:${port}`, said: () => Buffer.concat(recorded).toString("latin1"), cut };
}

/** Whether an allocation is granted. */
async function allocate(port: number, { username, password }: OfferedRelay): Promise<RelayEvent["kind"]> {
	const credentials: LongTermCredentials = { kind: "longTerm", username, password };
	const server = { address: "127.0.0.1", port };
	return new Promise((resolve) => {
		const event = ({ kind }: RelayEvent): void => {
			if (["allocated", "failed", "lost"].includes(kind)) resolve(kind);
		};
		const relay = openRelay({ server, transport: "udp", credentials }, { event, received: () => {} });
		ending.push(() => relay.close());
	});
}

/** HTTPS in front of a server, as a reverse proxy has it; the certificate is its own. */
async function secured(to: string): Promise<{ readonly url: string; readonly certificate: string }> {
	const folder = mkdtempSync(join(tmpdir(), "whither-"));
	ending.push(() => rmSync(folder, { recursive: true }));
	const [certificate, key] = ["cert.pem", "key.pem"].map((name) => join(folder, name)) as [string, string];
	const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
	const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
	execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", certificate, ...subject], {
		stdio: "pipe",
	});
	const pem = { cert: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
	const front = createTlsServer(pem, (asked, response) => {
		const { method = "GET", url = "", headers } = asked;
		const more = { method, headers: { ...headers, host: new URL(to).host } };
		const onward = request(new URL(url.replace(/^\/behind/, ""), to), more, (answer) => {
			response.writeHead(answer.statusCode ?? 0, answer.headers);
			answer.pipe(response);
		});
		response.on("close", () => onward.destroy());
		onward.on("error", () => response.destroy());
		asked.pipe(onward);
	});
	front.listen(0, "127.0.0.1");
	await once(front, "listening");
	const address = front.address();
	const port = typeof address === "object" && address !== null ? address.port : 0;
	ending.push(() => {
		front.closeAllConnections();
		front.close();
	});
	return { url: `https://localhost:${port}/behind/`, certificate: pem.cert };
}

async function meet(url: string, more: Partial<RendezvousOrder> = {}) {
	const [one, two] = [listen(), listen()];
	const made = await open({ url, ...more });
	const first = made.signalling(one.listener);
	const joined = await open({ url, code: made.code, ...more });
	const second = joined.signalling(two.listener);
	return { made, joined, one, two, first, second };
}

describe("two ends at a rendezvous", () => {
	it("meet by a code, and say to each other what they like until one closes", async () => {
		const { url } = await server();
		const { made, joined, one, two, first, second } = await meet(url);
		expect([made.role, joined.role, made.code]).toEqual([
			"controlling",
			"controlled",
			expect.stringMatching(/^\d-[a-z]+-[a-z]+$/),
		]);
		second.send(bye("1"));
		first.send(bye("2"));
		second.send(bye("3"));
		expect(await one.count(3)).toEqual(["met", bye("1"), bye("3")]);
		expect(await two.count(2)).toEqual(["met", bye("2")]);
		first.send(bye("last"));
		await first.close();
		expect(await two.count(4)).toEqual(["met", bye("2"), bye("last"), { closed: null }]);
		expect(await openRendezvous({ url, code: made.code })).toEqual({
			code: "noSuchRoom",
			room: made.code.split("-")[0],
		});
	});

	it("are lent STUN, TURN and credentials that the server's own TURN takes", async () => {
		const { url, running } = await server();
		const made = await open({ url });
		const stunPort = running.listening.find(({ role }) => role === "stun")?.port;
		expect(made.offered).toMatchObject({
			stun: [{ host: "127.0.0.1", port: stunPort }],
			turn: [{ host: "127.0.0.1", username: expect.stringMatching(/^\d+:meet-/) }],
		});
		const [relay] = made.offered.turn;
		expect(relay?.legs.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
		const joined = await open({ url, code: made.code });
		expect(joined.offered.turn[0]?.username).not.toBe(relay?.username);
		expect(await askOffers({ url })).toMatchObject({ turn: [{ host: "127.0.0.1" }] });
		for (const lent of [made, joined].flatMap(({ offered }) => offered.turn))
			expect(await allocate(lent.legs[0]?.port ?? 0, lent)).toBe("allocated");
		expect(await allocate(stunPort ?? 0, { ...relay, password: "guess" } as OfferedRelay)).toBe("failed");
		// Users who are read again leave what was lent as it is.
		running.setUsers({ passwords: [{ username: "ann", password: "word" }] });
		expect(await allocate(stunPort ?? 0, relay as OfferedRelay)).toBe("allocated");
	});

	it("may choose their code, which is one room's at a time", async () => {
		const { url } = await server();
		const made = await open({ url, choose: "Mike coffee-7" });
		expect(made.code).toBe("mike-coffee-7");
		expect(await openRendezvous({ url, choose: "mike-otherwise" })).toEqual({ code: "roomTaken", room: "mike" });
		expect(await openRendezvous({ url, choose: "mike-123456" })).toMatchObject({ code: "badCode", why: "weak" });
		expect(await openRendezvous({ url, code: "mike" })).toMatchObject({ code: "badCode", why: "noPassword" });
	});

	it("are two: a third is refused, and whoever guesses wrong has had the one guess", async () => {
		const { url } = await server();
		const { made, one } = await meet(url);
		const [room = ""] = made.code.split("-");
		expect(await openRendezvous({ url, code: made.code })).toEqual({ code: "roomFull", room });
		await one.count(1);

		const guessed = await open({ url, choose: "guess-otter-velvet" });
		const [victim, thief] = [listen(), listen()];
		guessed.signalling(victim.listener).send(bye("secret"));
		const guess = await open({ url, code: "guess-otter-tulip" });
		guess.signalling(thief.listener);
		expect(await victim.count(1)).toEqual([{ closed: { code: "wrongPassword", room: "guess" } }]);
		expect(await thief.count(1)).toEqual([{ closed: { code: "wrongPassword", room: "guess" } }]);
		expect(await openRendezvous({ url, code: "guess-otter-velvet" })).toEqual({ code: "noSuchRoom", room: "guess" });
	});

	it("lose nothing and hear nothing twice when connections break", async () => {
		const { running } = await server();
		const proxy = await recorder(running.listening.find(({ role }) => role === "http")?.port ?? 0);
		const { one, two, first, second } = await meet(proxy.url);
		await Promise.all([one.count(1), two.count(1)]);
		const said = (signalling: Signalling, from: number) => {
			for (let index = 0; index < 5; index++) signalling.send(bye(String(from + index)));
		};
		for (let round = 0; round < 4; round++) {
			said(first, round * 5);
			proxy.cut();
			said(second, round * 5);
			await Promise.all([one.count(1 + (round + 1) * 5), two.count(1 + (round + 1) * 5)]);
		}
		const all = ["met", ...Array.from({ length: 20 }, (_, index) => bye(String(index)))];
		expect([one.said, two.said]).toEqual([all, all]);
	});

	it("say goodbye though they are told to stop, once they have begun", async () => {
		const { url } = await server();
		const stop = new AbortController();
		const made = await open({ url, signal: stop.signal });
		const joined = await open({ url, code: made.code });
		const [one, two] = [listen(), listen()];
		const first = made.signalling(one.listener);
		joined.signalling(two.listener);
		await Promise.all([one.count(1), two.count(1)]);
		stop.abort();
		await new Promise((resolve) => setImmediate(resolve));
		first.send(bye("stopped"));
		expect(await two.count(2)).toEqual(["met", bye("stopped")]);
	});

	it("show the server a room's name and nothing else", async () => {
		const { running } = await server();
		const proxy = await recorder(running.listening.find(({ role }) => role === "http")?.port ?? 0);
		const { made, one, two, first, second } = await meet(proxy.url);
		const secrets = ["abcdUFRAG", "passwordpasswordpassword", "192.0.2.77", "2001:db8::77", "whither 0.1.0"];
		const [ufrag = "", pwd = "", four = "", six = "", tool = ""] = secrets;
		const lines = [four, six].map((address) => `candidate:1 1 UDP 2130706431 ${address} 50000 typ host`);
		for (const signalling of [first, second]) {
			signalling.send({ type: "description", tool, ufrag, pwd, options: ["ice2"], pacingMs: 5, lite: false });
			signalling.send({ type: "candidates", ufrag, lines });
			signalling.send({ type: "endOfCandidates", ufrag });
		}
		await Promise.all([one.count(4), two.count(4)]);
		await first.close();
		await two.count(5);
		const said = proxy.said();
		const [, ...words] = made.code.split("-");
		expect(words).toHaveLength(2);
		// Everything that is said is a request of this protocol, whose every field is known and random or sealed.
		const requests = said.split(/(?=(?:GET|POST) \/meet\/)/).filter((text) => text !== "");
		const bodies = requests.flatMap((text) => {
			const [, body = ""] = text.split("\r\n\r\n");
			return body === "" ? [] : [JSON.parse(body) as Record<string, unknown>];
		});
		const fields = new Set(bodies.flatMap((body) => Object.keys(body)));
		expect([...fields].sort()).toEqual(["first", "messages", "room", "seat", "share", "why"]);
		const payloads = bodies.flatMap(({ messages }) => (messages as string[] | undefined) ?? []);
		expect(payloads.length).toBeGreaterThanOrEqual(8);
		const readable = [said, ...payloads.map((payload) => Buffer.from(payload, "base64url").toString("latin1"))];
		for (const text of readable)
			for (const secret of [...secrets, ...words, "candidate", "typ host", "description"])
				expect(text.includes(secret)).toBe(false);
	});

	it("hear why it ends: the server drains or ends, or begins anew and knows nobody", async () => {
		const { url, running } = await server();
		const waiting = listen();
		(await open({ url })).signalling(waiting.listener);
		const { one, two } = await meet(url);
		await Promise.all([one.count(1), two.count(1)]);
		const drained = running.drain({ seconds: 1 });
		expect(await waiting.count(1)).toMatchObject([{ closed: { code: "serverEnded" } }]);
		expect(await openRendezvous({ url })).toMatchObject({ code: "serverEnded" });
		expect(one.said).toEqual(["met"]);
		await drained;
		await running.close();
		expect(await one.count(2)).toMatchObject(["met", { closed: { code: "serverEnded" } }]);

		const { url: again, running: before } = await server();
		const proxied = await recorder(Number(new URL(again).port));
		const lone = listen();
		(await open({ url: proxied.url, patienceMs: 5_000 })).signalling(lone.listener);
		proxied.cut();
		await before.close();
		const after = await serve({
			...{ listen: ["127.0.0.1"], stunPort: 0, workers: 0 },
			port: Number(new URL(again).port),
		});
		ending.push(() => after.close());
		expect(await lone.count(1)).toMatchObject([{ closed: { code: "serverEnded" } }]);
	});

	it("hear that nobody has come, once the code is as old as one may be", async () => {
		const { url } = await server({ codeSeconds: 0.2 });
		const { said, listener, count } = listen();
		const made = await open({ url });
		made.signalling(listener);
		await count(1);
		expect(said).toEqual([{ closed: { code: "expired", room: made.code.split("-")[0], met: false } }]);
	});
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const obstacle = hasOpenssl ? null : "it needs openssl (Debian package openssl)";

describe.skipIf(obstacle !== null)(skippable("a rendezvous behind HTTPS", obstacle), () => {
	it("is trusted by the certificates that are given, and by no others", async () => {
		const { url } = await server();
		const front = await secured(url);
		const authorities = front.certificate;
		const { one, two, second, made } = await meet(front.url, { authorities });
		second.send(bye("sealed twice"));
		expect(await one.count(2)).toEqual(["met", bye("sealed twice")]);
		await two.count(1);
		expect(made.offered.stun[0]?.host).toBe("localhost");
		expect(await openRendezvous({ url: front.url })).toMatchObject({ code: "tls", why: "DEPTH_ZERO_SELF_SIGNED_CERT" });
		const numeric = front.url.replace("localhost", "127.0.0.1");
		expect(await openRendezvous({ url: numeric, authorities })).toMatchObject({
			code: "tls",
			why: "ERR_TLS_CERT_ALTNAME_INVALID",
		});
		expect(isSignallingFailure(await openRendezvous({ url: front.url.replace("https", "http") }))).toBe(true);
	});
});

describe("a rendezvous that is none", () => {
	it("is told by a code, and in time", async () => {
		const { url, running } = await server({ token: "sesame" });
		expect(await openRendezvous({ url: "nonsense" })).toEqual({ code: "badUrl", url: "nonsense" });
		expect(await openRendezvous({ url: "ftp://127.0.0.1/" })).toMatchObject({ code: "badUrl" });
		expect(await openRendezvous({ url })).toMatchObject({ code: "unauthorized", shown: false });
		expect(await openRendezvous({ url, token: "open" })).toMatchObject({ code: "unauthorized", shown: true });
		expect(await openRendezvous({ url, token: "a\r\nX: y" })).toMatchObject({ code: "unauthorized", shown: true });
		expect(await openRendezvous({ url: `${url}/elsewhere`, token: "sesame" })).toMatchObject({
			code: "notRendezvous",
			status: 404,
		});
		expect(await openRendezvous({ url: url.replace("http", "https"), token: "sesame" })).toMatchObject({ code: "tls" });
		const stun = running.listening.find(({ role, transport }) => role === "stun" && transport === "tcp");
		expect(isSignallingFailure(await openRendezvous({ url: `http://127.0.0.1:${stun?.port}` }))).toBe(true);
		await running.close();
		expect(await openRendezvous({ url, token: "sesame" })).toMatchObject({ code: "unreachable", why: "ECONNREFUSED" });
		const right = await server({ token: "sesame" });
		expect(await open({ url: `${right.url}/`, token: "sesame" })).toMatchObject({ role: "controlling" });
	});

	it("is given up when it has been out of reach for too long", async () => {
		const { running, url } = await server();
		const proxy = await recorder(Number(new URL(url).port));
		const { listener, count } = listen();
		(await open({ url: proxy.url, patienceMs: 300 })).signalling(listener);
		await running.close();
		proxy.cut();
		expect(await count(1)).toHaveLength(1);
	});
});
