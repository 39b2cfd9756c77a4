/** Random numbers that are the same on every run: the simulated internet draws from nothing else. */

/** A seeded stream of random numbers (sfc32, C. Doty-Humphrey's small fast counting generator). */
export class Random {
	#a: number;
	#b: number;
	#c: number;
	#counter = 1;

	constructor(seed: number) {
		this.#a = seed >>> 0;
		this.#b = (seed / 0x1_0000_0000) >>> 0;
		this.#c = 0x9e3779b9;
		// PractRand's author mixes twelve rounds before the first number is used.
		for (let round = 0; round < 12; round++) this.uint32();
	}

	/** An integer from 0 to 2^32 - 1. */
	uint32(): number {
		const sum = (this.#a + this.#b + this.#counter) >>> 0;
		this.#counter = (this.#counter + 1) >>> 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) >>> 0;
		this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
		return sum;
	}

	/** A number from 0 up to, but not including, 1. */
	fraction(): number {
		return this.uint32() / 0x1_0000_0000;
	}

	/** An integer from 0 up to, but not including, `limit`. */
	below(limit: number): number {
		return Math.floor(this.fraction() * limit);
	}

	/** True in a share of the draws; draws nothing when the share is 0, so that faultless parts disturb no other. */
	chance(share: number): boolean {
		return share > 0 && this.fraction() < share;
	}

	bytes(length: number): Uint8Array {
		return Uint8Array.from({ length }, () => this.uint32() & 0xff);
	}

	/** A stream of its own, so that one part's draws do not move another's. */
	fork(): Random {
		return new Random(this.uint32() + this.below(0x10_0000) * 0x1_0000_0000);
	}
}
