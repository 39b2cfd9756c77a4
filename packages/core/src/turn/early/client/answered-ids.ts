import { type Instant, SECOND } from "../../../machine.ts";

/** How long answers may come late, among data (draft-rosenberg-midcom-turn-01 §8). */
const REMEMBERED_NS = 32 * SECOND;

/** More than one client can have had answered within that time by asking in turn. */
const MOST_IDS = 16;

/** Transactions that are over, whose answers may come once more: they are no data. */
export class AnsweredIds {
	readonly #ids = new Map<string, Instant>();

	add(id: Uint8Array, now: Instant): void {
		const [oldest] = this.#ids.keys();
		if (oldest !== undefined && this.#ids.size >= MOST_IDS) this.#ids.delete(oldest);
		this.#ids.set(textOf(id), now);
	}

	has(id: Uint8Array, now: Instant): boolean {
		const at = this.#ids.get(textOf(id));
		return at !== undefined && now - at <= REMEMBERED_NS;
	}
}

function textOf(id: Uint8Array): string {
	return String.fromCharCode(...id);
}
