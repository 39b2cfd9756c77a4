/** Names that are remembered at most: a day's of a busy relay, and little to hold. */
const MOST_NAMES = 65_536;

interface Used {
	/** The client that has used it. */
	readonly tuple: string;
	readonly endsAtUnixSeconds: number;
}

/**
 * One-time usernames that have had their binding, as long as they would be good otherwise. None is forgotten before:
 * where there is no more room, no new one is taken.
 */
export class UsedNames {
	readonly #names = new Map<string, Used>();
	readonly #most: number;

	constructor(most = MOST_NAMES) {
		this.#most = most;
	}

	get size(): number {
		return this.#names.size;
	}

	/** By which client; undefined: it has not been used. */
	userOf(username: string): string | undefined {
		return this.#names.get(username)?.tuple;
	}

	/** Whether it is remembered from now on. */
	add(username: string, tuple: string, endsAtUnixSeconds: number, unixSeconds: number): boolean {
		this.#forgetEnded(unixSeconds);
		if (this.#names.size >= this.#most) return false;
		this.#names.set(username, { tuple, endsAtUnixSeconds });
		return true;
	}

	/** Nothing came of it. */
	delete(username: string): void {
		this.#names.delete(username);
	}

	/** They end about in the order in which they came: the first that has not ended yet is where to stop. */
	#forgetEnded(unixSeconds: number): void {
		for (const [username, { endsAtUnixSeconds }] of this.#names) {
			if (endsAtUnixSeconds > unixSeconds) return;
			this.#names.delete(username);
		}
	}
}
