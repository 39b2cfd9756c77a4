/** What leaves in a continuous trace and when: rounds at their times, and what a round turns out to lack. */
import type { Instant } from "../../machine.ts";
import type { PathLength } from "./path-length.ts";
import type { RoundsBook } from "./rounds-book.ts";
import { ROUNDS_SILENT_HOPS, type RoundsOptions } from "./rounds-options.ts";
import type { UnnamedAnswers } from "./unnamed-answers.ts";

/** What is sent by. */
export interface RoundSendingParts {
	readonly book: RoundsBook;
	readonly length: PathLength;
	readonly unnamed: UnnamedAnswers;
	readonly rounds: RoundsOptions;
	readonly options: { readonly firstTtl: number; readonly maxTtl: number; readonly maxSilentHops: number | null };
}

/** Probes of a round that leave together. */
export interface RoundBatch {
	readonly round: number;
	/** How far the round has come by them. */
	readonly lastTtl: number;
	readonly ttls: readonly number[];
	/** They are not all from behind the last batch up to `lastTtl`. */
	readonly isPartial: boolean;
}

/** The sending side; it makes no packets. */
export class RoundSending {
	readonly #parts: RoundSendingParts;
	/** When the next round is due. */
	#nextAt: Instant = 0;
	/** The round that was sent last, and how far it went. */
	#round = -1;
	#lastTtl = 0;
	/** Answers showed that the path goes on behind what the round has asked. */
	#grows = false;

	constructor(parts: RoundSendingParts) {
		this.#parts = parts;
	}

	/** Rounds that have been sent. */
	get rounds(): number {
		return this.#round + 1;
	}

	/** No round is left, nor anything of the last. */
	get done(): boolean {
		return this.#allSent && !this.#grows && this.#parts.unnamed.nextTurn === null;
	}

	/** The first round is due now. */
	begin(now: Instant): void {
		this.#nextAt = now;
	}

	/** An answer was taken in: the path may be longer than the round has asked. */
	answered(): void {
		this.#grows ||= this.#horizon(this.#round) > this.#lastTtl;
	}

	/** When the next probes may leave (negative infinity: at once); null: none are left, or there is no room for more in flight. */
	get nextAt(): Instant | null {
		const { book, unnamed } = this.#parts;
		const isOwed = (this.#grows || unnamed.nextTurn !== null) && book.room > 0;
		return isOwed ? Number.NEGATIVE_INFINITY : this.#roundAt;
	}

	/** What is due: the rest of a round whose path turned out longer, a hop whose turn it is, the next round. A late round moves those after it. */
	*due(now: Instant): Generator<RoundBatch> {
		if (this.#grows) {
			this.#grows = false;
			yield* this.#batch(this.#horizon(this.#round));
		}
		const turn = this.#parts.book.room > 0 ? this.#parts.unnamed.takeTurn() : null;
		if (turn !== null) yield { round: this.#round, lastTtl: this.#lastTtl, ttls: [turn], isPartial: true };
		const roundAt = this.#roundAt;
		if (roundAt !== null && roundAt <= now) yield* this.#nextRound(roundAt, now);
	}

	*#nextRound(roundAt: Instant, now: Instant): Generator<RoundBatch> {
		const { rounds, options, unnamed } = this.#parts;
		const { intervalNs } = rounds;
		this.#nextAt = roundAt + intervalNs > now ? roundAt + intervalNs : now + intervalNs;
		this.#round++;
		this.#lastTtl = options.firstTtl - 1;
		unnamed.beginRound();
		yield* this.#batch(this.#horizon(this.#round));
	}

	/** The probes of the round from behind the last it has asked up to this TTL, as far as there is room. */
	*#batch(farTtl: number): Generator<RoundBatch> {
		const { book, unnamed } = this.#parts;
		const firstTtl = this.#lastTtl + 1;
		const lastTtl = Math.min(farTtl, this.#lastTtl + book.room);
		if (lastTtl < firstTtl) return;
		const all = Array.from({ length: lastTtl - firstTtl + 1 }, (_, at) => firstTtl + at);
		const ttls = unnamed.together(all);
		this.#lastTtl = lastTtl;
		yield { round: this.#round, lastTtl, ttls, isPartial: ttls.length < all.length };
	}

	/** When the next round may leave. */
	get #roundAt(): Instant | null {
		return this.#allSent || !this.#hasRoom ? null : this.#nextAt;
	}

	/** For a whole round, or as much of it as there ever is room for. */
	get #hasRoom(): boolean {
		const { firstTtl, maxTtl } = this.#parts.options;
		const { room, mostWaiting } = this.#parts.book;
		if (room > maxTtl - firstTtl) return true;
		return room >= Math.min(this.#horizon(this.#round + 1) - firstTtl + 1, mostWaiting);
	}

	get #allSent(): boolean {
		const { rounds } = this.#parts.rounds;
		return rounds !== null && this.rounds >= rounds;
	}

	#horizon(round: number): number {
		const { length, options } = this.#parts;
		const { maxTtl, maxSilentHops } = options;
		return length.horizon(round, { maxTtl, silentHops: maxSilentHops ?? ROUNDS_SILENT_HOPS });
	}
}
