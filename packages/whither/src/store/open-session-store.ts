/** A store in a folder: opened by one process at a time. */
import { open, realpath, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { WhitherError } from "../api/error.ts";
import { FileStore } from "./file-store.ts";
import { openMemoryIndex } from "./index/memory-index.ts";
import type { SessionIndex } from "./index/session-index.ts";
import { findSqlite, openSqliteIndex } from "./index/sqlite-index.ts";
import { own } from "./owner.ts";
import { recover } from "./recover.ts";
import { DEFAULT_RETENTION, type RetentionRules } from "./retention.ts";
import type { SessionStore } from "./session-store.ts";
import { makeFolder } from "./session-tree.ts";
import { storeError } from "./store-errors.ts";

/** What a store may be told; every one may be left out but `folder`. */
export interface SessionStoreOptions extends Partial<RetentionRules> {
	/** Made where it is not there. */
	readonly folder: string;
	/** `sqlite`: rejects where this Node has none; default: it where there is, else `memory`. */
	readonly index?: "sqlite" | "memory" | undefined;
	/** Told in a sentence what a person should know: files that are no sessions, a disk that takes nothing more, and that it does again. */
	readonly remark?: ((sentence: string) => void) | undefined;
	/** Milliseconds since 1970, for what is too old. */
	readonly now?: (() => number) | undefined;
}

/** Opens it, or rejects with `storeFailed` and what to do about it. Sessions that were under way when the last owner ended are `lost`. */
export async function openSessionStore(options: SessionStoreOptions): Promise<SessionStore> {
	const { remark = () => {}, now = Date.now } = options;
	const folder = await folderOf(options.folder);
	const ownership = await own(folder);
	try {
		await tryWriting(folder);
		const index = openIndex(folder, options.index ?? null);
		try {
			const unpacked = await recover(folder, index, remark);
			const rules = rulesOf(options);
			return new FileStore({ folder, index, ownership, rules, remark, now, unpacked });
		} catch (thrown) {
			index.close();
			throw thrown;
		}
	} catch (thrown) {
		await ownership.release();
		throw storeError(`Sessions cannot be kept in ${folder}`, thrown);
	}
}

function rulesOf({ keepDays, keepSessions, keepBytes }: SessionStoreOptions): RetentionRules {
	const rules = { ...DEFAULT_RETENTION };
	for (const [name, value] of Object.entries({ keepDays, keepSessions, keepBytes })) {
		if (value === undefined) continue;
		if (!(value >= 0))
			throw new WhitherError("badOption", `${name} must be 0 or more, not ${value}`, { option: name, value });
		Object.assign(rules, { [name]: value });
	}
	return rules;
}

async function folderOf(path: string): Promise<string> {
	try {
		await makeFolder(path);
		return await realpath(path);
	} catch (thrown) {
		throw storeError(`Sessions cannot be kept in ${path}`, thrown);
	}
}

/** That nothing can be kept is known now, and not when the first session begins. */
async function tryWriting(folder: string): Promise<void> {
	const path = join(folder, "owner", "trial");
	await rm(path, { force: true });
	const handle = await open(path, "wx", 0o600);
	try {
		await handle.write("x");
		await handle.datasync();
	} finally {
		await handle.close();
		await unlink(path);
	}
}

function openIndex(folder: string, wanted: "sqlite" | "memory" | null): SessionIndex {
	const sqlite = wanted === "memory" ? null : findSqlite();
	if (sqlite !== null) return openSqliteIndex(sqlite, join(folder, "index.sqlite"));
	if (wanted === "sqlite") throw new WhitherError("storeFailed", "This Node has no SQLite; Node 22.13 and later have");
	return openMemoryIndex(join(folder, "index.ndjson"));
}
