/**
 * The search for the TTL that a path ends at, by asking one TTL after the other alone: for ends that answer every probe
 * that comes so far, without a word on which. An answer says that the path ends there or before, silence that it does not.
 */
import type { HeldPath, HeldSlots } from "./held-slots.ts";
import type { Slot } from "./probe-book.ts";

/** So many TTLs next to where the path likely ends are asked first: that is seldom far from the truth. */
const NEAR_GUESSES = 2;

/** Where one slot is asked at a time, a TTL is silent after so many of them: two packets in a row are seldom lost. */
const ENOUGH_SILENT = 2;

/** What is asked at once: all slots of a TTL, or no two slots. */
export type OneByOne = "ttls" | "slots";

/** One search. */
export class LoneSearch {
	#ttl: number | null = null;
	/** How often slots of that TTL were asked. */
	#asks = 0;
	readonly #asked = new Set<number>();

	/** The next slots to ask, of those that are held up to where the path is known to end. */
	next(held: readonly Slot[], { endTtl, likelyTtl }: HeldPath, oneByOne: OneByOne): HeldSlots {
		const silent = this.#silentUpTo(held, endTtl);
		const open = held.filter(({ ttl }) => ttl > silent);
		const ttls = [...new Set(open.map(({ ttl }) => ttl))];
		const ttl = this.#choose(ttls, likelyTtl);
		this.#asks = ttl === this.#ttl ? this.#asks + 1 : 1;
		this.#ttl = ttl;
		if (ttl !== null) this.#asked.add(ttl);
		const ask = open.filter((slot) => slot.ttl === ttl);
		return { ask: oneByOne === "slots" ? ask.slice(0, 1) : ask, giveUp: held.filter((slot) => slot.ttl <= silent) };
	}

	/** The TTL asked last was silent, and so is everything before it; 0: it was not, or is not fully asked. */
	#silentUpTo(held: readonly Slot[], endTtl: number | null): number {
		const ttl = this.#ttl;
		if (ttl === null || (endTtl !== null && endTtl <= ttl)) return 0;
		const isBegun = held.some((slot) => slot.ttl === ttl) && this.#asks < ENOUGH_SILENT;
		return isBegun ? 0 : ttl;
	}

	/** What was begun is ended; then the likeliest, later the one in the middle. */
	#choose(ttls: readonly number[], likelyTtl: number | null): number | null {
		if (this.#ttl !== null && ttls.includes(this.#ttl)) return this.#ttl;
		if (likelyTtl === null || this.#asked.size >= NEAR_GUESSES) return ttls[ttls.length >> 1] ?? null;
		const far = (ttl: number) => Math.abs(ttl - likelyTtl);
		return [...ttls].sort((a, b) => far(a) - far(b))[0] ?? null;
	}
}
