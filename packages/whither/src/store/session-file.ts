/** The file of a session that is under way: it grows at its end, and what was not written is tried again. */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "./session-tree.ts";

/** Bytes that wait in memory while the disk takes nothing. */
const MOST_WAITING = 4 << 20;
/** Bytes that a file may have before its end. */
const LONGEST_FILE = 256 << 20;

const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);

/** Lines go in by `take`; `commit` brings those that are there to the disk. */
export class SessionFile {
	readonly path: string;
	readonly #handle: FileHandle;
	/** Bytes that are on the disk for sure. */
	#safeBytes = 0;
	#waiting: Buffer[] = [];
	#waitingBytes = 0;
	/** How many lines were taken, and how many of them are on the disk. */
	#taken = 0;
	#safe = 0;
	/** Something was dropped: what would come after it does not count. */
	#isBroken = false;
	/** The disk took nothing when it was last asked. */
	#isFailing = false;
	#isClosed = false;

	private constructor(path: string, handle: FileHandle) {
		this.path = path;
		this.#handle = handle;
	}

	/** Makes the file with its first line; resolves once both are on the disk. */
	static async make(path: string, firstLine: string): Promise<SessionFile> {
		const handle = await open(path, NEW, 0o600);
		const file = new SessionFile(path, handle);
		try {
			file.take(firstLine);
			await file.commit();
			await syncFolder(dirname(path));
			return file;
		} catch (thrown) {
			await handle.close();
			await unlink(path).catch(() => {});
			throw thrown;
		}
	}

	/** How many lines have been taken; a `commit` from then on has them. */
	get taken(): number {
		return this.#taken;
	}

	get safe(): number {
		return this.#safe;
	}

	get isBroken(): boolean {
		return this.#isBroken;
	}

	/** With what waits. */
	get bytes(): number {
		return this.#safeBytes + this.#waitingBytes;
	}

	/** A line more; it is lost where too much waits while the disk takes nothing, or the file is as long as it may be. */
	take(line: string): void {
		const waitsLong = this.#isFailing && this.#waitingBytes + line.length > MOST_WAITING;
		if (waitsLong || this.bytes + line.length > LONGEST_FILE) this.#isBroken = true;
		if (!this.#isBroken) this.takeLast(line);
	}

	/** The last line, for which there is always room. */
	takeLast(line: string): void {
		const bytes = Buffer.from(line);
		this.#waiting.push(bytes);
		this.#waitingBytes += bytes.length;
		this.#taken++;
	}

	/** What is on the disk, and what waits. */
	async read(): Promise<Buffer> {
		const [waiting, size] = [Buffer.concat(this.#waiting), this.#safeBytes];
		const bytes = Buffer.alloc(size + waiting.length);
		let at = 0;
		while (at < size) {
			const { bytesRead } = await this.#handle.read(bytes, at, size - at, at);
			if (bytesRead === 0) break;
			at += bytesRead;
		}
		waiting.copy(bytes, at);
		return bytes.subarray(0, at + waiting.length);
	}

	/**
	 * Writes what waits and brings it to the disk. Never twice at once. Where it rejects nothing of it counts: what had been written is written again
	 * from the same place, since a disk that failed once may have dropped it silently.
	 */
	async commit(): Promise<void> {
		const lines = this.#waiting.length;
		if (lines === 0 || this.#isClosed) return;
		const bytes = Buffer.concat(this.#waiting);
		try {
			await this.#bring(bytes);
		} catch (thrown) {
			this.#isFailing = true;
			throw thrown;
		}
		this.#isFailing = false;
		this.#waiting.splice(0, lines);
		this.#waitingBytes -= bytes.length;
		this.#safeBytes += bytes.length;
		this.#safe += lines;
	}

	/** Behind what is safe. */
	async #bring(bytes: Buffer): Promise<void> {
		for (let at = 0; at < bytes.length; ) {
			const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, this.#safeBytes + at);
			at += bytesWritten;
		}
		await this.#handle.datasync();
		if ((await this.#handle.stat()).nlink === 0) throw this.#gone();
	}

	/** Somebody took the file away: what is written to it lies nowhere, and trying again is of no use. */
	#gone(): NodeJS.ErrnoException {
		this.#isBroken = true;
		this.#waiting = [];
		this.#waitingBytes = 0;
		this.#safe = this.#taken;
		return Object.assign(new Error(`ENOENT: ${this.path} has gone`), { code: "ENOENT", syscall: "fdatasync" });
	}

	/** Cuts off what a failed `commit` may have left behind. */
	async close(): Promise<void> {
		this.#isClosed = true;
		try {
			if (this.#waiting.length > 0) await this.#handle.truncate(this.#safeBytes);
		} finally {
			await this.#handle.close();
		}
	}
}
