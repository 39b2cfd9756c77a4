/** Brings files to the disk: what is appended within some milliseconds goes together, few files at a time, so that nothing else waits for the disk. */
import type { SessionFile } from "./session-file.ts";

/** How long a line may wait for others. */
const GROUP_MS = 4;
/** How soon what failed is tried again. */
const AGAIN_MS = 1_000;
/** Node has four threads for files, names and zlib together. */
const AT_ONCE = 2;

interface Waiter {
	/** The line of the file that has to be safe. */
	readonly line: number;
	readonly resolve: () => void;
	readonly reject: (error: unknown) => void;
}

/** What is told of the disk as it changes: an error, or null when it is over. */
export type DiskNews = (trouble: unknown | null) => void;

/** One for all files of a store. */
export class GroupCommit {
	readonly #onNews: DiskNews;
	/** Files with lines to write, and those of them that failed last time. */
	readonly #dirty = new Set<SessionFile>();
	readonly #failed = new Set<SessionFile>();
	readonly #waiters = new Map<SessionFile, Waiter[]>();
	#timer: NodeJS.Timeout | null = null;
	#againTimer: NodeJS.Timeout | null = null;
	#running: Promise<void> | null = null;
	#isTroubled = false;
	#isClosed = false;

	constructor(onNews: DiskNews) {
		this.#onNews = onNews;
	}

	/** The file has taken lines. */
	touch(file: SessionFile): void {
		if (this.#failed.has(file)) return;
		this.#dirty.add(file);
		this.#timer ??= setTimeout(() => void this.#runOnce(), GROUP_MS);
	}

	/** Resolves once all that the file has taken is safe; rejects with what the system says where it is not. */
	safe(file: SessionFile): Promise<void> {
		if (file.safe >= file.taken) return Promise.resolve();
		return new Promise((resolve, reject) => {
			const waiters = this.#waiters.get(file) ?? [];
			waiters.push({ line: file.taken, resolve, reject });
			this.#waiters.set(file, waiters);
			// Whoever asks wants to know how it stands now.
			this.#failed.delete(file);
			this.touch(file);
		});
	}

	/** Nothing is asked for this file any more. */
	forget(file: SessionFile): void {
		this.#dirty.delete(file);
		this.#failed.delete(file);
		for (const { resolve } of this.#waiters.get(file) ?? []) resolve();
		this.#waiters.delete(file);
	}

	/** One last attempt for all. */
	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#running;
		for (const file of this.#failed) this.#dirty.add(file);
		await this.#run();
		for (const timer of [this.#timer, this.#againTimer]) if (timer !== null) clearTimeout(timer);
	}

	/** Never twice at once: what is touched meanwhile goes next. */
	async #runOnce(): Promise<void> {
		await this.#running;
		this.#timer = null;
		if (this.#isClosed) return;
		this.#running = this.#run();
		await this.#running;
		this.#running = null;
	}

	async #run(): Promise<void> {
		const files = [...this.#dirty];
		this.#dirty.clear();
		let trouble: unknown = null;
		const lane = async () => {
			for (let file = files.shift(); file !== undefined; file = files.shift())
				trouble = (await this.#commit(file)) ?? trouble;
		};
		await Promise.all(Array.from({ length: AT_ONCE }, lane));
		this.#tell(trouble);
	}

	/** Null: it is done. */
	async #commit(file: SessionFile): Promise<unknown> {
		try {
			await file.commit();
			this.#failed.delete(file);
			this.#settle(file, null);
			return null;
		} catch (thrown) {
			this.#settle(file, thrown);
			if (file.safe < file.taken) this.#tryAgain(file);
			return thrown;
		}
	}

	#tryAgain(file: SessionFile): void {
		this.#failed.add(file);
		this.#againTimer ??= setTimeout(() => {
			this.#againTimer = null;
			const files = [...this.#failed];
			this.#failed.clear();
			for (const each of files) this.touch(each);
		}, AGAIN_MS);
	}

	#settle(file: SessionFile, error: unknown): void {
		const waiters = this.#waiters.get(file) ?? [];
		this.#waiters.delete(file);
		const later: Waiter[] = [];
		for (const waiter of waiters) {
			if (error !== null) waiter.reject(error);
			else if (waiter.line <= file.safe) waiter.resolve();
			else later.push(waiter);
		}
		if (later.length > 0) this.#waiters.set(file, later);
	}

	/** It is over once none fails. */
	#tell(trouble: unknown): void {
		const isTroubled = trouble !== null || this.#failed.size > 0;
		if (this.#isTroubled === isTroubled) return;
		this.#isTroubled = isTroubled;
		this.#onNews(trouble);
	}
}
