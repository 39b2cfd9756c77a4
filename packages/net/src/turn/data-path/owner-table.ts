/**
 * Which clients' 5-tuples are another worker's, as the worker knows it to which the kernel brings them. An entry begins
 * as a guess, when a request of the 5-tuple is handed over, and stands once the other says that it has an allocation there. Pure.
 */
import { type Instant, SECOND } from "@whither/core";
import { addName, findName } from "./flow-names.ts";
import { FlowTable, grown } from "./flow-table.ts";

/** Guesses at once: more are handed over as well, and not remembered. Each is answered within moments. */
export const MOST_GUESSES = 1024;
/** How long a guess stands that nobody answers. */
const GUESS_NS = 10 * SECOND;
/** How often what is past is looked for. */
const SWEEP_NS = 60 * SECOND;

/** One worker's; `most` entries. */
export class OwnerTable {
	readonly #flows: FlowTable;
	readonly #most: number;
	readonly #idleNs: number;
	/** By row: the instance, -1 where the row is free; when it is past; whether it is a guess. */
	#owners: Int32Array;
	#until: Float64Array;
	#guessed: Int32Array;
	#guesses = 0;
	#nextSweep: Instant = 0;

	/** `idleNs`: how long an entry stands that nothing has come by. */
	constructor(seed: readonly [number, number], { most, idleNs }: { readonly most: number; readonly idleNs: number }) {
		this.#flows = new FlowTable(seed);
		this.#most = most;
		this.#idleNs = idleNs;
		const { capacity } = this.#flows;
		this.#owners = new Int32Array(capacity).fill(-1);
		this.#until = new Float64Array(capacity);
		this.#guessed = new Int32Array(capacity);
	}

	get size(): number {
		return this.#flows.size;
	}

	/** The entry of a datagram that came to this listener from this name; -1: it is nobody else's. */
	find(local: number, names: Int32Array, name: number, now: Instant): number {
		const row = findName(this.#flows, local, names, name);
		if (row < 0) return -1;
		if (now >= (this.#until[row] as number)) {
			this.#remove(row);
			return -1;
		}
		if (this.#guessed[row] === 0) this.#until[row] = now + this.#idleNs;
		return row;
	}

	/** The instance that an entry names. */
	ownerOf(entry: number): number {
		return this.#owners[entry] as number;
	}

	/** Whether it has yet to be confirmed. */
	isGuess(entry: number): boolean {
		return this.#guessed[entry] === 1;
	}

	/** A request of this 5-tuple is handed to this instance now. */
	guess(local: number, names: Int32Array, name: number, owner: number, now: Instant): void {
		this.#sweep(now);
		if (findName(this.#flows, local, names, name) >= 0 || this.#guesses >= MOST_GUESSES) return;
		if (this.#set(local, names, name, owner, now + GUESS_NS, 1)) this.#guesses++;
	}

	/** This instance has an allocation there. */
	confirm(local: number, names: Int32Array, name: number, owner: number, now: Instant): void {
		this.#sweep(now);
		const row = findName(this.#flows, local, names, name);
		if (row >= 0 && this.#guessed[row] === 1) this.#guesses--;
		this.#set(local, names, name, owner, now + this.#idleNs, 0);
	}

	/** This instance has none there, or no more; whether it is another's by now is not for it to say. */
	release(local: number, names: Int32Array, name: number, owner: number): void {
		const row = findName(this.#flows, local, names, name);
		if (row >= 0 && this.#owners[row] === owner) this.#remove(row);
	}

	#set(local: number, names: Int32Array, name: number, owner: number, until: Instant, guessed: 0 | 1): boolean {
		if (this.#flows.size >= this.#most && findName(this.#flows, local, names, name) < 0) return false;
		const row = addName(this.#flows, local, names, name);
		if (this.#flows.capacity > this.#owners.length) this.#grow(this.#flows.capacity);
		this.#owners[row] = owner;
		this.#until[row] = until;
		this.#guessed[row] = guessed;
		return true;
	}

	#remove(row: number): void {
		if (this.#guessed[row] === 1) this.#guesses--;
		this.#flows.remove(row);
		this.#owners[row] = -1;
		this.#guessed[row] = 0;
	}

	#sweep(now: Instant): void {
		if (now < this.#nextSweep) return;
		this.#nextSweep = now + SWEEP_NS;
		for (const [row, owner] of this.#owners.entries())
			if (owner >= 0 && now >= (this.#until[row] as number)) this.#remove(row);
	}

	#grow(capacity: number): void {
		const before = this.#owners.length;
		this.#owners = grown(this.#owners, capacity);
		this.#owners.fill(-1, before);
		this.#until = grown(this.#until, capacity);
		this.#guessed = grown(this.#guessed, capacity);
	}
}
