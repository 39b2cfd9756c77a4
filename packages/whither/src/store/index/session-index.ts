/** What is known of sessions that have ended, so that a list needs no file. A cache: what does not fit the files is made anew. */
import type { SessionEntry, SessionQuery } from "../session-store.ts";
import type { SessionPlace } from "../session-tree.ts";

/** One session that has ended, and its file. */
export interface IndexRow extends SessionPlace {
	readonly entry: SessionEntry;
	readonly isPacked: boolean;
}

/** What retention goes by. */
export interface Kept {
	readonly id: string;
	/** ISO 8601. */
	readonly endedAt: string;
	readonly bytes: number;
}

/** All of them in one place. */
export interface SessionIndex {
	put(row: IndexRow): void;
	putAll(rows: readonly IndexRow[]): void;
	drop(ids: readonly string[]): void;
	get(id: string): IndexRow | null;
	/** As `SessionStore.list`; `before`: the session that all have to be older than. */
	list(query: SessionQuery, before: SortKey | null): readonly SessionEntry[];
	/** By id: where its file is, and its length as it was. */
	places(): ReadonlyMap<string, { readonly month: string; readonly isPacked: boolean; readonly bytes: number }>;
	/** The oldest first. */
	kept(): readonly Kept[];
	close(): void;
}

/** What the newest is first by. */
export interface SortKey {
	/** Milliseconds since 1970. */
	readonly startedMs: number;
	readonly id: string;
}

/** The key of one. */
export function sortKeyOf({ header }: SessionEntry): SortKey {
	return { startedMs: Date.parse(header.startedAt), id: header.id };
}

/** Below 0: `a` is newer. */
export function newestFirst(a: SortKey, b: SortKey): number {
	return b.startedMs - a.startedMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** Whether all that the query says holds, but for `before`. */
export function fits({ header, address, asns, places }: SessionEntry, query: SessionQuery): boolean {
	const { kind, target, asn, place } = query;
	if (kind !== undefined && header.kind !== kind) return false;
	if (target !== undefined && address !== target && !header.target?.toLowerCase().includes(target.toLowerCase()))
		return false;
	if (asn !== undefined && !asns.some((one) => sameWord(one, asn) || sameWord(one, `AS${asn}`))) return false;
	return place === undefined || places.some((one) => sameWord(one, place));
}

function sameWord(one: string, other: string): boolean {
	return one.toLowerCase() === other.toLowerCase();
}
