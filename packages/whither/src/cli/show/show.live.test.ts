import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DEMO, runRounds, runTrace } from "@whither/sim";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Tmux, tmuxObstacle } from "../../../../../lab/src/tmux.fixture.ts";
import { skippable } from "../../../../../scripts/skippable.ts";
import { SESSION_SCHEMA, type Session } from "../../api/session/session.ts";
import { sessionLines } from "../../report/dialects/session-lines.ts";
import { formatNdjsonEnd, formatNdjsonEvent } from "../../report/trace/ndjson.ts";
import { formatText } from "../../report/trace/text.ts";

const command = join(import.meta.dirname, "../../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../../dist/whither-show.cjs"));
const obstacle = isBuilt ? null : "the command is not built (npm run build)";
const screenObstacle = obstacle ?? tmuxObstacle;

const { result, events } = runTrace(DEMO, { family: 4 });
const lines = events.map((event) => formatNdjsonEvent(event, "server.frankfurt")).join("");

function session(kind: "trace" | "live", told: Session["events"], end: Session["end"]): string {
	const about = { id: "a".repeat(20), tool: result.tool, startedAt: result.startedAt, target: "server.frankfurt" };
	return sessionLines({ header: { schema: SESSION_SCHEMA, kind, ...about, request: {} }, events: told, end });
}

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-show-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string | Uint8Array): string {
	const path = join(folder, "saved");
	writeFileSync(path, content);
	return path;
}

describe.skipIf(obstacle !== null)(skippable("whither show, the command", obstacle), () => {
	function show(args: readonly string[], input: string | Uint8Array = "") {
		const { status, stdout, stderr } = spawnSync(process.execPath, [command, "show", ...args], {
			...{ encoding: "utf8", input },
		});
		return { status, stdout, stderr };
	}

	it("reads stdin, packed or not", () => {
		const shown = { status: 0, stdout: formatText(result, {}), stderr: "" };
		expect(show(["-"], JSON.stringify(result))).toEqual(shown);
		expect(show(["-"], gzipSync(lines + formatNdjsonEnd(result)))).toEqual(shown);
	});

	it("says that an end is torn off, and shows what there is", () => {
		const torn = show([file(lines.slice(0, -20))]);
		expect(torn).toMatchObject({ status: 0, stderr: "whither: the last line is torn off; it is passed over\n" });
		expect(torn.stdout).toMatch(/^traceroute to server\.frankfurt/);
		const packed = gzipSync(lines + formatNdjsonEnd(result));
		const cut = show([file(packed.subarray(0, packed.length - 200))]);
		expect(cut).toMatchObject({ status: 0 });
		expect(cut.stderr).toMatch(/^whither: the (last line is torn off; it is passed over|trace has no end; .+)\n$/);
	});

	it("ends with 1 and the reason where a session told nothing, with 4 where it cannot write, with 2 where it cannot read", () => {
		const error = { code: "resolve", message: "no address\u001b[2J" };
		const failed = file(session("trace", [], { outcome: "failed", endedAt: result.startedAt, error }));
		expect(show([failed])).toMatchObject({ status: 1, stdout: "" });
		expect(show([failed]).stderr).toMatch(/^whither: the trace of .+ failed: no address\\u\{1b\}\[2J\n$/);
		const trace = file(JSON.stringify(result));
		expect(show(["--output", join(folder, "no", "out"), trace])).toMatchObject({ status: 4, stdout: "" });
		expect(show(["--live", trace])).toEqual({
			...{ status: 2, stdout: "" },
			stderr: "whither: --live needs a terminal; without it the recording is printed\n",
		});
		const unread = show(["--json", join(folder, "nowhere")]);
		expect(unread.status).toBe(2);
		expect(JSON.parse(unread.stdout)).toMatchObject({ error: { code: "usage" } });
	});
});

describe.skipIf(screenObstacle !== null)(skippable("whither show --live", screenObstacle), () => {
	const watched = runRounds(DEMO, { family: 4, rounds: { rounds: 3, intervalNs: 1e8 } }).events;
	const live = session(
		"live",
		watched.map((event, seq) => ({ seq, kind: "live", event })),
		null,
	);

	it.each([
		["a continuous trace", live],
		["a trace", JSON.stringify(result)],
	])("replays %s on the live screen, and writes a report of it", async (_, content) => {
		const pane = new Tmux({ columns: 100, rows: 30 });
		try {
			await pane.until(/ready-/);
			pane.type(`${process.execPath} ${command} show --live ${file(content)}`);
			await pane.until(/round 3,[\s\S]*12\. 10\.16\.52\.2/);
			pane.press("w", ...join(folder, "out.csv"), "enter");
			await pane.until(/Written: /);
			expect(readFileSync(join(folder, "out.csv"), "utf8")).toContain("10.16.52.2");
			pane.press("q");
			await pane.until(/ready-\s*$/);
			expect(pane.fact("#{alternate_on} #{cursor_flag}")).toBe("0 1");
		} finally {
			pane.close();
		}
	});
});
