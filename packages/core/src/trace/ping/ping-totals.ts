/** The running totals of a ping: they take the same room after a million probes as after one. */
import type { PingAnswerer, PingRoundTrips, PingTotals } from "./ping-result.ts";

/** Those who answered are told apart up to so many. */
export const MOST_ANSWERERS = 64;

/** An answer in time. */
export interface PingAnswer {
	readonly seq: number;
	readonly from: string;
	readonly rttNs: number;
}

/** Counts, round trips, and the loss of the last few probes. */
export class PingTally {
	readonly counts = { sent: 0, received: 0, lost: 0, notSent: 0, duplicates: 0, late: 0 };
	readonly #answerers = new Map<string, { received: number; readonly firstSeq: number; lastSeq: number }>();
	readonly #window: boolean[] = [];
	readonly #windowSize: number;
	#lostInWindow = 0;
	#settledInAll = 0;
	#minNs = Number.POSITIVE_INFINITY;
	#maxNs = 0;
	#meanNs = 0;
	/** Sum of squared differences from the mean (Welford 1962). */
	#squares = 0;
	#lastNs: number | null = null;
	#steps = 0;
	#stepsNs = 0;

	constructor(windowSize: number) {
		this.#windowSize = windowSize;
	}

	/** Probes answered, given up or refused. */
	get settled(): number {
		const { received, lost, notSent } = this.counts;
		return received + lost + notSent;
	}

	/** Loss of the last probes in percent; null until there have been enough of them. */
	get windowLossPercent(): number | null {
		return this.#window.length < this.#windowSize ? null : (100 * this.#lostInWindow) / this.#windowSize;
	}

	/** How many addresses are told apart. */
	get answerersKnown(): number {
		return this.#answerers.size;
	}

	answered(answer: PingAnswer): void {
		this.counts.received++;
		this.#note(false);
		this.#measure(answer.rttNs);
		this.#knowAnswerer(answer);
	}

	lost(): void {
		this.counts.lost++;
		this.#note(true);
	}

	/** The totals as the result has them. */
	totals(waiting: number): PingTotals {
		const { received, lost } = this.counts;
		const known = received + lost;
		return { ...this.counts, waiting, lossPercent: known === 0 ? null : round((100 * lost) / known) };
	}

	/** Null before the first answer. */
	roundTrips(): PingRoundTrips | null {
		const { received } = this.counts;
		if (received === 0) return null;
		return {
			minNs: Math.round(this.#minNs),
			avgNs: Math.round(this.#meanNs),
			maxNs: Math.round(this.#maxNs),
			stddevNs: Math.round(Math.sqrt(this.#squares / received)),
			jitterNs: this.#steps === 0 ? 0 : Math.round(this.#stepsNs / this.#steps),
		};
	}

	/** In the order in which they were first heard. */
	answerers(): readonly PingAnswerer[] {
		return [...this.#answerers].map(([from, counted]) => ({ from, name: null, ...counted }));
	}

	#note(lost: boolean): void {
		const at = this.#settledInAll++ % this.#windowSize;
		if (this.#window[at] === true) this.#lostInWindow--;
		this.#window[at] = lost;
		if (lost) this.#lostInWindow++;
	}

	#measure(rttNs: number): void {
		this.#minNs = Math.min(this.#minNs, rttNs);
		this.#maxNs = Math.max(this.#maxNs, rttNs);
		const before = rttNs - this.#meanNs;
		this.#meanNs += before / this.counts.received;
		this.#squares += before * (rttNs - this.#meanNs);
		if (this.#lastNs !== null) {
			this.#steps++;
			this.#stepsNs += Math.abs(rttNs - this.#lastNs);
		}
		this.#lastNs = rttNs;
	}

	#knowAnswerer({ from, seq }: PingAnswer): void {
		const known = this.#answerers.get(from);
		if (known !== undefined) {
			known.received++;
			known.lastSeq = seq;
		} else if (this.#answerers.size < MOST_ANSWERERS) {
			this.#answerers.set(from, { received: 1, firstSeq: seq, lastSeq: seq });
		}
	}
}

/** Percent with three decimals. */
function round(percent: number): number {
	return Math.round(percent * 1000) / 1000;
}
