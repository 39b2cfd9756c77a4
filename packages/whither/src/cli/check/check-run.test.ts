import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DEMO } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WhitherError } from "../../api/error.ts";
import { simulated } from "../../api/simulated.ts";
import { trace } from "../../api/trace/trace.ts";
import type { World } from "../../api/world.ts";
import { readCheckFile } from "../../report/check/check-file.ts";
import { CHECK_SCHEMA, type CheckReport } from "../../report/check/check-result.ts";
import { formatCheckFailure } from "./check.ts";
import { testRegex } from "./check-files.ts";
import { type CheckRunOptions, runChecks } from "./check-run.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../../docs/schema/check-1.json"), "utf8"));
const validate = new Ajv2020({
	allErrors: true,
	allowUnionTypes: true,
	strictTypes: false,
	validateFormats: false,
}).compile(schema);

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-check-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(checks: unknown, more: Partial<CheckRunOptions> = {}) {
	const read = readCheckFile(JSON.stringify({ checks }));
	if ("sentence" in read) throw new Error(read.sentence);
	const told: string[] = [];
	const outcomes = await runChecks(read, {
		...{ file: join(folder, "checks.json"), jobs: 3, timeoutMs: 60_000, writeBaselines: false, args: [] },
		...{ openWorld: async () => simulated(DEMO), signal: new AbortController().signal },
		onCheck: ({ result }) => told.push(result.name),
		...more,
	});
	const results = outcomes.map(({ result }) => result);
	const report: CheckReport = {
		...{
			schema: CHECK_SCHEMA,
			tool: { name: "whither", version: "0.1.0" },
			args: [],
			file: "x",
			startedAt: "2026-01-02T03:04:05Z",
		},
		...{ durationNs: 1, held: false, stopReason: "complete", checks: results, error: null },
	};
	expect(validate(JSON.parse(JSON.stringify(report))) ? null : validate.errors).toBeNull();
	return { results, told, codes: outcomes.map(({ error }) => error?.code ?? null) };
}

const SERVER = "server.frankfurt";

describe("checks on the simulated internet", () => {
	it("hold, or say what was asked and what was measured", async () => {
		const { results } = await run([
			{
				target: SERVER,
				expect: { reached: true, maxHops: 12, mustCross: ["core.*", "exchange.frankfurt"], mustNotCross: "*.london" },
			},
			{ target: SERVER, method: "icmp", expect: { maxHops: 11 } },
		]);
		expect(results.map(({ outcome }) => outcome)).toEqual(["held", "failed"]);
		expect(results[0]).toMatchObject({
			method: "udp",
			address: expect.stringMatching(/^\d/),
			assertions: { length: 5 },
		});
		expect(results[1]?.assertions[0]?.sentence).toBe("Asked for at most 11 hops, measured 12.");
	});

	it("are told in the order of the file, however many run at once; one that cannot be measured keeps nobody", async () => {
		const names = Array.from({ length: 9 }, (_, place) => `check ${place}`);
		const checks = names.map((name, place) => ({
			name,
			target: place === 4 ? "nowhere.example" : SERVER,
			expect: { reached: true },
		}));
		const { told, results, codes } = await run(checks);
		expect(told).toEqual(names);
		expect(results[4]).toMatchObject({ outcome: "error", error: { code: "nameNotFound" } });
		expect(codes.filter((code) => code !== null)).toEqual(["nameNotFound"]);
	});

	it("an interruption leaves what is known", async () => {
		const aborting = new AbortController();
		const checks = ["a", "b", "c"].map((name) => ({ name, target: SERVER, expect: { reached: true } }));
		const { results } = await run(checks, { jobs: 1, signal: aborting.signal, onCheck: () => aborting.abort() });
		expect(results.map(({ outcome }) => outcome)).toEqual(["held", "interrupted", "interrupted"]);
	});

	it("what was stopped in the middle is not judged by half of it", async () => {
		const aborting = new AbortController();
		const slow = simulated(DEMO, { pace: "real", slowedBy: 1_000 });
		const start: World["start"] = (order, on) => {
			queueMicrotask(() => aborting.abort());
			return slow.start(order, on);
		};
		const checks = [{ target: SERVER, expect: { reached: true } }];
		const { results } = await run(checks, {
			openWorld: async () => ({ ...slow, start }),
			signal: aborting.signal,
		});
		expect(results).toMatchObject([{ outcome: "interrupted", assertions: [] }]);
	});

	it("a baseline is written, and the path is compared with it from then on", async () => {
		const checks = [{ target: SERVER, expect: { equalsBaseline: "saved/../base.json" } }];
		const missing = await run(checks);
		expect(missing.results[0]).toMatchObject({ outcome: "error", assertions: [{ outcome: "unknown" }] });
		expect(missing.results[0]?.assertions[0]?.sentence).toMatch(/ENOENT.*--baseline-write` makes it anew\.$/);
		const here = [{ target: SERVER, expect: { equalsBaseline: "base.json" } }];
		expect((await run(here, { writeBaselines: true })).results[0]?.outcome).toBe("held");
		expect(JSON.parse(readFileSync(join(folder, "base.json"), "utf8"))).toMatchObject({
			schema: "whither.trace/1",
			reached: true,
		});
		expect((await run(here)).results[0]?.outcome).toBe("held");
		const short = [{ target: "core.madrid", expect: { equalsBaseline: "base.json" } }];
		expect((await run(short)).results[0]?.assertions[0]?.sentence).toMatch(
			/: the target answers at hop 4 and answered at hop 12\.$|differ/,
		);
	});

	it("files are read as they were saved: a trace, packed, or a session", async () => {
		const result = await trace(SERVER, { world: simulated(DEMO) }).result;
		const text = JSON.stringify(result);
		writeFileSync(join(folder, "a.json"), text);
		writeFileSync(join(folder, "a.json.gz"), gzipSync(text));
		const tool = { name: "whither", version: "0" };
		const header = {
			schema: "whither.session/1",
			id: "a".repeat(16),
			kind: "trace",
			tool,
			startedAt: "2026-01-02T03:04:05Z",
			target: "x",
			request: {},
		};
		const end = { outcome: "result", endedAt: "2026-01-02T03:04:06Z", result };
		writeFileSync(join(folder, "s.ndjson"), `${JSON.stringify(header)}\n${JSON.stringify(end)}\n`);
		writeFileSync(join(folder, "bad.json"), "{}");
		writeFileSync(join(folder, "bad.gz"), Buffer.from([0x1f, 0x8b, 1, 2]));
		const files = ["a.json", "a.json.gz", "s.ndjson", "bad.json", "bad.gz", "none.json", "."];
		const { results } = await run(files.map((file) => ({ file, expect: { reached: true, maxHops: 12 } })));
		expect(results.map(({ outcome }) => outcome)).toEqual(["held", "held", "held", "error", "error", "error", "error"]);
		expect(results[3]?.error?.message).toMatch(/^bad\.json cannot be judged: /);
	});
});

describe("regular expressions", () => {
	it("find what they find, and are given up where they would not end", () => {
		expect(testRegex("^core\\d", "CORE1.example")).toBe(true);
		expect(testRegex("^core\\d", "xcore1")).toBe(false);
		expect(testRegex("^(a+)+$", `${"a".repeat(100)}!`)).toBeNull();
	});
});

it("a command line that cannot be obeyed has its document too", () => {
	const document = JSON.parse(formatCheckFailure(["check"], new WhitherError("usage", "no")));
	expect(validate(document) ? null : validate.errors).toBeNull();
	expect(document).toMatchObject({ held: false, stopReason: "error", error: { code: "usage", message: "no" } });
});
