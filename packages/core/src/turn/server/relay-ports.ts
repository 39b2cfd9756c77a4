/** Which ports of one address are taken, of one transport. */
export class RelayPorts {
	readonly #first: number;
	readonly #count: number;
	/** By their distance from the first: as much as is in use, and nothing for a transport that nobody asks for. */
	readonly #taken = new Set<number>();

	constructor({ first, last }: { readonly first: number; readonly last: number }) {
		this.#first = first;
		this.#count = last - first + 1;
	}

	/**
	 * A free port, taken with this: the first from a random number on. `even`, `odd`: such a one; `pair`: one whose
	 * next is free and taken with it. Null: there is none.
	 */
	take(
		random: number,
		want: { readonly even: boolean; readonly odd?: boolean; readonly pair: boolean },
	): number | null {
		const count = this.#count;
		for (let step = 0; step < count; step++) {
			const index = (random + step) % count;
			const odd = ((this.#first + index) & 1) === 1;
			if (this.#taken.has(index) || (odd ? want.even : want.odd === true)) continue;
			if (want.pair && (index + 1 >= count || this.#taken.has(index + 1))) continue;
			this.#taken.add(index);
			if (want.pair) this.#taken.add(index + 1);
			return this.#first + index;
		}
		return null;
	}

	release(port: number): void {
		this.#taken.delete(port - this.#first);
	}
}
