import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { memoryStore } from "../../store/memory-store.ts";
import { openSessionStore } from "../../store/open-session-store.ts";
import type { SessionStore, SessionWriter } from "../../store/session-store.ts";
import { END, headerOf } from "../../store/store-conformance.fixture.ts";
import type { SessionStarted } from "../protocol/api-protocol.ts";
import { SessionRegistry } from "../sessions/registry.ts";
import type { ApiDesk } from "./desk.ts";
import { importRoutes } from "./imports.ts";
import type { ApiAsked } from "./route.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-import-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A server with this store, and how a file is sent to it. */
function scene(store: SessionStore) {
	const sessions = new SessionRegistry(store, { sessions: 4, sessionsPerClient: 4 });
	const desk = { sessions, audit: { write: () => {} }, counts: { refused: new Map() } } as unknown as ApiDesk;
	const context = { body: (text: string) => new Response(text) };
	const post = async (body: string): Promise<SessionStarted> => {
		const asked = { address: "192.0.2.1", client: "192.0.2.1", body, context } as unknown as ApiAsked;
		const answer = await importRoutes(desk)[0]?.answer(asked);
		return (await answer?.json()) as SessionStarted;
	};
	return { sessions, post };
}

/** A session's file with so many events of 1 kB. */
function fileOf(events: number): string {
	const note = { words: Array.from({ length: 10 }, () => "x".repeat(100)) };
	const told = Array.from({ length: events }, (_, seq) => ({ seq, kind: "note", atNs: seq, note }));
	return [headerOf(1), ...told, END].map((line) => `${JSON.stringify(line)}\n`).join("");
}

it("a file of 6 MB is kept whole", async () => {
	const { sessions, post } = scene(await openSessionStore({ folder }));
	const { id } = await post(fileOf(6_000));
	expect((await sessions.read(id))?.events.length).toBe(6_000);
	await sessions.close();
});

it("a file that the disk does not take is refused, and nothing of it stays", async () => {
	const store = memoryStore();
	const refused = async () => Promise.reject(new Error("full"));
	const begin = async (...asked: Parameters<SessionStore["begin"]>): Promise<SessionWriter> => ({
		...(await store.begin(...asked)),
		end: refused,
	});
	const { sessions, post } = scene({ ...store, begin });
	await expect(post(fileOf(1))).rejects.toMatchObject({ refusal: { status: 507, code: "storeFailed" } });
	expect(await sessions.list({ limit: 10 })).toEqual([]);
});
