/** Answers kept on disk: a file each, written whole or not at all, so few and so small that nobody has to look after them. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { objectOf } from "./bounded-json.ts";

/** Files of each kind that are kept, and their bytes in all; the oldest go first. */
const MOST_FILES = 500;
const MOST_BYTES = 32 * 1_048_576;
/** No file that we write is larger. */
const LARGEST_FILE = 4 * 1_048_576;

/** What was kept, and since when. */
export interface Kept<Value> {
	readonly value: Value;
	readonly savedAtMs: number;
}

/** Something that remembers by text. Neither throws: what cannot be read was never kept. */
export interface AnswerCache {
	readonly read: (key: string) => Promise<Kept<unknown> | null>;
	readonly write: (key: string, value: unknown, savedAtMs: number) => Promise<void>;
}

/** Keeps nothing. */
export const NO_CACHE: AnswerCache = { read: async () => null, write: async () => {} };

/** `$XDG_CACHE_HOME/whither`, else `~/.cache/whither` (XDG Base Directory Specification); null: this user has no such place. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string | null {
	const { XDG_CACHE_HOME: given = "" } = environment;
	if (isAbsolute(given)) return join(given, "whither");
	const home = environment.HOME ?? homedir();
	return isAbsolute(home) ? join(home, ".cache", "whither") : null;
}

/** A cache in files `whois-HASH.json` of this folder, which is made when there is something to keep. */
export function openAnswerCache(folder: string): AnswerCache {
	const path = (key: string) => join(folder, `whois-${createHash("sha256").update(key).digest("hex")}.json`);
	return {
		read: async (key) => {
			try {
				const { size } = await stat(path(key));
				const kept = size > LARGEST_FILE ? {} : objectOf(JSON.parse(await readFile(path(key), "utf8")));
				const { savedAtMs } = kept;
				// Two keys of one file would be somebody's work.
				if (kept.key !== key || typeof savedAtMs !== "number" || !Number.isFinite(savedAtMs)) return null;
				return { value: kept.value, savedAtMs };
			} catch {
				return null;
			}
		},
		write: async (key, value, savedAtMs) => {
			const temporary = `${path(key)}.${randomUUID()}`;
			try {
				const text = JSON.stringify({ key, savedAtMs, value });
				if (text.length > LARGEST_FILE) return;
				await mkdir(folder, { recursive: true, mode: 0o700 });
				await writeFile(temporary, text, { mode: 0o600, flag: "wx" });
				await rename(temporary, path(key));
				await prune(folder);
			} catch {
				await rm(temporary, { force: true }).catch(() => {});
			}
		},
	};
}

/** Leaves the newest; also takes away what a writer that died has left. */
async function prune(folder: string): Promise<void> {
	const names = (await readdir(folder)).filter((name) => name.startsWith("whois-"));
	const files = await Promise.all(
		names.map(async (name) => {
			const found = await stat(join(folder, name)).catch(() => null);
			return { name, bytes: found?.size ?? 0, mtimeMs: found?.mtimeMs ?? 0 };
		}),
	);
	let bytes = 0;
	const newestFirst = files.sort((one, other) => other.mtimeMs - one.mtimeMs);
	for (const [index, file] of newestFirst.entries()) {
		bytes += file.bytes;
		if (index >= MOST_FILES || bytes > MOST_BYTES) await rm(join(folder, file.name), { force: true });
	}
}
