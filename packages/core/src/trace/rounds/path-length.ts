/** How long a path is, round after round: it may grow and shrink while it is watched. */
import type { ReplyMeaning } from "../method.ts";

/** Where the path ends is the farthest end of so many of the latest rounds: load balancers may have ways of different length. */
const ROUNDS_AGREEING = 3;
/** An end that was not heard of for so many rounds is looked for anew. */
const ROUNDS_TRUSTED = 8;
/** Hops that answered in so many rounds show how far the path goes. */
const ROUNDS_KEPT = 32;
/** Hops that are asked beyond the last that answers, for each round in which the end is not known. */
const STEP = 4;
/** Hops that the first round asks at once. */
const FIRST_HOPS = 8;

/** What one round heard: the lowest TTLs of the target and of an unreachable, and the highest of a hop on the way. */
interface RoundHeard {
	readonly round: number;
	target: number | null;
	blocked: number | null;
	hop: number;
}

/** Knows a path's end by the kind of the answers, never by who gave them (`PathEnd`). */
export class PathLength {
	readonly #firstTtl: number;
	/** Oldest first. */
	readonly #rounds: RoundHeard[] = [];
	#lastEnd: number | null = null;
	#lastEndRound = -1;
	#highestHop = 0;
	#reached = false;
	#expected: number | null = null;

	constructor(firstTtl: number) {
		this.#firstTtl = firstTtl;
	}

	/** The target answered at least once. */
	get reached(): boolean {
		return this.#reached;
	}

	/** The highest TTL at which a hop on the way ever answered; 0: none did. */
	get highestHop(): number {
		return this.#highestHop;
	}

	/** The end that was known last, whether or not it still holds; null: none ever was. */
	get lastEnd(): number | null {
		return this.#lastEnd;
	}

	/** Something other than an answer tells where the path probably ends. */
	expect(ttl: number): void {
		this.#expected = ttl;
	}

	/** Takes an answer in. */
	note(round: number, ttl: number, place: ReplyMeaning["place"]): void {
		const heard = this.#heardIn(round);
		if (heard === null) return;
		if (place === "hop") {
			heard.hop = Math.max(heard.hop, ttl);
			this.#highestHop = Math.max(this.#highestHop, ttl);
		} else if (place === "target") {
			heard.target = Math.min(ttl, heard.target ?? ttl);
			this.#reached = true;
		} else heard.blocked = Math.min(ttl, heard.blocked ?? ttl);
		const { end } = this;
		if (end === null) return;
		this.#lastEnd = end;
		this.#lastEndRound = Math.max(this.#lastEndRound, round);
	}

	/** The last TTL of the path; null: not known, or no longer. */
	get end(): number | null {
		const latest = this.#rounds.at(-1)?.round ?? 0;
		let end: number | null = null;
		let agreeing = 0;
		let highestSince = 0;
		for (let at = this.#rounds.length - 1; at >= 0 && agreeing < ROUNDS_AGREEING; at--) {
			const heard = this.#rounds[at] as RoundHeard;
			const own = heard.target ?? heard.blocked;
			if (heard.round < latest - ROUNDS_TRUSTED) break;
			if (own === null) {
				if (agreeing === 0) highestSince = Math.max(highestSince, heard.hop);
				continue;
			}
			agreeing++;
			end = Math.max(end ?? 0, own);
		}
		return end !== null && highestSince >= end ? null : end;
	}

	/** The last TTL to ask in this round, as far as answers have told by now. */
	horizon(round: number, { maxTtl, silentHops }: { readonly maxTtl: number; readonly silentHops: number }): number {
		const { end } = this;
		if (end !== null) return Math.min(end, maxTtl);
		const heard = this.#rounds.at(-1)?.round ?? round;
		let highest = this.#firstTtl - 1;
		for (const { hop } of this.#rounds) highest = Math.max(highest, hop);
		const ahead = Math.min(silentHops, STEP * Math.max(1, heard - this.#lastEndRound));
		let far = Math.max(highest + ahead, this.#lastEnd ?? 0);
		if (this.#lastEnd === null) far = Math.max(far, this.#firstTtl - 1 + Math.min(FIRST_HOPS, silentHops));
		if (this.#expected !== null && round === 0) far = Math.min(far, Math.max(this.#expected, highest + 1));
		return Math.min(far, maxTtl);
	}

	/** The row of a round; null: it is too long ago. Answers of a round may come behind those of the next. */
	#heardIn(round: number): RoundHeard | null {
		const rounds = this.#rounds;
		let at = rounds.length;
		while (at > 0 && (rounds[at - 1] as RoundHeard).round > round) at--;
		const before = rounds[at - 1];
		if (before?.round === round) return before;
		if (at === 0 && rounds.length === ROUNDS_KEPT) return null;
		const heard = { round, target: null, blocked: null, hop: 0 };
		rounds.splice(at, 0, heard);
		if (rounds.length > ROUNDS_KEPT) rounds.shift();
		return heard;
	}
}
