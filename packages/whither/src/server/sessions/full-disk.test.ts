import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openSessionStore } from "../../store/open-session-store.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { CourseEnd, CourseEvent } from "./course.ts";
import { SessionRegistry } from "./registry.ts";

let folder: string;
let store: SessionStore;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "whither-full-"));
	store = await openSessionStore({ folder });
});
afterEach(async () => {
	vi.restoreAllMocks();
	await store.close();
	rmSync(folder, { recursive: true });
});

/** From now on the disk is full, and says so after a while. */
async function fill(afterMs = 0): Promise<void> {
	const handle = await open(folder, "r");
	const prototype = Object.getPrototypeOf(handle) as FileHandle;
	await handle.close();
	vi.spyOn(prototype, "datasync").mockImplementation(async () => {
		await pause(afterMs);
		throw Object.assign(new Error("ENOSPC: full"), { code: "ENOSPC" });
	});
}

const END: CourseEnd = { outcome: "result", result: null };

/** A session under way, on a real store: what happens there, and how it ends. */
async function scene() {
	const registry = new SessionRegistry(store, { sessions: 4, sessionsPerClient: 4 });
	let happen = (_: CourseEvent): void => {};
	let end = (): void => {};
	const ended = new Promise<CourseEnd>((resolve) => {
		end = () => resolve(END);
	});
	const stop = vi.fn(() => end());
	const begun = await registry.begin({
		...{ kind: "trace", target: "example.com", request: {}, client: "192.0.2.1" },
		start: (tell) => {
			happen = tell;
			return { ended, stop };
		},
	});
	const id = "id" in begun ? begun.id : "";
	const note = (words: string) => happen({ kind: "note", atNs: 0, note: { words } });
	return { registry, id, note, end, stop };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it("a session is ended where the disk takes nothing for too long, and holds no more than it may", async () => {
	const { registry, note, stop } = await scene();
	await fill();
	for (let count = 0; count < 20; count++) {
		note("x".repeat(1 << 20));
		await pause(20);
	}
	await expect.poll(() => stop.mock.calls.length, { timeout: 3_000 }).toBe(1);
	const [entry] = await registry.list({ limit: 1 });
	expect(entry?.bytes).toBeLessThan(12 << 20);
});

it("what is not on the disk is in no answer: neither events nor the end", async () => {
	const { registry, id, note, end } = await scene();
	note("kept");
	await expect.poll(async () => (await registry.read(id))?.events.length).toBe(1);
	await fill(200);
	note("not kept");
	const told = async () => {
		const [session, [entry]] = [await registry.read(id), await registry.list({ limit: 1 })];
		return [session?.events.length, session?.end, entry?.outcome, entry?.endedAt, entry?.summary];
	};
	const known = [1, null, null, null, "under way"];
	expect(await told()).toEqual(known);
	end();
	await expect.poll(async () => (await store.read(id))?.end).not.toBeNull();
	expect(await told()).toEqual(known);
});
