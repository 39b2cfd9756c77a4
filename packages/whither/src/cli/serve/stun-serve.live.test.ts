import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";

const command = join(import.meta.dirname, "../../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../../dist/whither.cjs"));
const obstacle = isBuilt ? null : "the command is not built (npm run build)";
const linuxObstacle = process.platform === "linux" ? null : "needs Linux";
const nativeObstacle = obstacle ?? linuxObstacle;
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const tlsObstacle = hasOpenssl ? null : "it needs openssl (Debian package openssl)";
const PORT = /:(\d+)$/;

const TITLE = "by the %s backend";
describe.skipIf(nativeObstacle !== null).each(["native"])(skippable(TITLE, nativeObstacle), asksAndServes);
describe.skipIf(obstacle !== null).each(["portable"])(skippable(TITLE, obstacle), asksAndServes);

function asksAndServes(backend: string): void {
	const env = { ...process.env, WHITHER_BACKEND: backend };
	const children: ChildProcess[] = [];
	afterEach(() => {
		for (const child of children.splice(0)) child.kill("SIGKILL");
	});

	function start(args: readonly string[]) {
		const child = spawn(process.execPath, [command, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
		children.push(child);
		const said = { stdout: "", stderr: "" };
		child.stdout.setEncoding("utf8").on("data", (text) => {
			said.stdout += text;
		});
		child.stderr.setEncoding("utf8").on("data", (text) => {
			said.stderr += text;
		});
		const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
		return { child, said, ended };
	}

	async function run(...args: string[]) {
		const { said, ended } = start(args);
		return { code: await ended, ...said };
	}

	/** A server, once all its lines are there. */
	async function serve(lines: number, ...args: string[]) {
		const server = start(["serve", "--no-turn", "--no-http", ...args]);
		const said = () => server.said.stdout.split("\n").slice(0, -1);
		while (said().length < lines && server.child.exitCode === null) {
			await new Promise((resolve) => server.child.stdout.once("data", resolve));
		}
		return { ...server, lines: said() };
	}

	it("a server says where it listens, tells clients their address, and ends in order", async () => {
		const server = await serve(2, "--listen", "127.0.0.1", "--stun-port", "0");
		expect(server.lines).toEqual([
			expect.stringMatching(/^stun udp 127\.0\.0\.1:\d+$/),
			expect.stringMatching(/^stun tcp 127\.0\.0\.1:\d+$/),
		]);
		const [udp, tcp] = server.lines.map((line) => PORT.exec(line)?.[1]);
		const asked = await run("stun", `127.0.0.1:${udp}`, "--json");
		expect(asked).toMatchObject({ code: 0, stderr: "" });
		expect(JSON.parse(asked.stdout)).toMatchObject({
			schema: "whither.stun/1",
			backend,
			family: 4,
			mapping: "none",
			unknowns: [{ what: "filtering", why: "oneAddress" }],
		});
		const streamed = await run("stun", `stun:127.0.0.1:${tcp}`, "--tcp");
		expect(streamed).toMatchObject({ code: 0, stderr: "" });
		expect(streamed.stdout).toContain("TCP over IPv4");
		server.child.kill("SIGTERM");
		expect(await server.ended).toBe(143);
		expect(server.said.stderr).toMatch(/^whither: \d+ messages received, \d+ answered\n$/);
	});

	const two = "with two addresses it answers behaviour discovery, and with RFC 3489 where that is wanted";
	it.skipIf(linuxObstacle !== null)(skippable(two, linuxObstacle), async () => {
		const trial = await serve(2, "--listen", "127.0.0.1", "--stun-port", "0");
		const port = PORT.exec(trial.lines[0] ?? "")?.[1] ?? "";
		trial.child.kill("SIGINT");
		expect(await trial.ended).toBe(130);
		const both = ["--listen", "127.0.0.1", "--alternate", "127.0.0.2"];
		const server = await serve(6, ...both, "--stun-port", port, "--classic");
		expect(server.lines).toHaveLength(6);
		const asked = await run("stun", `127.0.0.1:${port}`);
		expect(asked).toMatchObject({ code: 0, stderr: "" });
		expect(asked.stdout).toContain("\nNo translation, no filtering: direct calls work with every peer.\n");
		const classic = await run("stun", "--classic", "--json", `127.0.0.1:${port}`);
		expect(JSON.parse(classic.stdout)).toMatchObject({ tests: "rfc3489", classic: "open internet" });
		const taken = await run("serve", "--listen", "127.0.0.1", "--stun-port", port);
		expect(taken).toMatchObject({ code: 4, stdout: "" });
		expect(taken.stderr).toContain(`UDP 127.0.0.1:${port} is taken by another program`);
	});

	const overTls = "over TLS a certificate that nobody vouches for is refused, unless it is trusted by name";
	it.skipIf(tlsObstacle !== null)(skippable(overTls, tlsObstacle), async () => {
		const folder = mkdtempSync(join(tmpdir(), "whither-tls-"));
		const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
		const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
		const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
		execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, ...subject], { stdio: "pipe" });
		const tls = ["--cert", cert, "--key", key, "--tls-port", "0"];
		const server = await serve(3, "--listen", "127.0.0.1", "--stun-port", "0", ...tls);
		const port = PORT.exec(server.lines.at(-1) ?? "")?.[1];
		const trusted = await run("stun", "-4", `stuns:localhost:${port}`, "--ca", cert);
		expect(trusted).toMatchObject({ code: 0, stderr: "" });
		const refused = await run("stun", "-4", `stuns:localhost:${port}`);
		rmSync(folder, { recursive: true });
		expect(refused.code).toBe(1);
		expect(refused.stdout).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
	});

	it("options that cannot be are refused before anything is opened", async () => {
		for (const option of [
			"--user=x",
			"--token=a b",
			"--relay-ports=9-1",
			"--allow-peer=10.0.0.0/x",
			"--users=/nowhere",
		]) {
			expect(await run("serve", option)).toMatchObject({ code: 2, stdout: "" });
		}
		expect(await run("serve", "--cert", "/nowhere")).toMatchObject({ code: 2 });
		expect(await run("serve", "--listen", "localhost")).toMatchObject({ code: 2 });
	});

	it("a command line that cannot be obeyed is 2, with a document where one was asked for", async () => {
		const none = await run("stun", "--json");
		expect(none.code).toBe(2);
		expect(JSON.parse(none.stdout)).toMatchObject({ schema: "whither.stun/1", error: { code: "usage" } });
		expect(none.stderr).toContain("WHITHER_STUN");
		const wrong = await run("stun", "--json", "--bogus", "x");
		expect(wrong.code).toBe(2);
		expect(JSON.parse(wrong.stdout)).toMatchObject({ schema: "whither.stun/1", error: { code: "usage" } });
		for (const args of [
			["-4", "-6"],
			["--tcp", "--tls"],
			["--longest", "3"],
			["a", "b"],
		]) {
			expect((await run("stun", "x", ...args)).code).toBe(2);
		}
		expect((await run("stun", "nosuch.invalid")).code).toBe(2);
	});

	it("no answer is 1, and says what that means", async () => {
		const trial = await serve(2, "--listen", "127.0.0.1", "--stun-port", "0");
		const port = PORT.exec(trial.lines[0] ?? "")?.[1];
		trial.child.kill("SIGKILL");
		await trial.ended;
		const args = backend === "native" ? [] : ["--tcp"];
		const { code, stdout, stderr } = await run("stun", `127.0.0.1:${port}`, ...args);
		expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
		expect(stdout).toMatch(/^(UDP|TCP) is refused at 127\.0\.0\.1:\d+: no STUN server listens there\.\n$/);
	});
}
