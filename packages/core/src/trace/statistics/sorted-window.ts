/** Samples kept in order of size, so that percentiles cost nothing when they are asked for. */

/** A bag of numbers, as many as are put in and not yet taken out. */
export class SortedWindow {
	#values = new Float64Array(16);
	#length = 0;

	get length(): number {
		return this.#length;
	}

	add(value: number): void {
		if (this.#length === this.#values.length) {
			const grown = new Float64Array(2 * this.#length);
			grown.set(this.#values);
			this.#values = grown;
		}
		const at = this.#place(value);
		this.#values.copyWithin(at + 1, at, this.#length);
		this.#values[at] = value;
		this.#length++;
	}

	/** Takes one sample of this size out; there must be one. */
	remove(value: number): void {
		const at = this.#place(value);
		this.#values.copyWithin(at, at + 1, this.#length);
		this.#length--;
	}

	/** The smallest sample that at least this part (0 to 1) of all are not larger than; 0 without samples. */
	percentile(part: number): number {
		if (this.#length === 0) return 0;
		const rank = Math.max(1, Math.ceil(part * this.#length));
		return this.#values[rank - 1] as number;
	}

	/** Where the first sample stands that is not smaller. */
	#place(value: number): number {
		let from = 0;
		let to = this.#length;
		while (from < to) {
			const middle = (from + to) >> 1;
			if ((this.#values[middle] as number) < value) from = middle + 1;
			else to = middle;
		}
		return from;
	}
}
