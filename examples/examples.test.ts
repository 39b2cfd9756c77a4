import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TRACE_METHODS } from "whither";
import { skippable } from "../scripts/skippable.ts";

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
const argv = process.argv;

beforeEach(() => {
	vi.resetModules();
});
afterEach(() => {
	process.argv = argv;
	vi.restoreAllMocks();
});

/** Run one example in the simulated internet (no HOST) and collect what it prints. */
async function run(file: string, ...args: string[]): Promise<string> {
	const log = vi.spyOn(console, "log").mockImplementation(() => {});
	process.argv = ["node", file, ...args];
	await import(/* @vite-ignore */ join(import.meta.dirname, file));
	return log.mock.calls.map(([line]) => String(line)).join("\n");
}

describe("the examples are short and run", () => {
	it.each(files)("%s has at most 40 lines", (file) => {
		expect(
			readFileSync(join(import.meta.dirname, file), "utf8")
				.trimEnd()
				.split("\n").length,
		).toBeLessThanOrEqual(40);
	});

	it("events.ts prints every hop", async () => {
		const text = await run("events.ts");
		expect(text).toMatch(/^to server\.frankfurt from 10\.16\.0\.1 by udp\n1: /);
		expect(text).toMatch(/\n12: .*\nreached after \d+\.\d ms$/);
	});

	it("json.ts prints one document", async () => {
		expect(JSON.parse(await run("json.ts"))).toMatchObject({ schema: "whither.trace/1", reached: true });
	});

	it("abort.ts keeps what is known", async () => {
		const timeout = AbortSignal.timeout.bind(AbortSignal);
		vi.spyOn(AbortSignal, "timeout").mockImplementation(() => timeout(700));
		expect(await run("abort.ts")).toMatch(/^interrupted with \d+ hops$/);
	});

	it("live.ts has a line a hop with its figures", async () => {
		const lines = (await run("live.ts")).split("\n");
		expect(lines[0]).toBe("server.frankfurt by udp, 1000 ms a round");
		expect(lines[1]).toMatch(/^1: 10\.16\.0\.2, 10 of 10, \d+\.\d ms \(95 %: \d+\.\d\)$/);
		expect(lines[10]).toBe("10: nobody, 0 of 10, silent");
		expect(lines).toHaveLength(13);
	});

	it("methods.ts has a line a method", async () => {
		const lines = (await run("methods.ts")).split("\n");
		expect(lines.map((line) => line.split(" ")[0])).toEqual(TRACE_METHODS.map((method) => method.name));
		for (const line of lines) expect(line).toContain("hops");
	});

	it("slow-hop.ts names one hop", async () => {
		expect(await run("slow-hop.ts")).toMatch(/^hop \d+ \(10\.16\.\d+\.\d+\) adds \d+\.\d ms\nReached /);
	});

	it("scenario.ts shows UDP lost and TCP through", async () => {
		const text = await run("scenario.ts");
		expect(text).toContain("udp: maxHops");
		expect(text).toContain("tcpconnect: reached");
	});

	const obstacle = process.platform === "linux" ? null : "needs Linux";
	it.skipIf(obstacle !== null)(skippable("trace-flow.ts loses nothing of the stream", obstacle), async () => {
		const text = await run("trace-flow.ts");
		expect(text).toMatch(
			/^from port \d+, as the stream does\n1: 127\.0\.0\.1 \d+\.\d\d ms\nreached by channel borrowed\n/,
		);
		const [, sent, back] = /(\d+) packets sent, (\d+) came back$/.exec(text) ?? [];
		expect(Number(sent)).toBeGreaterThan(5);
		expect(back).toBe(sent);
	});
});
