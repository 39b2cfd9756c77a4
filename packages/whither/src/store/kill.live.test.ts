import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { findSqlite } from "./index/sqlite-index.ts";
import { openSessionStore } from "./open-session-store.ts";

const library = join(import.meta.dirname, "../../dist/index.js");
const obstacle = existsSync(library) ? null : "the library is not built (npm run build)";
const INDEXES = findSqlite() === null ? (["memory"] as const) : (["memory", "sqlite"] as const);
/** More make it surer, and longer: `WHITHER_KILLS`. */
const KILLS = Number(process.env.WHITHER_KILLS ?? 6);

/** Writes sessions, many at once, and says what it was told is safe: `begun ID`, `event ID SEQ`, `ended ID`. */
const WRITER = `
	import { writeSync } from "node:fs";
	const { openSessionStore } = await import(process.argv[1]);
	const store = await openSessionStore({ folder: process.argv[2], index: process.argv[3], keepDays: 36500 });
	const say = (text) => writeSync(1, text + "\\n");
	let number = 0;
	async function session() {
		const id = process.argv[4] + String(number++).padStart(12, "0");
		const tool = { name: "whither", version: "0" };
		const header = { schema: "whither.session/1", id, kind: "stun", tool, startedAt: new Date().toISOString(), target: "x", request: {} };
		const writer = await store.begin(header);
		say("begun " + id);
		const length = number % 40;
		for (let seq = 0; seq < length; seq++) {
			writer.append({ seq, kind: "note", atNs: seq, note: { filler: "x".repeat((number * 37) % 900) } });
			if (seq % 3 === 2) {
				await writer.flushed();
				say("event " + id + " " + seq);
			}
		}
		await writer.end({ outcome: "result", endedAt: new Date().toISOString(), result: null });
		say("ended " + id);
	}
	await Promise.all(Array.from({ length: 8 }, async () => { for (;;) await session(); }));
`;

/** Runs a writer and kills it once it has said so many lines; all that it said, whole lines only. */
async function killedAfter(lines: number, folder: string, index: string, prefix: string): Promise<readonly string[]> {
	const args = ["--no-warnings", "--input-type=module", "-e", WRITER, library, folder, index, prefix];
	const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
	let said = "";
	let count = 0;
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		said += text;
		count += text.split("\n").length - 1;
		if (count >= lines) child.kill("SIGKILL");
	});
	await new Promise((resolve) => child.once("close", resolve));
	return said.split("\n").slice(0, -1);
}

describe.skipIf(obstacle !== null)(skippable("a process that is killed while it writes sessions", obstacle), () => {
	it.each(INDEXES)("loses nothing that was acknowledged, killed at any moment; the index is in %s", async (index) => {
		const folder = mkdtempSync(join(tmpdir(), "whither-kill-"));
		try {
			const said: string[] = [];
			let seed = 12_345;
			for (let kill = 0; kill < KILLS; kill++) {
				seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
				said.push(...(await killedAfter(1 + (seed % 300), folder, index, `kill${String(kill).padStart(4, "0")}`)));
			}
			expect(said.length).toBeGreaterThan(KILLS * 20);
			await expectKept(folder, index, said);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});
});

async function expectKept(folder: string, index: "memory" | "sqlite", said: readonly string[]): Promise<void> {
	const store = await openSessionStore({ folder, index, keepDays: 36_500 });
	try {
		const outcomes = { result: 0, lost: 0 };
		for (const [id, claims] of claimsById(said)) {
			const session = await store.read(id);
			expect(session, id).not.toBeNull();
			expect(session?.events.map(({ seq }) => seq)).toEqual(session?.events.map((_, place) => place));
			expect(session?.events.length).toBeGreaterThan(claims.lastSeq);
			if (claims.ended) expect(session?.end?.outcome).toBe("result");
			expect(session?.end).not.toBeNull();
			outcomes[session?.end?.outcome as "result" | "lost"]++;
		}
		// Both must have been there, or nothing is proved.
		expect(outcomes.result).toBeGreaterThan(KILLS);
		expect(outcomes.lost).toBeGreaterThan(KILLS);
	} finally {
		await store.close();
	}
}

function claimsById(said: readonly string[]): ReadonlyMap<string, { lastSeq: number; ended: boolean }> {
	const claims = new Map<string, { lastSeq: number; ended: boolean }>();
	for (const line of said) {
		const [what, id = "", seq = "-1"] = line.split(" ");
		const known = claims.get(id) ?? { lastSeq: -1, ended: false };
		claims.set(id, { lastSeq: Math.max(known.lastSeq, Number(seq)), ended: known.ended || what === "ended" });
	}
	return claims;
}
