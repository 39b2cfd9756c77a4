/** The latest samples of a hop, a place for each round. */
import { SAMPLES_KEPT } from "./summary.ts";

/** Marks in the ring beside round trips; nothing else is negative. */
const NOTHING = -1;
const LOST = -2;

/** A ring of rounds. */
export class RoundSamples {
	readonly #ring = new Float64Array(SAMPLES_KEPT).fill(NOTHING);
	/** Called with each round trip that falls out of the ring. */
	readonly #forgotten: (rttNs: number) => void;
	#first = 0;
	/** One behind the latest round. */
	#end = 0;

	constructor(forgotten: (rttNs: number) => void) {
		this.#forgotten = forgotten;
	}

	/** Writes what became of the probe of a round, null: lost. False: the round is older than the ring. */
	set(round: number, rttNs: number | null): boolean {
		if (this.#end === 0) this.#first = round;
		this.#advance(round + 1);
		if (round < Math.max(0, this.#end - SAMPLES_KEPT)) return false;
		if (round < this.#first) this.#first = round;
		this.#ring[round % SAMPLES_KEPT] = rttNs ?? LOST;
		return true;
	}

	/** Oldest first; rounds of which nothing is known yet are left out. */
	values(): (number | null)[] {
		const values: (number | null)[] = [];
		for (let round = Math.max(this.#first, this.#end - SAMPLES_KEPT); round < this.#end; round++) {
			const sample = this.#ring[round % SAMPLES_KEPT] as number;
			if (sample !== NOTHING) values.push(sample === LOST ? null : sample);
		}
		return values;
	}

	#advance(end: number): void {
		const from = Math.max(this.#end, end - SAMPLES_KEPT);
		for (let round = from; round < end; round++) {
			const old = this.#ring[round % SAMPLES_KEPT] as number;
			if (old >= 0) this.#forgotten(old);
			this.#ring[round % SAMPLES_KEPT] = NOTHING;
		}
		this.#end = Math.max(this.#end, end);
	}
}
