/** What happens next in virtual time. */
import type { Instant } from "@whither/core";

interface Entry<Item> {
	readonly at: Instant;
	/** Order of arrival, so that items of the same instant come out as they went in. */
	readonly order: number;
	readonly item: Item;
}

/** Items by time, first in first out within one instant: a binary heap. */
export class EventQueue<Item> {
	readonly #heap: Entry<Item>[] = [];
	#order = 0;

	get size(): number {
		return this.#heap.length;
	}

	/** When the first item is due; null when there is none. */
	get nextAt(): Instant | null {
		return this.#heap[0]?.at ?? null;
	}

	push(at: Instant, item: Item): void {
		const entry = { at, order: this.#order++, item };
		const heap = this.#heap;
		let place = heap.length;
		heap.push(entry);
		while (place > 0) {
			const parent = (place - 1) >> 1;
			const above = heap[parent];
			if (above === undefined || !before(entry, above)) break;
			heap[place] = above;
			place = parent;
		}
		heap[place] = entry;
	}

	/** Takes the first item out; undefined when there is none. */
	pop(): { readonly at: Instant; readonly item: Item } | undefined {
		const heap = this.#heap;
		const first = heap[0];
		const last = heap.pop();
		if (first === undefined || last === undefined || heap.length === 0) return first;
		this.#sink(last);
		return first;
	}

	#sink(entry: Entry<Item>): void {
		const heap = this.#heap;
		let place = 0;
		for (;;) {
			const left = heap[2 * place + 1];
			if (left === undefined) break;
			const right = heap[2 * place + 2];
			const useRight = right !== undefined && before(right, left);
			const child = useRight ? right : left;
			if (!before(child, entry)) break;
			heap[place] = child;
			place = 2 * place + (useRight ? 2 : 1);
		}
		heap[place] = entry;
	}
}

function before<Item>(a: Entry<Item>, b: Entry<Item>): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}
