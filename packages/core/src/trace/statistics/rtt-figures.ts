/** Figures of round trips in running form: they take the same room after a million as after one. */
import { SortedWindow } from "./sorted-window.ts";
import { type RttSummary, SAMPLES_KEPT } from "./summary.ts";

/** RFC 3550 section 6.4.1: a sixteenth of each difference goes into the mean. */
const INTERARRIVAL_GAIN = 1 / 16;

/** Takes round trips in time, in the order in which they came. Percentiles are of those in `window`, which their owner empties. */
export class RttFigures {
	readonly window = new SortedWindow();
	#count = 0;
	#lastNs = 0;
	#bestNs = Number.POSITIVE_INFINITY;
	#worstNs = 0;
	#meanNs = 0;
	/** Sum of squared differences from the mean (Welford 1962). */
	#squares = 0;
	#logs = 0;
	#jitterNs = 0;
	#jitterSumNs = 0;
	#jitterWorstNs = 0;
	#interarrivalNs = 0;

	get count(): number {
		return this.#count;
	}

	add(rttNs: number): void {
		this.window.add(rttNs);
		if (this.#count > 0) this.#step(Math.abs(rttNs - this.#lastNs));
		this.#count++;
		this.#lastNs = rttNs;
		if (rttNs < this.#bestNs) this.#bestNs = rttNs;
		if (rttNs > this.#worstNs) this.#worstNs = rttNs;
		const before = rttNs - this.#meanNs;
		this.#meanNs += before / this.#count;
		this.#squares += before * (rttNs - this.#meanNs);
		this.#logs += Math.log(Math.max(1, rttNs));
	}

	/** Null: there were none. */
	summary(): RttSummary | null {
		if (this.#count === 0) return null;
		const steps = this.#count - 1;
		return {
			lastNs: this.#lastNs,
			avgNs: Math.round(this.#meanNs),
			bestNs: this.#bestNs,
			worstNs: this.#worstNs,
			stddevNs: Math.round(Math.sqrt(this.#squares / this.#count)),
			gmeanNs: Math.round(Math.exp(this.#logs / this.#count)),
			jitterNs: this.#jitterNs,
			jitterAvgNs: steps === 0 ? 0 : Math.round(this.#jitterSumNs / steps),
			jitterWorstNs: this.#jitterWorstNs,
			jitterInterarrivalNs: Math.round(this.#interarrivalNs),
			p50Ns: this.window.percentile(0.5),
			p95Ns: this.window.percentile(0.95),
			p99Ns: this.window.percentile(0.99),
		};
	}

	#step(differenceNs: number): void {
		this.#jitterNs = differenceNs;
		this.#jitterSumNs += differenceNs;
		if (differenceNs > this.#jitterWorstNs) this.#jitterWorstNs = differenceNs;
		this.#interarrivalNs += (differenceNs - this.#interarrivalNs) * INTERARRIVAL_GAIN;
	}
}

/** Round trips whose window is the latest of them. */
export class LatestRttFigures {
	readonly #figures = new RttFigures();
	readonly #ring: number[] = [];

	add(rttNs: number): void {
		const at = this.#figures.count % SAMPLES_KEPT;
		const oldest = this.#ring[at];
		if (oldest !== undefined) this.#figures.window.remove(oldest);
		this.#ring[at] = rttNs;
		this.#figures.add(rttNs);
	}

	summary(): RttSummary | null {
		return this.#figures.summary();
	}
}
