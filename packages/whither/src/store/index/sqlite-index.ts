/** The index as an SQLite database, where this Node brings SQLite (22.13 and later). */
import { closeSync, openSync, rmSync } from "node:fs";
import type { SessionEntry, SessionQuery } from "../session-store.ts";
import type { IndexRow, Kept, SessionIndex, SortKey } from "./session-index.ts";
import { sortKeyOf } from "./session-index.ts";

/** `user_version` of the tables below: another is another version's. */
const VERSION = 1;

const TABLES = `
	CREATE TABLE sessions (
		id TEXT PRIMARY KEY, month TEXT NOT NULL, packed INTEGER NOT NULL, startedMs INTEGER NOT NULL, endedAt TEXT NOT NULL,
		bytes INTEGER NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, address TEXT, entry TEXT NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX newest ON sessions (startedMs DESC, id DESC);
	CREATE TABLE marks (id TEXT NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (mark, id)) WITHOUT ROWID;
	CREATE INDEX marked ON marks (id);
	PRAGMA user_version = ${VERSION};
`;

/** As much of node:sqlite as is used here; the oldest Node that is supported does not know it. */
interface Sqlite {
	readonly DatabaseSync: new (path: string) => Database;
}

interface Database {
	exec(sql: string): void;
	prepare(sql: string): Statement;
	close(): void;
}

type Value = string | number | null;

interface Statement {
	run(...values: readonly Value[]): unknown;
	get(...values: readonly Value[]): unknown;
	all(...values: readonly Value[]): unknown;
}

/** Null: this Node has none. Node tells everybody that SQLite is an experiment, which is none of our users' business. */
export function findSqlite(): Sqlite | null {
	const tell = process.emitWarning;
	process.emitWarning = () => {};
	try {
		return (process.getBuiltinModule("node:sqlite") as Sqlite | undefined) ?? null;
	} catch {
		return null;
	} finally {
		process.emitWarning = tell;
	}
}

/** Opens the database; one that is damaged, or of another version, is thrown away. Throws where there can be none. */
export function openSqliteIndex(sqlite: Sqlite, path: string): SessionIndex {
	try {
		return new SqliteIndex(openDatabase(sqlite, path));
	} catch {
		for (const ending of ["", "-wal", "-shm"]) rmSync(path + ending, { force: true });
		return new SqliteIndex(openDatabase(sqlite, path));
	}
}

function openDatabase(sqlite: Sqlite, path: string): Database {
	// SQLite would let everybody read it.
	closeSync(openSync(path, "a", 0o600));
	const database = new sqlite.DatabaseSync(path);
	try {
		// What a crash takes is made anew from the files.
		database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF");
		const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
		if (version === 0) database.exec(TABLES);
		else if (version !== VERSION) throw new Error("tables of another version");
		const check = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
		if (check.quick_check !== "ok") throw new Error("damaged");
		return database;
	} catch (thrown) {
		database.close();
		throw thrown;
	}
}

interface PlaceRow {
	readonly id: string;
	readonly month: string;
	readonly packed: number;
	readonly bytes: number;
}

class SqliteIndex implements SessionIndex {
	readonly #database: Database;
	readonly #insert: Statement;
	readonly #mark: Statement;
	readonly #delete: Statement;
	readonly #unmark: Statement;
	readonly #select: Statement;

	constructor(database: Database) {
		this.#database = database;
		this.#insert = database.prepare("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
		this.#mark = database.prepare("INSERT OR IGNORE INTO marks VALUES (?, ?)");
		this.#delete = database.prepare("DELETE FROM sessions WHERE id = ?");
		this.#unmark = database.prepare("DELETE FROM marks WHERE id = ?");
		this.#select = database.prepare("SELECT id, month, packed, entry FROM sessions WHERE id = ?");
	}

	put(row: IndexRow): void {
		this.putAll([row]);
	}

	putAll(rows: readonly IndexRow[]): void {
		this.#together(() => {
			for (const row of rows) this.#putOne(row);
		});
	}

	drop(ids: readonly string[]): void {
		this.#together(() => {
			for (const id of ids) {
				this.#delete.run(id);
				this.#unmark.run(id);
			}
		});
	}

	get(id: string): IndexRow | null {
		const row = this.#select.get(id) as { id: string; month: string; packed: number; entry: string } | undefined;
		if (row === undefined) return null;
		return { id, month: row.month, isPacked: row.packed === 1, entry: JSON.parse(row.entry) as SessionEntry };
	}

	list(query: SessionQuery, before: SortKey | null): readonly SessionEntry[] {
		const { where, values } = conditions(query, before);
		const sql = `SELECT entry FROM sessions ${where} ORDER BY startedMs DESC, id DESC LIMIT ?`;
		const rows = this.#database.prepare(sql).all(...values, query.limit) as { entry: string }[];
		return rows.map(({ entry }) => JSON.parse(entry) as SessionEntry);
	}

	places(): ReturnType<SessionIndex["places"]> {
		const rows = this.#database.prepare("SELECT id, month, packed, bytes FROM sessions").all() as PlaceRow[];
		return new Map(rows.map(({ id, month, packed, bytes }) => [id, { month, isPacked: packed === 1, bytes }]));
	}

	kept(): readonly Kept[] {
		const sql = "SELECT id, endedAt, bytes FROM sessions ORDER BY startedMs, id";
		return this.#database.prepare(sql).all() as Kept[];
	}

	close(): void {
		this.#database.close();
	}

	#putOne({ id, month, isPacked, entry }: IndexRow): void {
		const { header, address, asns, places, bytes, endedAt } = entry;
		const { startedMs } = sortKeyOf(entry);
		const target = (header.target ?? "").toLowerCase();
		const ended = endedAt ?? header.startedAt;
		this.#insert.run(
			...[id, month, isPacked ? 1 : 0, startedMs, ended, bytes, header.kind, target, address, JSON.stringify(entry)],
		);
		this.#unmark.run(id);
		for (const mark of [...asns.map(asnMark), ...places.map(placeMark)]) this.#mark.run(id, mark);
	}

	#together(work: () => void): void {
		this.#database.exec("BEGIN");
		try {
			work();
			this.#database.exec("COMMIT");
		} catch (thrown) {
			this.#database.exec("ROLLBACK");
			throw thrown;
		}
	}
}

function asnMark(asn: string): string {
	return `asn ${asn.toUpperCase().replace(/^(?!AS)/, "AS")}`;
}

function placeMark(place: string): string {
	return `place ${place.toLowerCase()}`;
}

function conditions({ kind, target, asn, place }: SessionQuery, before: SortKey | null) {
	const parts: string[] = [];
	const values: (string | number)[] = [];
	const also = (sql: string, ...more: (string | number)[]) => {
		parts.push(sql);
		values.push(...more);
	};
	if (kind !== undefined) also("kind = ?", kind);
	if (target !== undefined) also("(instr(target, ?) > 0 OR address = ?)", target.toLowerCase(), target);
	const marked = "id IN (SELECT id FROM marks WHERE mark = ?)";
	if (asn !== undefined) also(marked, asnMark(asn));
	if (place !== undefined) also(marked, placeMark(place));
	if (before !== null) also("(startedMs, id) < (?, ?)", before.startedMs, before.id);
	return { where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, values };
}
