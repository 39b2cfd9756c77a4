/** The store on a disk: a file a session, an index of those that have ended. */
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { WhitherError } from "../api/error.ts";
import type { Session, SessionHeader } from "../api/session/session.ts";
import { GroupCommit } from "./group-commit.ts";
import { fits, newestFirst, type SessionIndex, type SortKey, sortKeyOf } from "./index/session-index.ts";
import type { Ownership } from "./owner.ts";
import { packSession, pathsOf, readPacked } from "./pack.ts";
import { overdue, type RetentionRules } from "./retention.ts";
import { RunningSession } from "./running-session.ts";
import { SessionFile } from "./session-file.ts";
import { formatSessionLine, readSessionLines } from "./session-lines.ts";
import { SessionReads } from "./session-reads.ts";
import {
	isSessionId,
	MOST_LISTED,
	type SessionEntry,
	type SessionQuery,
	type SessionStore,
	type SessionWriter,
} from "./session-store.ts";
import { makeMonth, placeOf, type SessionPlace } from "./session-tree.ts";
import { errnoOf, storeError } from "./store-errors.ts";

/** How often age is looked at where no session ends, and how often at most where many do. */
const RETENTION_MS = 3_600_000;
const RETENTION_PAUSE_MS = 1_000;

/** About as many times longer a session is than its packed file. */
const PACKED_TIMES = 32;

/** What a store stands on; all of it is the store's from then on. */
export interface FileStoreParts {
	readonly folder: string;
	readonly index: SessionIndex;
	readonly ownership: Ownership;
	readonly rules: RetentionRules;
	readonly remark: (sentence: string) => void;
	readonly now: () => number;
	/** Sessions that have ended and are to be packed. */
	readonly unpacked: readonly SessionPlace[];
}

export class FileStore implements SessionStore {
	readonly #parts: FileStoreParts;
	readonly #commits: GroupCommit;
	readonly #running = new Map<string, RunningSession>();
	/** Ids that are being begun. */
	readonly #beginning = new Set<string>();
	readonly #reads = new SessionReads();
	readonly #toPack: SessionPlace[];
	#packing: Promise<void> | null = null;
	readonly #removals = new Set<Promise<unknown>>();
	readonly #timer: NodeJS.Timeout;
	#retainTimer: NodeJS.Timeout | null = null;
	#isClosed = false;

	constructor(parts: FileStoreParts) {
		this.#parts = parts;
		this.#commits = new GroupCommit((trouble) => this.#tell(trouble));
		this.#toPack = [...parts.unpacked];
		this.#timer = setInterval(() => this.#retain(), RETENTION_MS).unref();
		this.#retain();
		this.#pack();
	}

	async begin(header: SessionHeader): Promise<SessionWriter> {
		const { id } = header;
		if (this.#isClosed) throw closed();
		if (!isSessionId(id)) throw badId(id, "16 to 32 letters and digits");
		if (this.#knows(id) || this.#beginning.has(id)) throw badId(id, "one that is not taken");
		const line = formatSessionLine(header);
		if (line === null || Number.isNaN(Date.parse(header.startedAt)))
			throw badId(id, "that of a session with a beginning");
		this.#beginning.add(id);
		try {
			return await this.#make(header, line);
		} catch (thrown) {
			throw storeError(this.#cannotWrite(), thrown);
		} finally {
			this.#beginning.delete(id);
		}
	}

	async list(query: SessionQuery): Promise<readonly SessionEntry[]> {
		const limit = Math.min(Math.max(Math.trunc(query.limit) || 1, 1), MOST_LISTED);
		const before = query.before === undefined ? null : this.#keyOf(query.before);
		if (query.before !== undefined && before === null) return [];
		const running = [...this.#running.values()]
			.map((session) => session.entry())
			.filter((entry) => fits(entry, query) && (before === null || newestFirst(before, sortKeyOf(entry)) < 0));
		const ended = this.#parts.index.list({ ...query, limit }, before);
		const all = [...running, ...ended].sort((a, b) => newestFirst(sortKeyOf(a), sortKeyOf(b)));
		return all.slice(0, limit);
	}

	async read(id: string): Promise<Session | null> {
		if (!isSessionId(id)) return null;
		const running = this.#running.get(id);
		if (running !== undefined) return this.#reads.inTurn(running.bytes, () => running.read());
		const row = this.#parts.index.get(id);
		if (row === null) return null;
		const bytes = row.isPacked ? row.entry.bytes * PACKED_TIMES : row.entry.bytes;
		return this.#reads.shared(id, () => this.#reads.inTurn(bytes, () => this.#readEnded(row)));
	}

	async remove(id: string): Promise<boolean> {
		if (!isSessionId(id)) return false;
		const running = this.#running.get(id);
		const row = this.#parts.index.get(id);
		if (running === undefined && row === null) return false;
		try {
			if (running !== undefined) {
				this.#running.delete(id);
				await running.forget();
			}
			if (row !== null) this.#parts.index.drop([id]);
			await this.#unlink(row ?? (running as RunningSession).place);
			return true;
		} catch (thrown) {
			throw storeError(`Session ${id} cannot be removed`, thrown);
		}
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		clearInterval(this.#timer);
		this.#toPack.length = 0;
		await this.#commits.close();
		for (const running of this.#running.values()) await running.close();
		await this.#packing;
		this.#retain();
		await Promise.all(this.#removals);
		try {
			this.#parts.index.close();
		} finally {
			await this.#parts.ownership.release();
		}
	}

	async #make(header: SessionHeader, line: string): Promise<SessionWriter> {
		const { folder } = this.#parts;
		const place = placeOf(header.id, header.startedAt);
		await makeMonth(folder, place.month);
		const file = await SessionFile.make(pathsOf(folder, place).plain, line);
		const session = new RunningSession({
			...{ header, place, file, commits: this.#commits, cannot: this.#cannotWrite() },
			onEnded: () => this.#ended(session),
		});
		if (this.#isClosed) {
			await session.close();
			throw closed();
		}
		this.#running.set(header.id, session);
		return session;
	}

	#ended(session: RunningSession): void {
		const { id } = session.place;
		if (this.#running.get(id) !== session) return;
		this.#inIndex(() => this.#parts.index.put({ ...session.place, isPacked: false, entry: session.entry() }));
		this.#running.delete(id);
		if (this.#isClosed) return;
		this.#toPack.push(session.place);
		this.#pack();
		this.#retainTimer ??= setTimeout(() => this.#retain(), RETENTION_PAUSE_MS).unref();
	}

	#knows(id: string): boolean {
		return this.#running.has(id) || this.#parts.index.get(id) !== null;
	}

	#keyOf(id: string): SortKey | null {
		if (!isSessionId(id)) return null;
		const entry = this.#running.get(id)?.entry() ?? this.#parts.index.get(id)?.entry;
		return entry === undefined ? null : sortKeyOf(entry);
	}

	/** It may be packed or removed at this very moment. */
	async #readEnded(place: SessionPlace): Promise<Session | null> {
		const { plain, packed } = pathsOf(this.#parts.folder, place);
		for (const path of [packed, plain, packed]) {
			try {
				const session = await readSessionLines((await readPacked(path)).bytes);
				if (session !== null) return { header: session.header, events: session.events, end: session.end };
				throw Object.assign(new Error("EINVAL: it is no session"), { code: "EINVAL" });
			} catch (thrown) {
				if (errnoOf(thrown) !== "ENOENT") throw unreadable(place.id, path, thrown);
			}
		}
		// Somebody took the file away.
		this.#parts.index.drop([place.id]);
		return null;
	}

	async #unlink(place: SessionPlace): Promise<void> {
		const { plain, packed } = pathsOf(this.#parts.folder, place);
		for (const path of [plain, packed]) {
			await unlink(path).catch((thrown) => {
				if (errnoOf(thrown) !== "ENOENT") throw thrown;
			});
		}
	}

	/** One at a time. */
	#pack(): void {
		this.#packing ??= this.#packAll().finally(() => {
			this.#packing = null;
		});
	}

	async #packAll(): Promise<void> {
		for (let place = this.#toPack.shift(); place !== undefined; place = this.#toPack.shift()) {
			const { folder, index } = this.#parts;
			try {
				const bytes = await packSession(folder, place);
				const row = index.get(place.id);
				if (bytes !== null && row !== null) index.put({ ...row, isPacked: true, entry: { ...row.entry, bytes } });
				else if (bytes !== null) await this.#unlink(place);
			} catch {
				// It stays as it is, and the next owner tries again.
			}
		}
	}

	#retain(): void {
		if (this.#retainTimer !== null) clearTimeout(this.#retainTimer);
		this.#retainTimer = null;
		const { index, rules, now } = this.#parts;
		const runningBytes = [...this.#running.values()].reduce((sum, { bytes }) => sum + bytes, 0);
		this.#inIndex(() => {
			for (const id of overdue(index.kept(), rules, { unixMs: now(), runningBytes })) {
				const row = index.get(id);
				index.drop([id]);
				// One that cannot be removed now is found again by the next owner.
				if (row !== null) this.#removeLater(row);
			}
		});
	}

	#removeLater(place: SessionPlace): void {
		const removal: Promise<unknown> = this.#unlink(place)
			.catch(() => {})
			.then(() => this.#removals.delete(removal));
		this.#removals.add(removal);
	}

	/** An index that fails costs a list, and no session. */
	#inIndex(work: () => void): void {
		try {
			work();
		} catch (thrown) {
			const why = thrown instanceof Error ? thrown.message : String(thrown);
			this.#parts.remark(
				`the index of sessions in ${this.#parts.folder} cannot be written (${why}); it is made anew at the next start`,
			);
		}
	}

	#cannotWrite(): string {
		return `Sessions cannot be written to ${join(this.#parts.folder, "sessions")}`;
	}

	#tell(trouble: unknown): void {
		const { remark } = this.#parts;
		if (trouble === null) remark("sessions are written again");
		else remark(`${storeError(this.#cannotWrite(), trouble).message}; until then they are kept in memory`);
	}
}

function badId(id: string, wants: string): WhitherError {
	return new WhitherError("badOption", `The id of a session must be ${wants}, not ${JSON.stringify(id)}`, {
		option: "id",
		value: id,
	});
}

function closed(): WhitherError {
	return new WhitherError("storeFailed", "The store of sessions is closed; open it anew");
}

function unreadable(id: string, path: string, thrown: unknown): WhitherError {
	const why = thrown instanceof Error ? thrown.message : String(thrown);
	return new WhitherError("storeFailed", `Session ${id} cannot be read (${why}); look at ${path}, or remove it`, {
		errnoName: errnoOf(thrown),
		path,
	});
}
