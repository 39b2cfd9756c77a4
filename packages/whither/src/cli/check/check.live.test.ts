import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";

const command = join(import.meta.dirname, "../../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../../dist/whither-check.cjs"));
const obstacle = !isBuilt
	? "the command is not built (npm run build)"
	: process.platform === "linux"
		? null
		: "needs Linux";

describe.skipIf(obstacle !== null)(skippable("whither check, the command", obstacle), () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "whither-check-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	async function check(file: unknown, args: readonly string[] = [], { env = {}, interrupt = false } = {}) {
		writeFileSync(join(folder, "checks.json"), typeof file === "string" ? file : JSON.stringify(file));
		const all = { ...process.env, GITHUB_ACTIONS: "", ...env };
		const child = spawn(process.execPath, [command, "check", "checks.json", ...args], { cwd: folder, env: all });
		const said = { stdout: "", stderr: "" };
		child.stdout.setEncoding("utf8").on("data", (text) => {
			said.stdout += text;
			if (interrupt) child.kill("SIGINT");
		});
		child.stderr.setEncoding("utf8").on("data", (text) => {
			said.stderr += text;
		});
		const code = await new Promise<number | null>((resolve) => child.once("close", (ended) => resolve(ended)));
		return { code, ...said };
	}

	const here = (expect: unknown, more = {}) => ({ target: "127.0.0.1", ...more, expect });

	it.each(["127.0.0.1", "::1"])("%s holds: exit code 0", async (target) => {
		const checks = [{ target, expect: { reached: true, maxHops: 1, lossPercent: 0, mustCross: target } }];
		expect(await check({ checks })).toMatchObject({
			code: 0,
			stderr: "",
			stdout: `ok   ${target}: 4 assertions hold\n1 check: 1 held\n`,
		});
	});

	it("what does not hold: exit code 1, the reason in every report", async () => {
		const checks = [here({ minHops: 2 }, { name: "far" })];
		const ended = await check({ checks }, ["--junit", "junit.xml"], { env: { GITHUB_ACTIONS: "true" } });
		expect(ended.code).toBe(1);
		expect(ended.stdout).toContain("     minHops: Asked for at least 2 hops, measured 1. (checks.json:1)\n");
		expect(ended.stdout).toMatch(
			/^::error file=checks\.json,line=1,col=\d+,title=far%3A minHops::Asked for at least 2 hops, measured 1\.$/m,
		);
		expect(readFileSync(join(folder, "junit.xml"), "utf8")).toContain(
			'<failure message="Asked for at least 2 hops, measured 1."/>',
		);
	});

	it("--json is one document on stdout, whatever else is said", async () => {
		const checks = [here({ minHops: 2 }), { target: "nowhere.invalid", expect: { reached: true } }];
		const { code, stdout, stderr } = await check({ checks }, ["--json", "--github"]);
		expect(code).toBe(2);
		expect(JSON.parse(stdout)).toMatchObject({
			schema: "whither.check/1",
			held: false,
			checks: [{ outcome: "failed" }, { outcome: "error" }],
		});
		expect(stderr.match(/^::error /gm)).toHaveLength(2);
		const bad = await check('{"checks": [}', ["--json"]);
		expect(bad).toMatchObject({
			code: 2,
			stderr: expect.stringMatching(/^whither: checks\.json:1:13: "}" stands where a value should/),
		});
		expect(JSON.parse(bad.stdout)).toMatchObject({ stopReason: "error", error: { line: 1, column: 13 } });
		expect(JSON.parse((await check({ checks }, ["--jsno", "--json"])).stdout)).toMatchObject({
			error: { code: "usage" },
		});
	});

	it("Ctrl-C ends it with what is known: exit code 130", async () => {
		const mute = createSocket("udp4");
		await new Promise<void>((resolve) => mute.bind(0, "127.0.0.1", resolve));
		const options = { port: mute.address().port, waitMs: 60_000, maxTtl: 1 };
		const checks = [here({ reached: true }, { name: "first" }), here({ reached: true }, { name: "second", options })];
		const { code, stdout } = await check({ checks }, [], { interrupt: true });
		mute.close();
		expect(code).toBe(130);
		const second = "---- second (127.0.0.1): interrupted\n2 checks: 1 held, 1 interrupted\n";
		expect(stdout).toBe(`ok   first (127.0.0.1): 1 assertion holds\n${second}`);
	});

	it("a report that cannot be written: exit code 4, and what to do", async () => {
		const ended = await check({ checks: [here({ reached: true })] }, ["--junit", "no/such/file"]);
		expect(ended).toMatchObject({
			code: 4,
			stderr: expect.stringMatching(/the report no\/such\/file cannot be written: .*make its directory first/),
		});
	});
});
