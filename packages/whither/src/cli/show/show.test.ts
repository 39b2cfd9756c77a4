import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DEMO, runRounds, runTrace } from "@whither/sim";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SESSION_SCHEMA, type Session } from "../../api/session/session.ts";
import { DIALECT_FACTS } from "../../report/dialects/facts.ts";
import { sessionLines } from "../../report/dialects/session-lines.ts";
import { formatNdjsonEnd, formatNdjsonEvent } from "../../report/trace/ndjson.ts";
import { formatText } from "../../report/trace/text.ts";
import { showCommand } from "./show.ts";

const { result, events } = runTrace(DEMO, { family: 4 });
const json = JSON.stringify(result);
const lines = events.map((event) => formatNdjsonEvent(event, "server.frankfurt")).join("");

function session(kind: "trace" | "live", told: Session["events"], end: Session["end"]): Session {
	const about = { id: "a".repeat(20), tool: result.tool, startedAt: result.startedAt, target: "server.frankfurt" };
	return { header: { schema: SESSION_SCHEMA, kind, ...about, request: {} }, events: told, end };
}

const watched = runRounds(DEMO, { family: 4, rounds: { rounds: 3, intervalNs: 1e9 } }).events;
const live = sessionLines(
	session(
		"live",
		watched.map((event, seq) => ({ seq, kind: "live", event })),
		{ outcome: "result", endedAt: result.startedAt, result: null },
	),
);

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-show-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string | Uint8Array, name = "saved"): string {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
}

/** What it writes, and its exit code. What it complains of is for the test of the command (`show.live.test.ts`). */
async function show(...args: readonly string[]): Promise<readonly [number, string]> {
	const out = join(folder, "out");
	const code = await showCommand(["--output", out, ...args]);
	return [code, readFileSync(out, "utf8")];
}

describe("whither show", () => {
	it("prints a trace as the trace was printed", async () => {
		expect(await show(file(json))).toEqual([0, formatText(result, {})]);
		expect(await show("-n", file(json))).toEqual([0, formatText(result, { numeric: true })]);
		const [code, text] = await show("--json", file(json));
		expect([code, JSON.parse(text)]).toEqual([0, JSON.parse(json)]);
	});

	it("unpacks what is packed, also where its end is torn off", async () => {
		const packed = gzipSync(lines + formatNdjsonEnd(result));
		expect(await show(file(packed, "saved.gz"))).toEqual([0, formatText(result, {})]);
	});

	it("puts several recordings in one array", async () => {
		const [, text] = await show("--json", file(json), file(json, "other"));
		expect(JSON.parse(text)).toEqual([JSON.parse(json), JSON.parse(json)]);
	});

	// The page has a test of its own: it has to be built.
	const names = DIALECT_FACTS.filter(({ name }) => name !== "html");
	it.each(names.filter(({ takes }) => takes.includes("trace")).map(({ name }) => name))(
		"%s of a trace",
		async (name) => {
			const [code, text] = await show("--format", name, file(json));
			expect(code).toBe(0);
			expect(text).toMatch(/\n$/);
		},
	);

	it.each(names.filter(({ takes }) => takes.includes("summary")).map(({ name }) => name))(
		"%s of a continuous trace",
		async (name) => {
			const [code, text] = await show("--format", name, file(live));
			expect(code).toBe(0);
			expect(text).toMatch(/\n$/);
		},
	);

	it.each<[string, string | null, readonly string[], RegExp]>([
		["a file that is not there", null, [], /there is no such file \(ENOENT\)$/],
		["an empty file", "", [], /saved: it is empty$/],
		["something else", "hello\n", [], /saved:1: this is nothing that can be read/],
		["a line that is broken", `${lines}nonsense\n${lines}`, [], /saved:\d+: this line is no JSON object$/],
		["two formats", json, ["--json", "--format", "dot"], /^Choose one of --json and --format dot$/],
		[
			"what a continuous trace has no form in",
			live,
			["--format", "csv"],
			/^A continuous trace has no form as csv; it has /,
		],
		["mtr's own JSON", '{"report":{"mtr":{}}}', [], /`mtr --raw` writes them down$/],
	])("%s is refused with a sentence", async (_, content, options, sentence) => {
		const path = content === null ? join(folder, "nowhere") : file(content);
		await expect(show(...options, path)).rejects.toThrow(sentence);
	});
});
