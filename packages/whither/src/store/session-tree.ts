/** Where the file of a session lies: `sessions/YYYY/MM/ID.ndjson`, or with `.gz` behind it; and what lies there. */
import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "./store-errors.ts";

/** The folder below that of the store. */
export const SESSIONS = "sessions";
/** Ending of a file that may still grow, and of one that is packed. */
export const PLAIN = ".ndjson";
export const PACKED = ".ndjson.gz";
/** Ending of what is not whole yet. */
export const UNFINISHED = ".part";

/** A file of a session, by its path below the folder of the store. */
export interface SessionPlace {
	readonly id: string;
	/** `sessions/2026/11`. */
	readonly month: string;
}

/** The month is UTC's, of when it began. */
export function placeOf(id: string, startedAt: string): SessionPlace {
	const instant = new Date(startedAt);
	const [year, month] = [instant.getUTCFullYear(), instant.getUTCMonth() + 1];
	// A file system sorts them; years of five digits are somebody's joke.
	const yearWord = String(Math.min(Math.max(year, 0), 9999)).padStart(4, "0");
	return { id, month: join(SESSIONS, yearWord, String(month).padStart(2, "0")) };
}

/** What lies in the tree. */
export interface FoundSessions {
	/** By id; where both are there, packing was broken off before the plain one went. */
	readonly files: ReadonlyMap<string, SessionPlace & { readonly plain: boolean; readonly packed: boolean }>;
	/** Left over from a packing that was broken off. */
	readonly unfinished: readonly string[];
	/** Neither ours nor passed over in silence: links, folders and files of other names. */
	readonly strange: readonly string[];
}

const FILE = /^([A-Za-z0-9]{16,32})(\.ndjson|\.ndjson\.gz|\.ndjson\.gz\.part)$/;

/** Looks through the tree; no link is followed. */
export async function findSessions(folder: string): Promise<FoundSessions> {
	const files = new Map<string, SessionPlace & { plain: boolean; packed: boolean }>();
	const unfinished: string[] = [];
	const strange: string[] = [];
	for (const month of await monthsIn(folder, strange)) {
		for (const entry of await entriesOf(join(folder, month))) {
			const [, id, ending] = FILE.exec(entry.name) ?? [];
			const path = join(month, entry.name);
			if (id === undefined || !entry.isFile()) strange.push(path);
			else if (ending?.endsWith(UNFINISHED)) unfinished.push(path);
			else {
				const known = files.get(id) ?? { id, month, plain: false, packed: false };
				if (known.month !== month) strange.push(path);
				else files.set(id, { ...known, ...(ending === PLAIN ? { plain: true } : { packed: true }) });
			}
		}
	}
	return { files, unfinished, strange };
}

async function monthsIn(folder: string, strange: string[]): Promise<readonly string[]> {
	const months: string[] = [];
	for (const year of await entriesOf(join(folder, SESSIONS))) {
		const path = join(SESSIONS, year.name);
		if (!year.isDirectory() || !/^\d{4}$/.test(year.name)) {
			strange.push(path);
			continue;
		}
		for (const month of await entriesOf(join(folder, path))) {
			const fits = month.isDirectory() && /^\d{2}$/.test(month.name);
			(fits ? months : strange).push(join(path, month.name));
		}
	}
	return months.sort();
}

async function entriesOf(folder: string) {
	try {
		return await readdir(folder, { withFileTypes: true });
	} catch (thrown) {
		if (errnoOf(thrown) === "ENOENT") return [];
		throw thrown;
	}
}

/** Makes the folder of a month, and sees to it that those that are new are on the disk. */
export async function makeMonth(folder: string, month: string): Promise<void> {
	const first = await makeFolder(join(folder, month));
	if (first === undefined) return;
	for (let made = join(folder, month); made.length >= first.length; made = dirname(made))
		await syncFolder(dirname(made));
}

/** With all above it; the first that was not there, or nothing. Nobody else may read what is made. */
export async function makeFolder(path: string): Promise<string | undefined> {
	try {
		return await mkdir(path, { recursive: true, mode: 0o700 });
	} catch (thrown) {
		// Node says so too where the disk cannot be written; asked for this folder alone it tells the truth.
		if (errnoOf(thrown) === "ENOENT") await mkdir(path);
		throw thrown;
	}
}

/** What was made, renamed or removed in a folder is on the disk once this resolves. */
export async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
