import type { Deadline } from "../machine.ts";
import type { StunRequestKey } from "./client-io.ts";
import type { Transaction } from "./transaction.ts";

/** The transactions under way, by their id and by their owner's key. */
export class Transactions {
	readonly #byId = new Map<string, Transaction>();
	readonly #byKey = new Map<StunRequestKey, Transaction>();

	get size(): number {
		return this.#byKey.size;
	}

	add(transaction: Transaction): void {
		this.#byId.set(idKey(transaction.parts.id), transaction);
		this.#byKey.set(transaction.parts.request.key, transaction);
	}

	remove(transaction: Transaction): void {
		this.#byId.delete(idKey(transaction.parts.id));
		this.#byKey.delete(transaction.parts.request.key);
	}

	withId(id: Uint8Array): Transaction | undefined {
		return this.#byId.get(idKey(id));
	}

	withKey(key: StunRequestKey): Transaction | undefined {
		return this.#byKey.get(key);
	}

	/** Those that it holds, in a list of its own: it may change meanwhile. */
	where(holds: (transaction: Transaction) => boolean): readonly Transaction[] {
		const held: Transaction[] = [];
		// Asked at every step, and mostly there is none: all of them are not copied for that.
		for (const transaction of this.#byKey.values()) if (holds(transaction)) held.push(transaction);
		return held;
	}

	/** When the first of them is due. */
	get deadline(): Deadline | null {
		let first: Transaction | null = null;
		for (const transaction of this.#byKey.values())
			if (first === null || transaction.dueAt < first.dueAt) first = transaction;
		return first === null ? null : { at: first.dueAt, why: first.exhausted ? "give up" : "send again" };
	}
}

/** A transaction id as a key of a map. */
function idKey(id: Uint8Array): string {
	return String.fromCharCode.apply(null, id as unknown as number[]);
}
