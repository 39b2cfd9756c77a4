/**
 * Allocations here whose clients the kernel brings to another worker, which hands over what they send. That one is told
 * when such an allocation has come to be, and when it has gone. Pure.
 */
import type { TurnAllocation } from "@whither/core";
import { addName, findName } from "./flow-names.ts";
import { FlowTable } from "./flow-table.ts";

/** One of them: the instance that brings its client, and what it is told of. */
export interface Guest {
	readonly by: number;
	/** The origin of the listener and the name of the client, as words of a message. */
	readonly words: Int32Array;
}

/** One worker's; by 5-tuple, and by allocation. */
export class Guests {
	readonly #flows: FlowTable;
	readonly #guests = new Map<TurnAllocation, Guest & { readonly row: number }>();

	constructor(seed: readonly [number, number]) {
		this.#flows = new FlowTable(seed);
	}

	get size(): number {
		return this.#guests.size;
	}

	/** Whether the 5-tuple is a guest's. */
	has(local: number, names: Int32Array, name: number): boolean {
		return findName(this.#flows, local, names, name) >= 0;
	}

	/** Takes one in that was none: its allocation is at this 5-tuple. */
	add(allocation: TurnAllocation, guest: Guest, names: Int32Array, name: number): void {
		const row = addName(this.#flows, allocation.local, names, name);
		this.#guests.set(allocation, { ...guest, row });
	}

	/** Forgets one whose allocation has ended or has moved; undefined: it was none. */
	leave(allocation: TurnAllocation): Guest | undefined {
		const guest = this.#guests.get(allocation);
		if (guest === undefined) return undefined;
		this.#guests.delete(allocation);
		this.#flows.remove(guest.row);
		return guest;
	}
}
