/**
 * Whose an answer is that does not name its probe, in a continuous trace: never a guess between several hops. Where it may be
 * several's, the hops that nobody is known to answer for are asked one after the other from then on, and whoever answers then is
 * remembered: later answers of the same address are that hop's.
 */

import type { Reply } from "../channel.ts";
import type { ReplyMeaning } from "../method.ts";
import type { FlowMatch } from "../ping/ping-hearing.ts";
import type { Slot, Transmission } from "../probe-book.ts";

/** Answerers whose TTL is remembered. */
const ANSWERERS_KEPT = 1_024;
/** A hop that misses so many in a row may be answered by somebody else now. */
const MISSES_TRUSTED = 3;

/** An answer whose probe is known. */
interface Placed {
	/** It did not name its probe. */
	readonly inferred: boolean;
	readonly from: string;
	readonly place: ReplyMeaning["place"];
}

/** Learns who answers where. */
export class UnnamedAnswers {
	readonly #waiting: ReadonlySet<Slot>;
	/** TTLs by answerer; null: it answers at several. */
	readonly #ttls = new Map<string, number | null>();
	/** TTLs whose answerers are known: probes in a row that they have not answered, and whether their answers name the probe. */
	readonly #known = new Map<number, { readonly isNamed: boolean; misses: number }>();
	/** Hops that are still to be asked one after the other in this round. */
	#turns: number[] = [];
	/** By TTL: at which turn it was asked last. */
	readonly #asked = new Map<number, number>();
	#turn = 0;
	#ambiguous = false;

	constructor(waiting: ReadonlySet<Slot>) {
		this.#waiting = waiting;
	}

	/** There was an answer that may have been several hops'. */
	get ambiguous(): boolean {
		return this.#ambiguous;
	}

	/** An answer is known to be this TTL's. */
	learn(ttl: number, { from, place, inferred }: Placed): void {
		this.#known.set(ttl, { isNamed: !inferred, misses: 0 });
		const known = this.#ttls.get(from);
		if (known === undefined) {
			if (this.#ttls.size < ANSWERERS_KEPT) this.#ttls.set(from, ttl);
		} else if (place !== "hop") this.#ttls.set(from, Math.min(known ?? ttl, ttl));
		else if (known !== ttl) this.#ttls.set(from, null);
	}

	/** Nothing came for a probe of this TTL. */
	missed(ttl: number): void {
		const known = this.#known.get(ttl);
		if (known === undefined || ++known.misses < MISSES_TRUSTED) return;
		this.#known.delete(ttl);
		for (const [from, answers] of this.#ttls) if (answers === ttl) this.#ttls.delete(from);
	}

	/** The probe that it is for: the one waited for longest of the only TTL it can be; null: it may be of several, or of none. */
	place({ at, from }: Pick<Reply, "at" | "from">, { ttl }: Pick<FlowMatch, "ttl">): Transmission | null {
		const open: Transmission[] = [];
		for (const { transmission } of this.#waiting) {
			if (transmission !== null && transmission.sentAt <= at) open.push(transmission);
		}
		const only = ttl ?? this.#ttls.get(from) ?? this.#onlyTtl(open);
		return open.find(({ slot }) => slot.ttl === only) ?? null;
	}

	/** Those of a round's TTLs that may be asked together; the others get their turns. */
	together(ttls: readonly number[]): readonly number[] {
		if (!this.#ambiguous) return ttls;
		const alone = ttls.filter((ttl) => !this.#known.has(ttl));
		this.#turns.push(...alone);
		this.#turns.sort((a, b) => (this.#asked.get(a) ?? 0) - (this.#asked.get(b) ?? 0) || a - b);
		return alone.length === 0 ? ttls : ttls.filter((ttl) => this.#known.has(ttl));
	}

	/** A round begins: who had no turn in the one before has one in this. */
	beginRound(): void {
		this.#turns = [];
	}

	/** The TTL that may be asked now; null: none, or an answer could not be told from another hop's. */
	get nextTurn(): number | null {
		const [ttl] = this.#turns;
		if (ttl === undefined) return null;
		for (const slot of this.#waiting) if (!this.#isNamed(slot.ttl)) return null;
		return ttl;
	}

	/** The TTL whose turn it is, which is over by that. */
	takeTurn(): number | null {
		const ttl = this.nextTurn;
		if (ttl === null) return null;
		this.#turns.shift();
		this.#asked.set(ttl, ++this.#turn);
		return ttl;
	}

	#onlyTtl(open: readonly Transmission[]): number | null {
		const ttls = new Set(open.map(({ slot }) => slot.ttl).filter((ttl) => !this.#isNamed(ttl)));
		const [ttl = null] = ttls;
		if (ttls.size > 1) this.#ambiguous = true;
		return ttls.size === 1 ? ttl : null;
	}

	#isNamed(ttl: number): boolean {
		return this.#known.get(ttl)?.isNamed === true;
	}
}
