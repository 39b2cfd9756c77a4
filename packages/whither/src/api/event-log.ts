/** A growing list that any number of readers follow from its beginning, each at its own pace. */
export class EventLog<T> implements AsyncIterable<T> {
	readonly #entries: T[] = [];
	#waiting: (() => void)[] = [];
	#closed = false;
	#failure: unknown = null;

	push(entry: T): void {
		this.#entries.push(entry);
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
			while (next < this.#entries.length) yield this.#entries[next++] as T;
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
