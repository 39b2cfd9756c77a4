/** Sessions in memory alone: for who wants nothing written, and for tests. */

import { WhitherError } from "../api/error.ts";
import type { Session, SessionEnd, SessionEvent, SessionHeader } from "../api/session/session.ts";
import { fits } from "./index/session-index.ts";
import { entryOf } from "./session-entry.ts";
import {
	isSessionId,
	type SessionEntry,
	type SessionQuery,
	type SessionStore,
	type SessionWriter,
} from "./session-store.ts";

/** What is kept; the oldest that have ended go first. */
export interface MemoryStoreLimits {
	readonly sessions: number;
	/** Of all sessions' events, as JSON. */
	readonly bytes: number;
}

const LIMITS: MemoryStoreLimits = { sessions: 500, bytes: 64 << 20 };

interface Kept {
	readonly header: SessionHeader;
	readonly events: SessionEvent[];
	bytes: number;
	end: SessionEnd | null;
}

/** An empty one. Nothing of it outlives the process. */
export function memoryStore(limits: Partial<MemoryStoreLimits> = {}): SessionStore {
	const most = { ...LIMITS, ...limits };
	const kept = new Map<string, Kept>();
	return {
		begin: async (header) => {
			if (!isSessionId(header.id) || kept.has(header.id))
				throw new WhitherError("badOption", `"${header.id}" is no id for another session`, { id: header.id });
			const session: Kept = { header, events: [], bytes: 0, end: null };
			kept.set(header.id, session);
			return writerOf(session, () => forget(kept, most));
		},
		list: async (query) => listed([...kept.values()].sort(byAge), query),
		read: async (id) => sessionOf(kept.get(id)),
		remove: async (id) => kept.delete(id),
		close: async () => {},
	};
}

function writerOf(session: Kept, grown: () => void): SessionWriter {
	return {
		append: (event) => {
			if (session.end !== null) return;
			session.events.push(event);
			session.bytes += JSON.stringify(event).length;
			grown();
		},
		flushed: async () => {},
		end: async (end) => {
			session.end ??= end;
			grown();
		},
	};
}

/** Those under way stay, whatever they hold. */
function forget(kept: Map<string, Kept>, { sessions, bytes }: MemoryStoreLimits): void {
	let held = 0;
	for (const session of kept.values()) held += session.bytes;
	for (const [id, session] of kept) {
		if (kept.size <= sessions && held <= bytes) return;
		if (session.end === null) continue;
		kept.delete(id);
		held -= session.bytes;
	}
}

function sessionOf(session: Kept | undefined): Session | null {
	return session === undefined ? null : { header: session.header, events: [...session.events], end: session.end };
}

/** The youngest first; of the same moment in the order of ids. */
function byAge({ header: one }: Kept, { header: other }: Kept): number {
	const [mine, its] = [`${one.startedAt} ${one.id}`, `${other.startedAt} ${other.id}`];
	return mine < its ? 1 : -1;
}

function listed(sessions: readonly Kept[], query: SessionQuery): readonly SessionEntry[] {
	const { before, limit } = query;
	const from = before === undefined ? 0 : sessions.findIndex(({ header }) => header.id === before) + 1;
	if (before !== undefined && from === 0) return [];
	const entries: SessionEntry[] = [];
	for (const session of sessions.slice(from)) {
		const entry = entryOf(session, session.bytes);
		if (fits(entry, query)) entries.push(entry);
		if (entries.length >= limit) break;
	}
	return entries;
}
