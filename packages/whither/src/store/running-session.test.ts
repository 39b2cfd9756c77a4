import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GroupCommit } from "./group-commit.ts";
import { RunningSession } from "./running-session.ts";
import { SessionFile } from "./session-file.ts";
import { headerOf, idOf, startEvent } from "./store-conformance.fixture.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-running-"));
});
afterEach(() => {
	rmSync(folder, { recursive: true });
});

async function scene(name: string) {
	const file = await SessionFile.make(join(folder, name), "head\n");
	const commits = new GroupCommit(() => {});
	const place = { id: idOf(1), month: "2026/11" };
	const parts = { header: headerOf(1), place, file, commits, cannot: "cannot", onEnded: () => {} };
	return new RunningSession(parts);
}

it("what a close overtakes is not said to be on the disk, and what is forgotten is no failure", async () => {
	const session = await scene("a");
	session.append(startEvent);
	const flushed = expect(session.flushed()).rejects.toMatchObject({ code: "storeFailed" });
	await session.close();
	await flushed;
	const other = await scene("b");
	other.append(startEvent);
	const forgotten = other.flushed();
	await other.forget();
	await expect(forgotten).resolves.toBeUndefined();
});
