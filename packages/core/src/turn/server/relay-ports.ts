/** Which ports of one address are taken, of one transport. */
export class RelayPorts {
	readonly #first: number;
	readonly #taken: Uint8Array;

	constructor({ first, last }: { readonly first: number; readonly last: number }) {
		this.#first = first;
		this.#taken = new Uint8Array(last - first + 1);
	}

	/**
	 * A free port, taken with this: the first from a random number on. `even`: an even one; `pair`: one whose next is free
	 * and taken with it. Null: there is none.
	 */
	take(random: number, want: { readonly even: boolean; readonly pair: boolean }): number | null {
		const count = this.#taken.length;
		for (let step = 0; step < count; step++) {
			const index = (random + step) % count;
			const odd = ((this.#first + index) & 1) === 1;
			if (this.#taken[index] !== 0 || (want.even && odd)) continue;
			if (want.pair && this.#taken[index + 1] !== 0) continue;
			this.#taken[index] = 1;
			if (want.pair) this.#taken[index + 1] = 1;
			return this.#first + index;
		}
		return null;
	}

	release(port: number): void {
		this.#taken[port - this.#first] = 0;
	}
}
