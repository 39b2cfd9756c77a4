/** The latest samples of a hop, a place for each round. */
import { SAMPLES_KEPT } from "./summary.ts";

/** A round trip in nanoseconds; null: lost, undefined: nothing is known. */
type Sample = number | null | undefined;

/** A ring of rounds. Samples stay the values that they came as: copies of them cost no more than pointers. */
export class RoundSamples {
	readonly #ring: Sample[] = [];
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
		if (round < this.#end - SAMPLES_KEPT) return false;
		if (round < this.#first) this.#first = round;
		this.#write(round, rttNs);
		return true;
	}

	/** Oldest first; rounds of which nothing is known yet are left out. */
	values(): (number | null)[] {
		const from = Math.max(this.#first, this.#end - SAMPLES_KEPT);
		const values = new Array<number | null>(this.#end - from);
		let count = 0;
		for (let round = from; round < this.#end; round++) {
			const sample = this.#ring[round % SAMPLES_KEPT];
			if (sample !== undefined) values[count++] = sample;
		}
		values.length = count;
		return values;
	}

	#advance(end: number): void {
		for (let round = Math.max(this.#end, end - SAMPLES_KEPT); round < end; round++) {
			this.#write(round, undefined);
		}
		this.#end = Math.max(this.#end, end);
	}

	#write(round: number, sample: Sample): void {
		const old = this.#ring[round % SAMPLES_KEPT];
		if (typeof old === "number") this.#forgotten(old);
		this.#ring[round % SAMPLES_KEPT] = sample;
	}
}
