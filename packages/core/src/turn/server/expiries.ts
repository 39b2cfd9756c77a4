import type { Instant } from "../../machine.ts";

/** What ends at a time, unless it is put off or taken out. */
export interface Expiring {
	/** Set by `Expiries` alone, once it is in. */
	expiresAt: Instant;
	/** Where it stands in the heap; -1: it is not in. */
	place: number;
}

/** Who ends next: a binary heap in which everybody knows their place, so that putting off and taking out cost log n. */
export class Expiries<Item extends Expiring> {
	readonly #heap: Item[] = [];

	get next(): Item | null {
		return this.#heap[0] ?? null;
	}

	/** Puts an item in, or puts it off. */
	set(item: Item, expiresAt: Instant): void {
		item.expiresAt = expiresAt;
		if (item.place < 0) {
			item.place = this.#heap.length;
			this.#heap.push(item);
		}
		this.#rise(item);
		this.#sink(item);
	}

	/** Takes an item out, if it is in. */
	delete(item: Item): void {
		const { place } = item;
		if (place < 0) return;
		item.place = -1;
		const last = this.#heap.pop();
		if (last === undefined || last === item) return;
		this.#put(last, place);
		this.#rise(last);
		this.#sink(last);
	}

	#put(item: Item, place: number): void {
		this.#heap[place] = item;
		item.place = place;
	}

	#rise(item: Item): void {
		while (item.place > 0) {
			const from = item.place;
			const parent = this.#heap[(from - 1) >> 1];
			if (parent === undefined || parent.expiresAt <= item.expiresAt) return;
			this.#put(item, parent.place);
			this.#put(parent, from);
		}
	}

	#sink(item: Item): void {
		for (;;) {
			const from = item.place;
			const left = this.#heap[2 * from + 1];
			const right = this.#heap[2 * from + 2];
			const child = right !== undefined && left !== undefined && right.expiresAt < left.expiresAt ? right : left;
			if (child === undefined || child.expiresAt >= item.expiresAt) return;
			this.#put(item, child.place);
			this.#put(child, from);
		}
	}
}
