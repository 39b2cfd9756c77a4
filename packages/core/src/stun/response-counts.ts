/** Transactions that are remembered; the one that came first is forgotten first. */
const MOST_TRANSACTIONS = 4096;

/** How many responses each transaction has had, of those that ask for it (RFC 7982 §3.3). */
export class ResponseCounts {
	readonly #counts = new Map<string, number>();

	/** Counts one more response to the transaction; 255 for that many or more. */
	next(source: string, transactionId: Uint8Array): number {
		const key = `${source} ${String.fromCharCode(...transactionId)}`;
		const known = this.#counts.get(key);
		if (known === undefined && this.#counts.size >= MOST_TRANSACTIONS) {
			const [oldest] = this.#counts.keys();
			if (oldest !== undefined) this.#counts.delete(oldest);
		}
		const count = Math.min((known ?? 0) + 1, 255);
		this.#counts.set(key, count);
		return count;
	}
}
