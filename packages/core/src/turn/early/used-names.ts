/** Names that are remembered at most: a day's of a busy relay, and little to hold. */
const MOST_NAMES = 65_536;

interface Used {
	/** The client that has used it, and whose name it is. */
	readonly tuple: string;
	readonly owner: string;
	readonly endsAtUnixSeconds: number;
}

/**
 * One-time usernames that have had their binding, as long as they would be good otherwise. None is forgotten before:
 * where there is no more room, no new one is taken. One owner gets as many as room is left for all others, so that nobody
 * fills it alone.
 */
export class UsedNames {
	readonly #names = new Map<string, Used>();
	readonly #byOwner = new Map<string, number>();
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
	add(username: string, used: Used, unixSeconds: number): boolean {
		this.#forgetEnded(unixSeconds);
		const owned = this.#byOwner.get(used.owner) ?? 0;
		if (owned >= this.#most - this.#names.size) return false;
		this.#names.set(username, used);
		this.#byOwner.set(used.owner, owned + 1);
		return true;
	}

	/** Nothing came of it. */
	delete(username: string): void {
		const used = this.#names.get(username);
		if (used === undefined) return;
		this.#names.delete(username);
		const owned = (this.#byOwner.get(used.owner) ?? 0) - 1;
		if (owned > 0) this.#byOwner.set(used.owner, owned);
		else this.#byOwner.delete(used.owner);
	}

	/** They end about in the order in which they came: the first that has not ended yet is where to stop. */
	#forgetEnded(unixSeconds: number): void {
		for (const [username, { endsAtUnixSeconds }] of this.#names) {
			if (endsAtUnixSeconds > unixSeconds) return;
			this.delete(username);
		}
	}
}
