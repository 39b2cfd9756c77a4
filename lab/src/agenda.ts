/** What is due when: a list in order of time, made for items that mostly come in that order already. */

interface Entry<Item> {
	readonly at: number;
	readonly item: Item;
}

/** Items by time; equal times keep the order they came in. */
export class Agenda<Item> {
	#entries: Entry<Item>[] = [];
	#first = 0;

	/** When the first item is due, or null. */
	get nextAt(): number | null {
		return this.#entries[this.#first]?.at ?? null;
	}

	add(at: number, item: Item): void {
		let place = this.#entries.length;
		while (place > this.#first && (this.#entries[place - 1]?.at ?? 0) > at) place--;
		if (place === this.#entries.length) this.#entries.push({ at, item });
		else this.#entries.splice(place, 0, { at, item });
	}

	/** Takes the first item out if it is due at `now`. */
	takeDue(now: number): Item | null {
		const entry = this.#entries[this.#first];
		if (entry === undefined || entry.at > now) return null;
		this.#first++;
		if (this.#first >= 1024 || this.#first === this.#entries.length) {
			this.#entries = this.#entries.slice(this.#first);
			this.#first = 0;
		}
		return entry.item;
	}
}
