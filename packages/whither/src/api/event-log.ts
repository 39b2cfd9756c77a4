/** A stream of events that any number of readers follow, each from its beginning and at its own pace. */
export class EventLog<T> implements AsyncIterable<T> {
	readonly #capacity: number;
	#entries: T[] = [];
	/** Events before the first that is kept. */
	#forgotten = 0;
	#waiting: (() => void)[] = [];
	#closed = false;
	#failure: unknown = null;

	/**
	 * Keeps at least the last `capacity` events, and never twice as many: of a stream without end a reader that falls far
	 * behind misses some. By default all.
	 */
	constructor(capacity = Number.POSITIVE_INFINITY) {
		this.#capacity = capacity;
	}

	/** How many events are kept. */
	get kept(): number {
		return this.#entries.length;
	}

	push(entry: T): void {
		this.#entries.push(entry);
		if (this.#entries.length >= 2 * this.#capacity) {
			this.#forgotten += this.#entries.length - this.#capacity;
			this.#entries = this.#entries.slice(-this.#capacity);
		}
		this.#wake();
	}

	/** No more entries; a failure is thrown at every reader that comes to the end. */
	close(failure: unknown = null): void {
		this.#closed = true;
		this.#failure = failure;
		this.#wake();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
		for (let next = 0; ; ) {
			for (next = Math.max(next, this.#forgotten); next < this.#forgotten + this.#entries.length; ) {
				yield this.#entries[next - this.#forgotten] as T;
				next = Math.max(next + 1, this.#forgotten);
			}
			if (this.#closed) break;
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
		if (this.#failure !== null) throw this.#failure;
	}

	#wake(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resume of waiting) resume();
	}
}
