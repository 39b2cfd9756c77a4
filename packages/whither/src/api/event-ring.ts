/** The latest of a stream of events without end: readers follow it, and one that falls far behind misses some. */
export class EventRing<T> implements AsyncIterable<T> {
	readonly #capacity: number;
	#entries: T[] = [];
	/** Events before the first that is kept. */
	#forgotten = 0;
	#waiting: (() => void)[] = [];
	#closed = false;
	#failure: unknown = null;

	/** Keeps at least the last `capacity` events, and never twice as many. */
	constructor(capacity: number) {
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
