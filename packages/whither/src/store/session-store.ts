/** Where sessions are kept. What has been acknowledged is on the disk: a process that is killed loses nothing of it. */
import type { Session, SessionEnd, SessionEvent, SessionHeader, SessionKind } from "../api/session/session.ts";

/** A session that is being written. */
export interface SessionWriter {
	/**
	 * Takes an event; it is on the disk once `flushed` of that moment has resolved, which is some milliseconds later. Never throws.
	 * Captured packets (`packet` of a trace) are not kept, and after the end nothing is.
	 */
	append(event: SessionEvent): void;
	/**
	 * Resolves once all that was appended so far is on the disk; rejects with a `WhitherError` (`storeFailed`) where it cannot be. What could
	 * not be written is kept in memory and tried again.
	 */
	flushed(): Promise<void>;
	/** The last word; resolves once it is on the disk, rejects as `flushed` does. */
	end(end: SessionEnd): Promise<void>;
}

/** One session in a list. */
export interface SessionEntry {
	readonly header: SessionHeader;
	/** Null: under way. */
	readonly outcome: SessionEnd["outcome"] | null;
	readonly endedAt: string | null;
	readonly events: number;
	readonly bytes: number;
	/** One line that says what came of it. */
	readonly summary: string;
	/** Address of the target, networks (`AS64500`) and places (`DE`, `Frankfurt, DE`) on the way, as far as they were looked up. */
	readonly address: string | null;
	readonly asns: readonly string[];
	readonly places: readonly string[];
}

/** Which sessions; all that are given have to hold. The newest first. */
export interface SessionQuery {
	readonly kind?: SessionKind | undefined;
	/** Part of what the user called it, or its whole address. */
	readonly target?: string | undefined;
	readonly asn?: string | undefined;
	readonly place?: string | undefined;
	/** Older than the session of this id; where there is none, nothing is. */
	readonly before?: string | undefined;
	/** 1 to 200. */
	readonly limit: number;
}

/** All sessions of one place. */
export interface SessionStore {
	/** Resolves once the header is on the disk; rejects with `badOption` for an id that is none or taken, with `storeFailed` where it cannot be written. */
	begin(header: SessionHeader): Promise<SessionWriter>;
	list(query: SessionQuery): Promise<readonly SessionEntry[]>;
	/** Null: there is none of this id. */
	read(id: string): Promise<Session | null>;
	/** False: there was none. One that is under way is gone too: what its writer takes from then on goes nowhere. */
	remove(id: string): Promise<boolean>;
	/** Resolves once all is on the disk. */
	close(): Promise<void>;
}

/** Sessions in a list at most. */
export const MOST_LISTED = 200;

/** Whether it names a session; anything else never comes near a path. */
export function isSessionId(text: string): boolean {
	return /^[A-Za-z0-9]{16,32}$/.test(text);
}
