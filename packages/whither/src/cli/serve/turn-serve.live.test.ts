import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LongTermCredentials, restCredentials, restSecret } from "@whither/core";
import { openRelay, type Relay, type RelayEvent } from "@whither/net/turn-client";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";

const command = join(import.meta.dirname, "../../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../../dist/relay-worker.cjs"));
const obstacle = isBuilt ? null : "the command is not built (npm run build)";
const linuxObstacle = obstacle ?? (process.platform === "linux" ? null : "needs Linux");
const USER: LongTermCredentials = { kind: "longTerm", username: "ann", password: "word" } as LongTermCredentials;
const AS_USER = ["--user", "ann:word"];

function makeCertificate(cert: string, key: string): void {
	const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
	const files = ["-keyout", key, "-out", cert, "-subj", "/CN=localhost"];
	execFileSync("openssl", ["req", "-x509", ...kind, ...files], { stdio: "pipe" });
}

const TITLE = "`whither serve` relays, by the %s backend";
describe.skipIf(linuxObstacle !== null).each(["native"])(skippable(TITLE, linuxObstacle), serves);
describe.skipIf(obstacle !== null).each(["portable"])(skippable(TITLE, obstacle), serves);

function serves(backend: string): void {
	const env: NodeJS.ProcessEnv = { ...process.env, WHITHER_BACKEND: backend };
	const children: ChildProcess[] = [];
	const closing: (() => unknown)[] = [];
	afterEach(() => {
		for (const close of closing.splice(0)) close();
		for (const child of children.splice(0)) child.kill("SIGKILL");
	});

	/** A server on IPv4 loopback, once all its lines are there. */
	async function serve(args: readonly string[], wrap: readonly string[] = []) {
		const [program = "", ...rest] = [...wrap, process.execPath, command, "serve", "--listen", "127.0.0.1", ...args];
		const child = spawn(program, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
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
		const heard = async (text: string) => {
			while (!said.stderr.includes(text)) await once(child.stderr, "data");
		};
		return { child, said, ended, port, heard };
	}

	const ANY = ["--stun-port", "0", "--port", "0"];

	function relay(port: number, credentials = USER, transport: "udp" | "tcp" = "udp") {
		const events: RelayEvent[] = [];
		const heard: number[] = [];
		let wake = (): void => {};
		const one: Relay = openRelay(
			{ server: { address: "127.0.0.1", port }, transport, credentials, redirects: 0 },
			{
				received: ({ bytes }) => {
					heard.push(bytes[0] ?? 0);
					wake();
				},
				event: (event) => {
					events.push(event);
					wake();
				},
			},
		);
		closing.push(() => one.destroy());
		const until = async (met: () => boolean) => {
			while (!met())
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
		};
		const settled = async (): Promise<RelayEvent> => {
			const last = () => events.find(({ kind }) => kind === "allocated" || kind === "failed");
			await until(() => last() !== undefined);
			return last() as RelayEvent;
		};
		return { one, events, heard, until, settled };
	}

	async function echo() {
		const socket = createSocket("udp4");
		socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
		await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
		closing.push(() => socket.close());
		return { address: "127.0.0.1", port: socket.address().port };
	}

	it("to nobody until users are given, and says so; a line for each role, numbers over HTTP", async () => {
		const server = await serve(ANY);
		const lines = server.said.stdout.split("\n").map((line) => line.replace(/\d+$/, "N"));
		expect(lines.slice(0, -1)).toEqual([
			"stun udp 127.0.0.1:N",
			"stun tcp 127.0.0.1:N",
			"turn udp 127.0.0.1:N",
			"turn tcp 127.0.0.1:N",
			"http tcp 127.0.0.1:N",
		]);
		await server.heard("--user NAME:PASSWORD or --users FILE");
		const refused = await relay(server.port("turn udp")).settled();
		expect(refused).toMatchObject({ kind: "failed", why: "unauthorized" });
		const page = await (await fetch(`http://127.0.0.1:${server.port("http tcp")}/metrics`)).text();
		expect(page).toMatch(/^whither_turn_allocations 0$/m);
		expect(page).toMatch(/^whither_turn_errors_total\{code="401"\} [1-9]/m);
		server.child.kill("SIGTERM");
		expect(await server.ended).toBe(143);
	});

	it("by a secret, whose credentials end", async () => {
		const server = await serve([...ANY, "--secret", "north", "--realm", "example.org"]);
		const until = (seconds: number) =>
			({
				kind: "longTerm",
				...restCredentials(restSecret("north"), Date.now() / 1000 + seconds, "ann"),
			}) as LongTermCredentials;
		expect(await relay(server.port("turn udp"), until(60)).settled()).toMatchObject({ kind: "allocated" });
		expect(await relay(server.port("turn tcp"), until(60), "tcp").settled()).toMatchObject({ kind: "allocated" });
		expect(await relay(server.port("turn udp"), until(-60)).settled()).toMatchObject({ why: "unauthorized" });
	});

	it("again on the same ports after it was killed", async () => {
		const first = await serve([...ANY, ...AS_USER, "--allow-peer", "127.0.0.1"]);
		const [udp, http] = [first.port("turn udp"), first.port("http tcp")];
		expect(await relay(udp).settled()).toMatchObject({ kind: "allocated" });
		expect(await relay(first.port("turn tcp"), USER, "tcp").settled()).toMatchObject({ kind: "allocated" });
		first.child.kill("SIGKILL");
		await first.ended;
		const places = ["--stun-port", String(udp), "--port", String(http)];
		const second = await serve([...places, ...AS_USER, "--allow-peer", "127.0.0.1"]);
		expect(second.port("turn udp")).toBe(udp);
		const { one, settled, until, heard } = relay(udp);
		await settled();
		one.send(await echo(), Uint8Array.of(7));
		await until(() => heard.length > 0);
		expect(heard).toEqual([7]);
	});

	it("for users of a file that is read again at SIGHUP, unless it is broken", async () => {
		const folder = mkdtempSync(join(tmpdir(), "whither-users-"));
		closing.push(() => rmSync(folder, { recursive: true }));
		const file = join(folder, "users");
		writeFileSync(file, "# nobody else\nann:word\n");
		const server = await serve([...ANY, "--users", file]);
		const port = server.port("turn udp");
		expect(await relay(port).settled()).toMatchObject({ kind: "allocated" });
		writeFileSync(file, "bob\n");
		server.child.kill("SIGHUP");
		await server.heard(`line 1 of ${file} has no colon`);
		expect(await relay(port).settled()).toMatchObject({ kind: "allocated" });
		writeFileSync(file, "bob:word\n");
		server.child.kill("SIGHUP");
		await server.heard("read users");
		expect(await relay(port).settled()).toMatchObject({ kind: "failed", why: "unauthorized" });
		const bob = { ...USER, username: "bob" } as LongTermCredentials;
		expect(await relay(port, bob).settled()).toMatchObject({ kind: "allocated" });
	});

	it("for users of a file and with a certificate, of which SIGHUP takes both or neither", async () => {
		const folder = mkdtempSync(join(tmpdir(), "whither-pem-"));
		closing.push(() => rmSync(folder, { recursive: true }));
		const [users, cert, key] = ["users", "cert", "key"].map((name) => join(folder, name)) as [string, string, string];
		makeCertificate(cert, key);
		writeFileSync(users, "ann:word\n");
		const files = ["--users", users, "--cert", cert, "--key", key, "--tls-port", "0"];
		const server = await serve([...ANY, ...files]);
		writeFileSync(users, "bob:word\n");
		rmSync(cert);
		server.child.kill("SIGHUP");
		await server.heard("cannot be read (ENOENT); kept what there was");
		writeFileSync(cert, "");
		server.child.kill("SIGHUP");
		await server.heard("do not go together; kept what there was");
		expect(await relay(server.port("turn udp")).settled()).toMatchObject({ kind: "allocated" });
	});

	it("on at a SIGHUP with nothing to read again, where no terminal went", async () => {
		const server = await serve([...ANY, ...AS_USER]);
		server.child.kill("SIGHUP");
		await server.heard("nothing to read again");
		expect(await relay(server.port("turn udp")).settled()).toMatchObject({ kind: "allocated" });
	});

	it("until a defect ends it, with a sentence instead of all of our source", async () => {
		const fault = "data:text/javascript,process.on('SIGUSR2',()=>{throw%20new%20RangeError('odd')})";
		env.NODE_OPTIONS = `--import=${fault}`;
		const server = await serve([...ANY, ...AS_USER]);
		delete env.NODE_OPTIONS;
		server.child.kill("SIGUSR2");
		expect(await server.ended).toBe(70);
		expect(server.said.stderr).toBe("whither: Internal error: odd. Please report it with the command you ran.\n");
	});

	it("on for those who are there at SIGTERM, until they go; and ends at once at a second signal", async () => {
		const server = await serve([...ANY, ...AS_USER, "--allow-peer", "127.0.0.1", "--drain", "3600"]);
		const health = async () => (await fetch(`http://127.0.0.1:${server.port("http tcp")}/healthz`)).status;
		const { one, settled, until, heard, events } = relay(server.port("turn udp"));
		await settled();
		const peer = await echo();
		one.bind(peer);
		await until(() => events.some(({ kind }) => kind === "bound"));
		expect(await health()).toBe(200);
		server.child.kill("SIGTERM");
		while ((await health()) !== 503);
		expect(await relay(server.port("turn udp")).settled()).toMatchObject({
			kind: "failed",
			why: "insufficientCapacity",
		});
		for (let number = 0; number < 100; number++) one.send(peer, Uint8Array.of(number));
		await until(() => heard.length === 100);
		one.close();
		expect(await server.ended).toBe(143);
		const another = await serve([...ANY, ...AS_USER, "--drain", "3600"]);
		await relay(another.port("turn udp")).settled();
		another.child.kill("SIGTERM");
		while ((await (await fetch(`http://127.0.0.1:${another.port("http tcp")}/healthz`)).text()) !== "draining\n");
		another.child.kill("SIGTERM");
		expect(await another.ended).toBe(143);
	});

	const shellObstacle = process.platform === "win32" ? "needs a shell with ulimit" : null;
	const scarce = skippable("as long as there are descriptors, and again when there are", shellObstacle);
	it.skipIf(shellObstacle !== null)(scarce, async () => {
		const server = await serve([...ANY, ...AS_USER], ["sh", "-c", 'ulimit -n 120; exec "$0" "$@"']);
		const port = server.port("turn udp");
		const talks = Array.from({ length: 150 }, () => relay(port));
		const told = await Promise.all(talks.map(({ settled }) => settled()));
		const refused = told.filter(({ kind }) => kind === "failed");
		expect(refused.length).toBeGreaterThan(20);
		for (const failure of refused) expect(failure).toMatchObject({ why: "insufficientCapacity" });
		for (const { one } of talks) one.close();
		for (const { events, until } of talks)
			await until(() => events.some(({ kind }) => kind === "closed" || kind === "failed"));
		expect(await relay(port).settled()).toMatchObject({ kind: "allocated" });
		expect(server.child.exitCode).toBeNull();
	});

	it("refuses what it cannot do with a sentence and a code", async () => {
		const server = await serve(ANY);
		const http = String(server.port("http tcp"));
		const taken = await serve(["--stun-port", "0", "--port", http]);
		expect(await taken.ended).toBe(4);
		expect(taken.said.stderr).toContain(`HTTP 127.0.0.1:${http} is taken by another program`);
		const elsewhere = await serve([...ANY, "--relay-address", "203.0.113.9"]);
		expect(await elsewhere.ended).toBe(4);
		expect(elsewhere.said.stderr).toContain("203.0.113.9 is no address of this machine");
	});
}
