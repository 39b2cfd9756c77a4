/** The audit log: one line of JSON for everything that somebody had this server do, or was refused. */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** One thing that was asked for. */
export interface AuditEntry {
	/** The address that it came from. */
	readonly client: string;
	/** Such as `trace`, `stop`, `delete`. */
	readonly action: string;
	readonly target?: string | null;
	/** `ok`, or the refusal's code. */
	readonly decision: string;
	/** Of the session. */
	readonly id?: string;
}

/** Where entries go. */
export interface AuditLog {
	write(entry: AuditEntry): void;
	/** The file is opened anew, as after it was moved away. */
	reopen(): void;
	/** Resolves once all is written. */
	close(): Promise<void>;
	/** Entries that could not be written. */
	readonly lost: number;
}

/** Characters of a target that are written down. */
const LONGEST_TEXT = 512;
/** Bytes that wait for a disk that is slow. */
const MOST_WAITING = 4 << 20;

/** A pipe that nobody reads refuses, where it would hold one of Node's few threads for files, and the end of the server, until somebody does. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** None is kept. */
export const NO_AUDIT: AuditLog = { write: () => {}, reopen: () => {}, close: async () => {}, lost: 0 };

/**
 * Appends to a file. What cannot be written, such as to a full disk, is counted and said once (`complain`), and again after it went well;
 * the server goes on, since whoever fills a disk is not to end it.
 */
export function openAudit(file: string, complain: (sentence: string) => void): AuditLog {
	return new FileAudit(file, complain);
}

/** One line; nothing in it can end it or begin another, and terminals can show it. Pure. */
export function auditLine(at: Date, { client, action, target = null, decision, id }: AuditEntry): string {
	const named = target === null ? null : target.slice(0, LONGEST_TEXT);
	const entry = {
		time: at.toISOString(),
		client,
		action,
		target: named,
		decision,
		...(id === undefined ? {} : { id }),
	};
	// JSON leaves DEL, the C1 controls, and marks that turn text around as they are.
	const text = JSON.stringify(entry).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped);
	return `${text}\n`;
}

function escaped(character: string): string {
	return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

class FileAudit implements AuditLog {
	lost = 0;
	readonly #file: string;
	readonly #complain: (sentence: string) => void;
	#handle: FileHandle | null = null;
	#waiting: string[] = [];
	#waitingBytes = 0;
	#writing: Promise<void> | null = null;
	#said = false;

	constructor(file: string, complain: (sentence: string) => void) {
		this.#file = file;
		this.#complain = complain;
	}

	write(entry: AuditEntry): void {
		const line = auditLine(new Date(), entry);
		if (this.#waitingBytes + line.length > MOST_WAITING) {
			this.lost++;
			return;
		}
		this.#waiting.push(line);
		this.#waitingBytes += line.length;
		this.#writing ??= this.#drain().finally(() => {
			this.#writing = null;
		});
	}

	reopen(): void {
		const handle = this.#handle;
		this.#handle = null;
		handle?.close().catch(() => {});
	}

	async close(): Promise<void> {
		await this.#writing;
		await this.#handle?.close();
		this.#handle = null;
	}

	async #drain(): Promise<void> {
		while (this.#waiting.length > 0) {
			const lines = this.#waiting;
			this.#waiting = [];
			this.#waitingBytes = 0;
			await this.#append(lines);
		}
	}

	async #append(lines: readonly string[]): Promise<void> {
		try {
			this.#handle ??= await this.#open();
			await this.#handle.appendFile(lines.join(""));
			this.#said = false;
		} catch (thrown) {
			this.lost += lines.length;
			this.reopen();
			if (this.#said) return;
			this.#said = true;
			const why = thrown instanceof Error ? thrown.message : String(thrown);
			this.#complain(`the audit log ${this.#file} cannot be written (${why}); the server goes on without it`);
		}
	}

	async #open(): Promise<FileHandle> {
		await mkdir(dirname(this.#file), { recursive: true });
		return open(this.#file, APPEND, 0o600);
	}
}
