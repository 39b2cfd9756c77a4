import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type EarlyRelayUser,
	EarlyTurnClient,
	type EarlyTurnClientEvent,
	type EarlyTurnClientInput,
	earlyRelayUser,
	restCredentials,
	restSecret,
} from "@whither/core";
import { askSharedSecret, isSharedSecretRefusal } from "@whither/net/turn-client";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { COMMAND, commandObstacle } from "../command.fixture.ts";

const has = (program: string, option: string) => spawnSync(program, [option]).error === undefined;
const opensslObstacle = has("openssl", "version") ? null : "it needs openssl (Debian package openssl)";
const obstacle = commandObstacle ?? opensslObstacle;
const linuxObstacle = obstacle ?? (process.platform === "linux" ? null : "needs Linux");
/** Of Debian's package stun-client, which knows RFC 3489 and, of that, no shared secrets. */
const STUN = "stun";
const stunObstacle = obstacle ?? (has(STUN, "-h") ? null : "it needs stun (Debian package stun-client)");

const TITLE = "`whither serve --classic`, by the %s backend";
describe.skipIf(linuxObstacle !== null).each(["native"])(skippable(TITLE, linuxObstacle), serves);
describe.skipIf(obstacle !== null).each(["portable"])(skippable(TITLE, obstacle), serves);

/** A socket on loopback, and what it hears. */
async function openSocket() {
	const socket = createSocket("udp4");
	await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
	const heard: { readonly text: string; readonly port: number }[] = [];
	socket.on("message", (bytes, { port }) => heard.push({ text: String(bytes), port }));
	return { socket, heard, port: socket.address().port };
}

/** A port that nobody has for now, and no relay will have: those are at 49152 and above. */
async function freePort(): Promise<number> {
	const socket = createSocket("udp4");
	const port = 20_000 + Math.floor(10_000 * Math.random());
	const isFree = await new Promise<boolean>((resolve) => {
		socket.once("error", () => resolve(false));
		socket.bind(port, "127.0.0.1", () => resolve(true));
	});
	socket.close();
	return isFree ? port : freePort();
}

/** A client of an early relay on a socket of its own, with what it was told and what peers said. */
async function openClient(port: number, user: EarlyRelayUser) {
	const { socket } = await openSocket();
	const client = new EarlyTurnClient({
		secret: crypto.getRandomValues(new Uint8Array(32)),
		server: { address: "127.0.0.1", port },
		user,
	});
	const events: EarlyTurnClientEvent[] = [];
	const data: string[] = [];
	let wake = (): void => {};
	const step = (input: EarlyTurnClientInput): void => {
		for (const output of client.step(input, Math.round(performance.now() * 1e6))) {
			if (output.type === "send") socket.send(output.bytes, output.to.port, output.to.address);
			else if (output.type === "event") events.push(output.event);
			else if (input.type === "received" && output.reason === "notMine") data.push(String(Buffer.from(input.bytes)));
		}
		wake();
	};
	socket.on("message", (bytes, from) => step({ type: "received", bytes, from }));
	const until = async (met: () => boolean) => {
		while (!met())
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
	};
	const allocate = async (): Promise<EarlyTurnClientEvent> => {
		step({ type: "allocate" });
		await until(() => events.length > 0);
		return events[0]!;
	};
	const say = (text: string) => socket.send(text, port, "127.0.0.1");
	return { socket, events, data, until, allocate, say, release: () => step({ type: "release" }) };
}

function serves(backend: string): void {
	const env = { ...process.env, WHITHER_BACKEND: backend };
	const children: ChildProcess[] = [];
	const closing: (() => unknown)[] = [];
	afterEach(() => {
		for (const close of closing.splice(0)) close();
		for (const child of children.splice(0)) child.kill("SIGKILL");
	});
	const kept = <Held extends { readonly socket: Socket }>(held: Held): Held => {
		closing.push(() => held.socket.close());
		return held;
	};

	/** A server on IPv4 loopback, once all its lines are there. */
	async function serve(...args: readonly string[]) {
		const child = spawn(process.execPath, [COMMAND, "serve", "--listen", "127.0.0.1", "--port", "0", ...args], { env });
		children.push(child);
		const said = { stdout: "", stderr: "" };
		for (const stream of ["stdout", "stderr"] as const)
			child[stream].setEncoding("utf8").on("data", (text) => {
				said[stream] += text;
			});
		const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
		while (!/^http tcp .*\n/m.test(said.stdout) && child.exitCode === null)
			await Promise.race([once(child.stdout, "data"), ended]);
		const port = (role: string) => Number(new RegExp(`^${role} \\S+:(\\d+)$`, "m").exec(said.stdout)?.[1]);
		const metrics = async () => (await fetch(`http://127.0.0.1:${port("http tcp")}/metrics`)).text();
		return { child, said, ended, port, metrics };
	}

	function makeCertificate() {
		const folder = mkdtempSync(join(tmpdir(), "whither-classic-"));
		closing.push(() => rmSync(folder, { recursive: true }));
		const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
		const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
		const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
		execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, ...subject], { stdio: "pipe" });
		return { flags: ["--cert", cert, "--key", key, "--tls-port", "0"], pem: readFileSync(cert, "utf8") };
	}

	it("gives a secret for a relay over TLS, locks the relay to its first peer, and tells of it at the end", async () => {
		const { flags, pem } = makeCertificate();
		const early = await freePort();
		const users = ["--user", "ann:word", "--allow-peer", "127.0.0.1", "--early-relay-port", String(early)];
		const server = await serve("--classic", "--stun-port", "0", ...users, ...flags);
		const lines = server.said.stdout.split("\n").map((line) => line.replace(/ \S+$/, ""));
		expect(lines.slice(0, -1)).toEqual([
			...["stun udp", "stun tcp", "stun tls", "turn udp", "turn tcp", "turn tls"],
			...["shared-secret tls", "early-relay udp", "http tcp"],
		]);
		const place = { address: "127.0.0.1", port: server.port("shared-secret tls") };
		const ask = (password: string) =>
			askSharedSecret({
				server: place,
				serverName: "localhost",
				authorities: pem,
				user: { username: "ann", password },
			});
		expect(await ask("guess")).toMatchObject({ why: "refused", error: { code: 431 }, failure: null });
		const user = await ask("word");
		if (isSharedSecretRefusal(user)) throw new Error(`refused: ${user.why} ${user.error?.code}`);
		const client = kept(await openClient(early, user));
		const allocated = await client.allocate();
		if (allocated.kind !== "allocated") throw new Error(allocated.kind);
		const relayed = allocated.relayed[0]!;
		const [peer, stranger] = [kept(await openSocket()), kept(await openSocket())];
		client.say("before the lock");
		peer.socket.send("hello", relayed.port, relayed.address);
		await client.until(() => client.data.length === 1);
		stranger.socket.send("me too", relayed.port, relayed.address);
		const answered = once(peer.socket, "message");
		client.say("and back");
		await answered;
		expect(peer.heard).toEqual([{ text: "and back", port: relayed.port }]);
		peer.socket.send("once more", relayed.port, relayed.address);
		await client.until(() => client.data.length === 2);
		expect(client.data).toEqual(["hello", "once more"]);
		// A name is for one binding, and a password is not the name's.
		const again = kept(await openClient(early, user));
		expect(await again.allocate()).toMatchObject({ kind: "failed", error: { code: 430 } });
		const figures = await server.metrics();
		expect(figures).toMatch(/^whither_early_relays 1$/m);
		expect(figures).toMatch(/^whither_early_relay_ignored_total\{reason="notThePeer"\} 1$/m);
		expect(figures).toMatch(/^whither_shared_secrets_total 1$/m);
		client.release();
		await client.until(() => client.events.at(-1)?.kind === "closed");
		server.child.kill("SIGTERM");
		expect(await server.ended).toBe(143);
		expect(server.said.stderr).toContain("1 early relays passed on 3 packets");
	});

	it("takes time-limited credentials, and drains while somebody has a relay", async () => {
		const early = await freePort();
		const server = await serve("--classic", "--stun-port", "0", "--secret", "s", "--early-relay-port", String(early));
		expect(server.port("shared-secret tls")).toBeNaN();
		const until = (seconds: number) =>
			earlyRelayUser(restCredentials(restSecret("s"), Date.now() / 1000 + seconds, "bob"));
		const client = kept(await openClient(early, until(600)));
		expect(await client.allocate()).toMatchObject({ kind: "allocated", relayed: [{ address: "127.0.0.1" }] });
		const [late, forged] = [
			kept(await openClient(early, until(-1))),
			kept(await openClient(early, { ...until(60), password: "p" })),
		];
		expect(await late.allocate()).toMatchObject({ kind: "failed", error: { code: 430 } });
		expect(await forged.allocate()).toMatchObject({ kind: "failed", error: { code: 431 } });
		server.child.kill("SIGTERM");
		while (!(await server.metrics()).includes("whither_draining 1\n"));
		const next = kept(await openClient(early, until(60)));
		expect(await next.allocate()).toMatchObject({ kind: "failed", error: { code: 500 } });
		client.release();
		expect(await server.ended).toBe(143);
	});

	// What follows is the same on every backend.
	if (backend !== "native") return;

	it("is off by default, and with port 0", async () => {
		const early = await freePort();
		const servers = [
			await serve("--stun-port", "0", "--early-relay-port", String(early)),
			await serve("--stun-port", "0", "--classic", "--early-relay-port", "0"),
		];
		for (const { said, metrics } of servers) {
			expect(said.stdout).not.toContain("early-relay");
			expect(await metrics()).not.toContain("early");
		}
		expect(servers.map(({ said }) => said.stderr.includes("--early-relay-port does nothing"))).toEqual([true, false]);
		const { socket } = kept(await openSocket());
		socket.connect(early, "127.0.0.1");
		await once(socket, "connect");
		socket.send("anybody there?");
		expect(await once(socket, "error")).toMatchObject([{ code: "ECONNREFUSED" }]);
	});

	it.skipIf(stunObstacle !== null)(skippable("answers Debian's client of RFC 3489", stunObstacle), async () => {
		const port = await freePort();
		await serve("--classic", "--no-turn", "--stun-port", String(port));
		const child = spawn(STUN, [`127.0.0.1:${port}`, "1", "-v"]);
		children.push(child);
		let said = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
		await once(child, "close");
		expect(said).toMatch(/ok=1[\s\S]*127\.0\.0\.1/);
	});
}
