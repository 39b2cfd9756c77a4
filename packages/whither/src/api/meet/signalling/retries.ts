/** When to try again, and when no more. */

/** The first wait is chance up to this; each next one may be twice as long. */
const FIRST_MS = 200;
const LONGEST_MS = 5_000;

/** What is tried until it succeeds, or for `patienceMs` without success. */
export class Retries {
	readonly #patienceMs: number;
	readonly #signal: AbortSignal;
	#waitMs = FIRST_MS;
	#since = performance.now();

	constructor(patienceMs: number, signal: AbortSignal) {
		this.#patienceMs = patienceMs;
		this.#signal = signal;
	}

	/** It works. */
	succeeded(): void {
		this.#since = performance.now();
		this.#waitMs = FIRST_MS;
	}

	/** Waits before the next try, `leastMs` at least; false: patience is at an end, or it was aborted. */
	async wait(leastMs: number): Promise<boolean> {
		// Not all at once: a server that begins anew is asked by everybody.
		const waitMs = Math.max(leastMs, this.#waitMs * (0.5 + Math.random() / 2));
		this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_MS);
		if (performance.now() - this.#since + waitMs > this.#patienceMs) return false;
		await new Promise<void>((resolve) => {
			const timer = setTimeout(done, waitMs);
			const signal = this.#signal;
			function done(): void {
				clearTimeout(timer);
				signal.removeEventListener("abort", done);
				resolve();
			}
			signal.addEventListener("abort", done);
		});
		return !this.#signal.aborted;
	}
}
