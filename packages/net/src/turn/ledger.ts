/**
 * Allocations of all servers of one service, counted in memory that their threads share. Owners are known by 64 bits of a
 * keyed hash: nobody can choose names that meet, and a chance meeting would take ten billion owners at once.
 */
import type { TurnLedger } from "@whither/core";
import { encodeUtf8, HmacKey, hmacSha256 } from "@whither/wire";

/** What is bounded; absent: nothing. */
export interface TurnQuotas {
	readonly perUser?: number;
	readonly total?: number;
}

/** Words of 32 bits before the table. */
const LOCK = 0;
const TOTAL = 1;
const MOST_TOTAL = 2;
const MOST_PER_USER = 3;
const SLOTS = 4;
const OWNERS = 5;
const KEY = 8;
const KEY_WORDS = 8;
const TABLE = 16;
/** Of the table: both halves of the owner's hash, and how many allocations; none: the slot is free. */
const SLOT_WORDS = 3;
const COUNT = 2;

const NO_BOUND = 0x7fffffff;
/** Owners that have allocations at one time; a service has fewer relay ports on an address. */
const MOST_OWNERS = 49_152;
/** Three quarters of it may be in use. */
const MOST_SLOTS = 65_536;

/** A thread holds the lock for a few microseconds; one that held it for so long has died meanwhile. */
const DEAD_AFTER_MS = 1000;

/** Memory for a ledger, to be handed to every thread. `key`: 32 random bytes. */
export function createTurnLedger({ perUser, total }: TurnQuotas, key: Uint8Array): SharedArrayBuffer {
	// Without a bound of its own nobody needs to be told apart.
	const slots = perUser === undefined ? 0 : MOST_SLOTS;
	const memory = new SharedArrayBuffer((TABLE + slots * SLOT_WORDS) * 4);
	const words = new Int32Array(memory);
	words[MOST_TOTAL] = total ?? NO_BOUND;
	words[MOST_PER_USER] = perUser ?? NO_BOUND;
	words[SLOTS] = slots;
	new Uint8Array(memory, KEY * 4, KEY_WORDS * 4).set(key.subarray(0, KEY_WORDS * 4));
	return memory;
}

/** This thread's way to a ledger's memory. */
export function openTurnLedger(memory: SharedArrayBuffer): TurnLedger {
	return new SharedLedger(memory);
}

class SharedLedger implements TurnLedger {
	readonly #words: Int32Array;
	readonly #key: HmacKey;

	constructor(memory: SharedArrayBuffer) {
		this.#words = new Int32Array(memory);
		this.#key = new HmacKey(new Uint8Array(memory, KEY * 4, KEY_WORDS * 4).slice());
	}

	take(owner: string): true | "perUser" | "total" {
		return this.#alone(owner, (high, low) => this.#taken(high, low));
	}

	give(owner: string): void {
		this.#alone(owner, (high, low) => this.#given(high, low));
	}

	#taken(high: number, low: number): true | "perUser" | "total" {
		const words = this.#words;
		if (this.#word(TOTAL) >= this.#word(MOST_TOTAL)) return "total";
		if (this.#word(SLOTS) > 0) {
			const at = this.#slotOf(high, low);
			const count = this.#word(at + COUNT);
			if (count >= this.#word(MOST_PER_USER)) return "perUser";
			if (count === 0 && this.#word(OWNERS) >= MOST_OWNERS) return "total";
			words[at] = high;
			words[at + 1] = low;
			words[at + COUNT] = count + 1;
			if (count === 0) words[OWNERS] = this.#word(OWNERS) + 1;
		}
		words[TOTAL] = this.#word(TOTAL) + 1;
		return true;
	}

	#given(high: number, low: number): void {
		const words = this.#words;
		words[TOTAL] = this.#word(TOTAL) - 1;
		if (this.#word(SLOTS) === 0) return;
		const at = this.#slotOf(high, low);
		const count = this.#word(at + COUNT);
		if (count > 1) words[at + COUNT] = count - 1;
		else if (count === 1) this.#free(at);
	}

	/** Where an owner stands, or would: the first slot from its own on that is its or free. */
	#slotOf(high: number, low: number): number {
		const mask = this.#word(SLOTS) - 1;
		for (let index = low & mask; ; index = (index + 1) & mask) {
			const at = TABLE + index * SLOT_WORDS;
			if (this.#word(at + COUNT) === 0 || (this.#word(at) === high && this.#word(at + 1) === low)) return at;
		}
	}

	/** Whoever stands behind a slot because of it moves up, so that no slot is lost. */
	#free(at: number): void {
		const words = this.#words;
		const mask = this.#word(SLOTS) - 1;
		let hole = (at - TABLE) / SLOT_WORDS;
		for (let index = (hole + 1) & mask; ; index = (index + 1) & mask) {
			const from = TABLE + index * SLOT_WORDS;
			if (this.#word(from + COUNT) === 0) break;
			const home = this.#word(from + 1) & mask;
			// Between its home and the hole there is no gap: it may stand in the hole.
			if (((index - home) & mask) < ((index - hole) & mask)) continue;
			words.copyWithin(TABLE + hole * SLOT_WORDS, from, from + SLOT_WORDS);
			hole = index;
		}
		words[TABLE + hole * SLOT_WORDS + COUNT] = 0;
		words[OWNERS] = this.#word(OWNERS) - 1;
	}

	#word(at: number): number {
		return this.#words[at] ?? 0;
	}

	/** Runs while no other thread does. */
	#alone<Result>(owner: string, run: (high: number, low: number) => Result): Result {
		const digest = hmacSha256(this.#key, encodeUtf8(owner));
		const view = new DataView(digest.buffer, digest.byteOffset);
		lock(this.#words);
		try {
			return run(view.getInt32(0), view.getInt32(4));
		} finally {
			unlock(this.#words);
		}
	}
}

/** Whoever finds it taken sleeps until it is given back; one that is not given back is taken over. */
function lock(words: Int32Array): void {
	while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0)
		if (Atomics.wait(words, LOCK, 1, DEAD_AFTER_MS) === "timed-out") return;
}

function unlock(words: Int32Array): void {
	Atomics.store(words, LOCK, 0);
	Atomics.notify(words, LOCK, 1);
}
