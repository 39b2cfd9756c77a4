/** What is there when a store is opened: the index is made to fit the files, and sessions without an end are found to be lost. */
import { constants } from "node:fs";
import { open, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Session, SessionEnd } from "../api/session/session.ts";
import type { IndexRow, SessionIndex } from "./index/session-index.ts";
import { pathsOf, readPacked } from "./pack.ts";
import { entryOf } from "./session-entry.ts";
import { formatSessionLine, type ReadLines, readSessionLines } from "./session-lines.ts";
import type { SessionEntry } from "./session-store.ts";
import { findSessions, type SessionPlace } from "./session-tree.ts";
import { errnoOf } from "./store-errors.ts";

/** Files that are read at once. */
const AT_ONCE = 8;
/** Strange files that are named. */
const MOST_NAMED = 3;

/** Puts the index in order; `remark` is told what a person should know. What is left to be packed comes back. */
export async function recover(
	folder: string,
	index: SessionIndex,
	remark: (sentence: string) => void,
): Promise<readonly SessionPlace[]> {
	const { files, unfinished, strange } = await findSessions(folder);
	for (const path of unfinished) await unlink(join(folder, path)).catch(() => {});
	const known = index.places();
	index.drop([...known.keys()].filter((id) => !files.has(id)));
	const unknown = [...files.values()].filter((file) => {
		const row = known.get(file.id);
		return row === undefined || row.month !== file.month || row.isPacked !== file.packed || (file.plain && file.packed);
	});
	const bad = [...strange];
	const rows: IndexRow[] = [];
	await inLanes(unknown, async (file) => {
		const row = await recoverOne(folder, file, remark);
		if (row === null) bad.push(join(file.month, `${file.id}.ndjson`));
		else rows.push(row);
	});
	index.drop(unknown.map(({ id }) => id));
	index.putAll(rows);
	if (bad.length > 0) remark(`${strangeWords(bad)} in ${folder} are no sessions, and are left alone`);
	return [...index.places()].filter(([, row]) => !row.isPacked).map(([id, { month }]) => ({ id, month }));
}

function strangeWords(bad: readonly string[]): string {
	const more = bad.length - MOST_NAMED;
	// Names are strangers' words: nothing of them may steer a terminal.
	const names = bad.slice(0, MOST_NAMED).map((path) => JSON.stringify(path));
	return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const left = [...items].reverse();
	const lane = async () => {
		for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

type Found = SessionPlace & { readonly plain: boolean; readonly packed: boolean };

/** Null: it is no session. */
async function recoverOne(folder: string, file: Found, remark: (sentence: string) => void): Promise<IndexRow | null> {
	const { id, month } = file;
	const { plain, packed } = pathsOf(folder, file);
	const whole = file.packed ? await readSession(packed, id) : null;
	if (whole !== null) {
		// It was whole before the plain one was to go.
		if (file.plain) await unlink(plain).catch(() => {});
		const entry = entryIn(whole.session, whole.size);
		return entry === null ? null : { id, month, isPacked: true, entry };
	}
	const found = file.plain ? await readSession(plain, id) : null;
	if (found === null || entryIn(found.session, 0) === null) return null;
	if (file.packed) await unlink(packed).catch(() => {});
	const session = found.session.end === null ? await writeLost(plain, found.session, remark) : found.session;
	return { id, month, isPacked: false, entry: entryOf(session, (await stat(plain)).size) };
}

/** Null: what it tells is not what a session tells, as where somebody has edited it. */
function entryIn(session: Session, bytes: number): SessionEntry | null {
	try {
		return entryOf(session, bytes);
	} catch {
		return null;
	}
}

/** Null: it cannot be read, is no session, or another's. */
async function readSession(
	path: string,
	id: string,
): Promise<{ readonly session: ReadLines; readonly size: number } | null> {
	try {
		const { bytes, size } = await readPacked(path);
		const session = await readSessionLines(bytes);
		return session === null || session.header.id !== id ? null : { session, size };
	} catch (thrown) {
		if (["EMFILE", "ENFILE", "EIO"].includes(errnoOf(thrown))) throw thrown;
		return null;
	}
}

/** It ended when its file was last written; a torn line is cut off. */
async function writeLost(path: string, session: ReadLines, remark: (sentence: string) => void): Promise<Session> {
	const end: SessionEnd = { outcome: "lost", endedAt: (await stat(path)).mtime.toISOString() };
	try {
		const handle = await open(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
		try {
			await handle.truncate(session.wholeBytes);
			const line = Buffer.from(formatSessionLine(end) ?? "");
			await handle.write(line, 0, line.length, session.wholeBytes);
			await handle.datasync();
		} finally {
			await handle.close();
		}
	} catch (thrown) {
		remark(`session ${session.header.id} was lost, and its file cannot be written (${errnoOf(thrown)})`);
	}
	return { ...session, end };
}
