import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";

const command = join(import.meta.dirname, "../../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../../dist/whither.cjs"));
const obstacle = isBuilt ? null : "the command is not built (npm run build)";
const diskObstacle = obstacle ?? (existsSync("/dev/full") ? null : "needs /dev/full");

/** Both ends are this machine. */
describe.skipIf(obstacle !== null)(skippable("who meets, and cannot say so any more", obstacle), () => {
	const children: ChildProcess[] = [];
	afterEach(() => {
		for (const child of children.splice(0)) child.kill("SIGKILL");
	});

	function start(args: readonly string[], stdout: "pipe" | number = "pipe", env = process.env) {
		const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", stdout, "pipe"], env });
		children.push(child);
		const said = { stdout: "", stderr: "" };
		child.stdout?.setEncoding("utf8").on("data", (text) => {
			said.stdout += text;
		});
		child.stderr?.setEncoding("utf8").on("data", (text) => {
			said.stderr += text;
		});
		const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
		return { child, said, ended };
	}

	/** Resolves with what a pattern finds in its output, as soon as it does. */
	async function until({ child, said }: ReturnType<typeof start>, pattern: RegExp): Promise<string> {
		for (;;) {
			const found = pattern.exec(said.stdout)?.[1];
			if (found !== undefined) return found;
			if (child.exitCode !== null) throw new Error(`ended: ${said.stdout}${said.stderr}`);
			await new Promise((resolve) => child.stdout?.once("data", resolve));
		}
	}

	async function server(): Promise<string> {
		const places = ["--listen", "127.0.0.1", "--port", "0", "--stun-port", "0"];
		return `http://127.0.0.1:${await until(start(["serve", ...places]), /^http tcp 127\.0\.0\.1:(\d+)$/m)}`;
	}

	it("leaves its room, where the reader of its output has gone", async () => {
		const url = await server();
		const first = start(["meet", "--server", url, "--no-trace"]);
		const code = await until(first, /whither meet (\S+)/);
		first.child.stdout?.destroy();
		expect(await first.ended).toBe(0);
		const second = start(["meet", code, "--server", url, "--no-trace", "--json"]);
		expect(await second.ended).toBe(1);
		expect(JSON.parse(second.said.stdout)).toMatchObject({ outcome: { signalling: { code: "noSuchRoom" } } });
	});

	it("leaves its room, where the terminal has gone", async () => {
		const url = await server();
		const first = start(["meet", "--server", url, "--no-trace"]);
		const code = await until(first, /whither meet (\S+)/);
		first.child.kill("SIGHUP");
		expect(await first.ended).toBe(129);
		const second = start(["meet", code, "--server", url, "--no-trace", "--json"]);
		expect(await second.ended).toBe(1);
		expect(JSON.parse(second.said.stdout)).toMatchObject({ outcome: { signalling: { code: "noSuchRoom" } } });
	});

	it.each(["process.nextTick", "setImmediate"])(
		"has its document for a signal that comes as soon as Node runs, by %s",
		async (soon) => {
			const folder = mkdtempSync(join(tmpdir(), "whither-meet-"));
			const first = join(folder, "first.cjs");
			writeFileSync(first, `${soon}(() => process.kill(process.pid, "SIGINT"))`);
			const env = { ...process.env, NODE_OPTIONS: `--require=${first}` };
			const silent = createServer().listen(0, "127.0.0.1");
			await once(silent, "listening");
			const { port } = silent.address() as AddressInfo;
			const { said, ended } = start(["meet", "--server", `http://127.0.0.1:${port}`, "--json"], "pipe", env);
			expect(await ended).toBe(130);
			silent.close();
			rmSync(folder, { recursive: true });
			expect(JSON.parse(said.stdout)).toMatchObject({ schema: "whither.meet/1", connected: false });
		},
	);

	it.skipIf(diskObstacle !== null)(skippable("says so, and leaves, where the disk is full", diskObstacle), async () => {
		const full = openSync("/dev/full", "w");
		const { said, ended } = start(["meet", "--server", await server()], full);
		closeSync(full);
		expect(await ended).toBe(4);
		expect(said.stderr).toMatch(/no space left/i);
	});
});
