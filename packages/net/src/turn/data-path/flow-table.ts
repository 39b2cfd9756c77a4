/**
 * A table of flows by six words of 32 bits: open addressing over typed arrays, found by a keyed hash (HalfSipHash, of
 * which strangers know no seed), so that nobody can choose keys that meet. Pure; no strings, nothing allocated by look-ups.
 */

/** Words of a key. */
const KEY_WORDS = 6;
/** Entries there is room for at first. */
const FIRST_CAPACITY = 64;

/** Names entries by number: the smallest that is free, so that whoever keeps columns beside it has them dense. */
export class FlowTable {
	/** Rows there is room for; columns beside the table grow with it. */
	capacity = FIRST_CAPACITY;
	#keys = new Int32Array(FIRST_CAPACITY * KEY_WORDS);
	/** Row + 1 by place; 0: free. At most half full. */
	#places = new Int32Array(FIRST_CAPACITY * 2);
	/** Rows that were given back: each names the next. */
	#nextFree = new Int32Array(FIRST_CAPACITY);
	#firstFree = -1;
	#rows = 0;
	#size = 0;
	readonly #seed: readonly [number, number];

	/** `seed`: 64 random bits as two integers. */
	constructor(seed: readonly [number, number]) {
		this.#seed = seed;
	}

	get size(): number {
		return this.#size;
	}

	/** The row of a key; -1: there is none. */
	find(k0: number, k1: number, k2: number, k3: number, k4: number, k5: number): number {
		const places = this.#places;
		const keys = this.#keys;
		const mask = places.length - 1;
		for (let place = this.#hash(k0, k1, k2, k3, k4, k5) & mask; ; place = (place + 1) & mask) {
			const row = (places[place] as number) - 1;
			if (row < 0) return -1;
			const at = row * KEY_WORDS;
			if (
				keys[at] === k0 &&
				keys[at + 1] === k1 &&
				keys[at + 2] === k2 &&
				keys[at + 3] === k3 &&
				keys[at + 4] === k4 &&
				keys[at + 5] === k5
			)
				return row;
		}
	}

	/** The row of a key, a new one where there was none. */
	add(k0: number, k1: number, k2: number, k3: number, k4: number, k5: number): number {
		const found = this.find(k0, k1, k2, k3, k4, k5);
		if (found >= 0) return found;
		let row = this.#firstFree;
		if (row >= 0) this.#firstFree = this.#nextFree[row] as number;
		else {
			if (this.#rows === this.capacity) this.#grow();
			row = this.#rows++;
		}
		this.#keys.set([k0, k1, k2, k3, k4, k5], row * KEY_WORDS);
		this.#place(row);
		this.#size++;
		return row;
	}

	/** Forgets a row that there is. */
	remove(row: number): void {
		const places = this.#places;
		const mask = places.length - 1;
		let hole = this.#homeOf(row);
		while (places[hole] !== row + 1) hole = (hole + 1) & mask;
		// Whoever stands behind it because of it moves up.
		for (let place = (hole + 1) & mask; places[place] !== 0; place = (place + 1) & mask) {
			const home = this.#homeOf((places[place] as number) - 1);
			if (((place - home) & mask) < ((place - hole) & mask)) continue;
			places[hole] = places[place] as number;
			hole = place;
		}
		places[hole] = 0;
		this.#nextFree[row] = this.#firstFree;
		this.#firstFree = row;
		this.#size--;
	}

	#place(row: number): void {
		const places = this.#places;
		const mask = places.length - 1;
		let place = this.#homeOf(row);
		while (places[place] !== 0) place = (place + 1) & mask;
		places[place] = row + 1;
	}

	#homeOf(row: number): number {
		const [k0, k1, k2, k3, k4, k5] = this.#keys.subarray(row * KEY_WORDS, (row + 1) * KEY_WORDS);
		return this.#hash(k0 ?? 0, k1 ?? 0, k2 ?? 0, k3 ?? 0, k4 ?? 0, k5 ?? 0) & (this.#places.length - 1);
	}

	/** Only when all rows are in use. */
	#grow(): void {
		this.capacity *= 2;
		this.#keys = grown(this.#keys, this.capacity * KEY_WORDS);
		this.#nextFree = grown(this.#nextFree, this.capacity);
		this.#places = new Int32Array(this.capacity * 2);
		for (let row = 0; row < this.#rows; row++) this.#place(row);
	}

	/** HalfSipHash-1-3 over the words; the last three only where one of them is not zero, as they all are of IPv4. */
	#hash(k0: number, k1: number, k2: number, k3: number, k4: number, k5: number): number {
		let v0 = this.#seed[0];
		let v1 = this.#seed[1];
		let v2 = 0x6c796765 ^ v0;
		let v3 = 0x74656462 ^ v1;
		const words = (k3 | k4 | k5) === 0 ? 3 : KEY_WORDS;
		// One round for each word, and four at the end.
		for (let round = 0; round < words + 4; round++) {
			const word =
				round === 0
					? k0
					: round === 1
						? k1
						: round === 2
							? k2
							: words === 3 || round > 5
								? 0
								: laterWord(round, k3, k4, k5);
			if (round === words) v2 ^= 0xff;
			v3 ^= word;
			v0 = (v0 + v1) | 0;
			v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
			v0 = (v0 << 16) | (v0 >>> 16);
			v2 = (v2 + v3) | 0;
			v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
			v0 = (v0 + v3) | 0;
			v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
			v2 = (v2 + v1) | 0;
			v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
			v2 = (v2 << 16) | (v2 >>> 16);
			v0 ^= word;
		}
		return v1 ^ v3;
	}
}

function laterWord(round: number, k3: number, k4: number, k5: number): number {
	return round === 3 ? k3 : round === 4 ? k4 : k5;
}

/** The same numbers with room for more. */
export function grown<Column extends Int32Array | Float64Array>(column: Column, length: number): Column {
	const larger = new (column.constructor as new (length: number) => Column)(length);
	larger.set(column);
	return larger;
}
