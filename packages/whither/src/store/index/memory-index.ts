/** The index in memory, with a file that it is read from at the next start. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { SessionEntry, SessionQuery } from "../session-store.ts";
import {
	fits,
	type IndexRow,
	type Kept,
	newestFirst,
	type SessionIndex,
	type SortKey,
	sortKeyOf,
} from "./session-index.ts";

/** First line of the file: another format is another version's. */
const FORMAT = '{"whither.sessionIndex":1}';
/** Rows that change before the file is written anew. */
const CHANGES_UNWRITTEN = 500;

interface Keyed extends IndexRow {
	readonly key: SortKey;
}

/** Reads the file, if there is one of this format. */
export function openMemoryIndex(path: string): SessionIndex {
	const rows = new Map<string, Keyed>(readRows(path).map((row) => [row.id, keyed(row)]));
	let sorted: Keyed[] | null = null;
	let changes = 0;

	const save = () => {
		if (changes === 0) return;
		changes = 0;
		const lines = [...rows.values()].map(({ key: _, ...row }) => `${JSON.stringify(row)}\n`);
		try {
			writeFileSync(`${path}.part`, `${FORMAT}\n${lines.join("")}`, { mode: 0o600 });
			renameSync(`${path}.part`, path);
		} catch {
			// It would have saved the next start some reading.
			rmSync(`${path}.part`, { force: true });
		}
	};
	const changed = (count: number) => {
		sorted = null;
		changes += count;
		if (changes >= CHANGES_UNWRITTEN) save();
	};
	const newest = () => {
		sorted ??= [...rows.values()].sort((a, b) => newestFirst(a.key, b.key));
		return sorted;
	};
	const putAll = (more: readonly IndexRow[]) => {
		for (const row of more) rows.set(row.id, keyed(row));
		changed(more.length);
	};
	return {
		put: (row) => putAll([row]),
		putAll,
		drop: (ids) => changed(ids.filter((id) => rows.delete(id)).length),
		get: (id) => rows.get(id) ?? null,
		list: (query, before) => listed(newest(), query, before),
		places: () =>
			new Map([...rows].map(([id, { month, isPacked, entry }]) => [id, { month, isPacked, bytes: entry.bytes }])),
		kept: () => newest().map(keptOf).reverse(),
		close: save,
	};
}

function keyed(row: IndexRow): Keyed {
	return { ...row, key: sortKeyOf(row.entry) };
}

function keptOf({ id, entry }: IndexRow): Kept {
	return { id, endedAt: entry.endedAt ?? entry.header.startedAt, bytes: entry.bytes };
}

function listed(rows: readonly Keyed[], query: SessionQuery, before: SortKey | null): readonly SessionEntry[] {
	const found: SessionEntry[] = [];
	for (const { entry, key } of rows) {
		if (found.length === query.limit) break;
		if (before !== null && newestFirst(before, key) >= 0) continue;
		if (fits(entry, query)) found.push(entry);
	}
	return found;
}

function readRows(path: string): readonly IndexRow[] {
	try {
		const [format, ...lines] = readFileSync(path, "utf8").split("\n");
		if (format !== FORMAT) return [];
		return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as IndexRow);
	} catch {
		return [];
	}
}
