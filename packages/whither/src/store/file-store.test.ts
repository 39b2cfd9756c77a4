import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import type { SessionEvent } from "../api/session/session.ts";
import { findSqlite } from "./index/sqlite-index.ts";
import { openSessionStore, type SessionStoreOptions } from "./open-session-store.ts";
import type { SessionStore } from "./session-store.ts";
import { describeStore, END, headerOf, idOf, probeEvent, startEvent } from "./store-conformance.fixture.ts";

const MONTH = "sessions/2026/11";
let folder: string;
const stores: SessionStore[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-store-"));
});
afterEach(async () => {
	for (const store of stores.splice(0)) await store.close();
	rmSync(folder, { recursive: true, force: true });
});

const INDEXES = ["memory", "sqlite"] as const;
const sqliteObstacle = findSqlite() === null ? "this Node has no SQLite" : null;
type IndexName = (typeof INDEXES)[number];

/** Of a day on which nothing is too old. */
const NOW = () => Date.UTC(2026, 10, 2);

async function open(index: IndexName, more: Partial<SessionStoreOptions> = {}): Promise<SessionStore> {
	const store = await openSessionStore({ folder, index, now: NOW, ...more });
	stores.push(store);
	return store;
}

async function write(
	store: SessionStore,
	number: number,
	events: readonly SessionEvent[] = [startEvent],
): Promise<void> {
	const writer = await store.begin(headerOf(number));
	for (const event of events) writer.append(event);
	await writer.end(END);
}

const long = Array.from({ length: 100 }, (_, seq) => probeEvent(seq));

describe.skipIf(sqliteObstacle !== null).each(["sqlite"] as const)(
	skippable("with an index in %s", sqliteObstacle),
	suite,
);
describe.each(["memory"] as const)("with an index in %s", suite);

function suite(index: IndexName): void {
	describeStore("a folder", () => open(index));

	const file = (number: number, ending = "") => join(folder, MONTH, `${idOf(number)}.ndjson${ending}`);

	it("all is there again after a restart", async () => {
		const first = await open(index);
		await write(first, 1, long);
		await write(first, 2);
		await first.close();
		const second = await open(index);
		expect((await second.list({ limit: 9 })).map(({ header }) => header.id)).toEqual([idOf(2), idOf(1)]);
		expect((await second.read(idOf(1)))?.events).toEqual(long);
	});

	it("what was under way when the process went is lost, and keeps what it had; a torn line is cut off", async () => {
		const first = await open(index);
		await write(first, 1);
		await first.close();
		const whole = readFileSync(file(1), "utf8").split("\n").slice(0, 2).join("\n");
		writeFileSync(file(2), `${whole.replace(idOf(1), idOf(2))}\n{"seq":1,"kind":"no${"torn".repeat(50)}`);
		const second = await open(index);
		expect(await second.read(idOf(2))).toMatchObject({ events: [startEvent], end: { outcome: "lost" } });
		expect((await second.list({ limit: 1 }))[0]).toMatchObject({ outcome: "lost", events: 1 });
		const lines = readFileSync(file(2), "utf8").split("\n");
		expect(lines).toHaveLength(4);
		expect(lines[3]).toBe("");
		expect(JSON.parse(lines[2] ?? "")).toMatchObject({ outcome: "lost" });
	});

	it("the index is made anew where it is damaged, gone, or knows less or more than there is", async () => {
		const first = await open(index);
		for (const number of [1, 2, 3]) await write(first, number);
		await first.close();
		for (const name of readdirSync(folder).filter((each) => each.startsWith("index."))) {
			writeFileSync(join(folder, name), "rubbish");
		}
		const second = await open(index);
		expect(await second.list({ limit: 9 })).toHaveLength(3);
		await second.close();
		rmSync(file(2));
		for (const name of readdirSync(folder).filter((each) => each.startsWith("index."))) {
			if (index === "memory") rmSync(join(folder, name));
		}
		const third = await open(index);
		expect((await third.list({ limit: 9 })).map(({ header }) => header.id)).toEqual([idOf(3), idOf(1)]);
	});

	it("what has ended is packed, once it is worth it, and read all the same", async () => {
		const first = await open(index);
		await write(first, 1, long);
		await write(first, 2);
		await first.close();
		await (await open(index)).close();
		const second = await open(index);
		expect(readdirSync(join(folder, MONTH)).sort()).toEqual([`${idOf(1)}.ndjson.gz`, `${idOf(2)}.ndjson`]);
		expect(
			gunzipSync(readFileSync(file(1, ".gz")))
				.toString()
				.split("\n"),
		).toHaveLength(103);
		expect((await second.read(idOf(1)))?.events).toHaveLength(100);
		const [, packed] = await second.list({ limit: 2 });
		expect(packed?.bytes).toBe(statSync(file(1, ".gz")).size);
	});

	it("a packing that was broken off is begun anew; where both forms are there the packed one is whole", async () => {
		const first = await open(index);
		await write(first, 1, long);
		await first.close();
		await (await open(index)).close();
		writeFileSync(file(1), gunzipSync(readFileSync(file(1, ".gz"))));
		writeFileSync(file(2, ".gz.part"), "half");
		const second = await open(index);
		expect(readdirSync(join(folder, MONTH))).toEqual([`${idOf(1)}.ndjson.gz`]);
		expect((await second.read(idOf(1)))?.events).toHaveLength(100);
	});

	it("keeps no more than it is told, the oldest go first, and nothing that is under way", async () => {
		const store = await open(index, { keepSessions: 2 });
		const running = await store.begin(headerOf(0));
		for (const number of [1, 2, 3]) await write(store, number);
		await running.flushed();
		await store.close();
		const next = await open(index, { keepSessions: 2 });
		expect((await next.list({ limit: 9 })).map(({ header }) => header.id)).toEqual([3, 2].map(idOf));
		await next.close();
		expect(existsSync(file(0))).toBe(false);
		const later = await open(index, { now: () => Date.UTC(2026, 11, 2), keepDays: 30 });
		expect(await later.list({ limit: 9 })).toEqual([]);
		await later.close();
		expect(readdirSync(join(folder, MONTH))).toEqual([]);
	});

	it("strange files, and links that lead elsewhere, are told once and left alone", async () => {
		const first = await open(index);
		await write(first, 1);
		await first.close();
		const secret = join(folder, "secret.ndjson");
		writeFileSync(secret, readFileSync(file(1), "utf8").replace(idOf(1), idOf(4)));
		symlinkSync(secret, file(4));
		writeFileSync(file(5), "no session\n");
		writeFileSync(file(6), readFileSync(file(1)));
		writeFileSync(join(folder, MONTH, "no\u001b[2Jtes.txt"), "mine");
		symlinkSync("/etc", join(folder, "sessions/2025"));
		const remarks: string[] = [];
		const second = await open(index, { remark: (sentence) => remarks.push(sentence) });
		expect(await second.list({ limit: 9 })).toHaveLength(1);
		expect(remarks).toEqual([expect.stringMatching(/ and 2 more in .* are no sessions, and are left alone$/)]);
		expect(remarks[0]).not.toContain("\u001b");
		for (const number of [4, 5, 6]) {
			expect(await second.read(idOf(number))).toBeNull();
			expect(existsSync(file(number))).toBe(true);
		}
	});

	it("a file that somebody has edited until it is no session keeps no server from its start", async () => {
		const first = await open(index);
		for (const number of [1, 2]) await write(first, number);
		await first.close();
		const header = readFileSync(file(1), "utf8").split("\n", 1)[0];
		const ended = { ...END, outcome: "result", result: { target: null, hops: [5] } };
		writeFileSync(file(1), `${header}\n${JSON.stringify(ended)}\n`);
		rmSync(join(folder, `index.${index === "sqlite" ? "sqlite" : "ndjson"}`), { force: true });
		const remarks: string[] = [];
		const second = await open(index, { remark: (sentence) => remarks.push(sentence) });
		expect((await second.list({ limit: 9 })).map((entry) => entry.header.id)).toEqual([idOf(2)]);
		expect(remarks).toEqual([expect.stringContaining(idOf(1))]);
	});

	it("a file that was taken away while it was written is told, and the next session has a folder again", async () => {
		const store = await open(index);
		const writer = await store.begin(headerOf(1));
		rmSync(join(folder, "sessions"), { recursive: true });
		writer.append(startEvent);
		await expect(writer.flushed()).rejects.toMatchObject({
			code: "storeFailed",
			message: expect.stringContaining("ENOENT"),
		});
		await expect(writer.end(END)).rejects.toMatchObject({ code: "storeFailed" });
		await write(store, 2);
		expect((await store.read(idOf(2)))?.end).toEqual(END);
		expect(await store.read(idOf(1))).toBeNull();
	});

	it("what JSON cannot say costs its line and nothing else; captured packets are not kept", async () => {
		const store = await open(index);
		const round: Record<string, unknown> = {};
		round.itself = round;
		const packet = { seq: 1, kind: "trace", event: { type: "packet", bytes: new Uint8Array(9) } };
		const notes = [{ big: 12n }, round, { not: Number.NaN }].map((note, seq) => ({ seq, kind: "note", atNs: 0, note }));
		await write(store, 1, [...notes, packet] as unknown as SessionEvent[]);
		expect((await store.read(idOf(1)))?.events).toEqual([
			{ seq: 0, kind: "note", atNs: 0, note: { big: "12" } },
			{ seq: 2, kind: "note", atNs: 0, note: { not: null } },
		]);
	});
}

describe("a folder has one owner", () => {
	it("the next is told who it is, and may have it once it is closed", async () => {
		const first = await open("memory");
		await expect(open("memory")).rejects.toMatchObject({
			code: "storeFailed",
			message: expect.stringContaining(`process ${process.pid} `),
			data: { pid: process.pid },
		});
		await first.close();
		await open("memory");
	});

	it("of many that want it at once one gets it", async () => {
		const all = await Promise.allSettled(Array.from({ length: 8 }, () => open("memory")));
		expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		expect(readdirSync(join(folder, "owner"))).toHaveLength(1);
	});

	it("however long its path is", async () => {
		folder = join(folder, "long".repeat(25), "path".repeat(25));
		await open("memory");
		await expect(open("memory")).rejects.toMatchObject({ code: "storeFailed" });
	});
});

describe("a folder that cannot be one", () => {
	it.each([
		["a file", () => writeFileSync(join(folder, "x"), ""), /a file stands where a folder should/],
		["below a file", () => writeFileSync(join(folder, "x"), ""), /a file stands/],
	])("%s: says what to do", async (name, make, words) => {
		make();
		const path = name === "a file" ? join(folder, "x") : join(folder, "x", "y");
		await expect(openSessionStore({ folder: path })).rejects.toMatchObject({
			code: "storeFailed",
			message: expect.stringMatching(words),
		});
	});

	it("options that are none are refused", async () => {
		await expect(openSessionStore({ folder, keepDays: -1 })).rejects.toMatchObject({ code: "badOption" });
		await (await open("memory")).close();
	});
});
