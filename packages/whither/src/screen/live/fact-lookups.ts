/** What is known of addresses, asked while the screen runs: a few at a time, each once until it is forgotten. */
import type { AddressFacts, FactBook } from "../model/model.ts";

/** Who is asked: names, origins or places. It may say less than it is asked for; a rejection is no answer. */
export type AskFacts = (address: string) => Promise<AddressFacts>;

/** Questions under way at a time. */
const MOST_AT_ONCE = 16;
/** Addresses kept; a path has a few dozen. */
const MOST_KEPT = 4096;

/** Facts by address, from any number of those who are asked. */
export class FactLookups {
	readonly #told: () => void;
	readonly #sources = new Map<string, AskFacts>();
	readonly #asked = new Set<string>();
	readonly #queue: (() => Promise<void>)[] = [];
	#book = new Map<string, AddressFacts>();
	#underWay = 0;

	/** `told` is called when something new is known. */
	constructor(told: () => void) {
		this.#told = told;
	}

	/** What is known by now; another object when it has changed. */
	get book(): FactBook {
		return this.#book;
	}

	/** From now on, ask this one too; by its name, under which it can be asked again. */
	add(name: string, ask: AskFacts): void {
		this.#sources.set(name, ask);
	}

	/** Ask everybody about addresses that have not been asked about. */
	want(addresses: Iterable<string>): void {
		for (const address of addresses) {
			for (const [name, ask] of this.#sources) {
				const key = `${name} ${address}`;
				if (this.#asked.has(key) || this.#asked.size >= MOST_KEPT) continue;
				this.#asked.add(key);
				this.#queue.push(() => this.#ask(address, ask));
			}
		}
		this.#next();
	}

	/** Forget what names are known, and ask again when they are wanted. */
	forgetNames(name: string): void {
		for (const key of this.#asked) if (key.startsWith(`${name} `)) this.#asked.delete(key);
		this.#book = new Map([...this.#book].map(([address, { name: _, ...others }]) => [address, others]));
		this.#told();
	}

	#next(): void {
		while (this.#underWay < MOST_AT_ONCE) {
			const ask = this.#queue.shift();
			if (ask === undefined) return;
			this.#underWay++;
			ask().finally(() => {
				this.#underWay--;
				this.#next();
			});
		}
	}

	async #ask(address: string, ask: AskFacts): Promise<void> {
		const facts = await ask(address).catch(() => null);
		if (facts === null) return;
		this.#book = new Map(this.#book).set(address, { ...this.#book.get(address), ...facts });
		this.#told();
	}
}
