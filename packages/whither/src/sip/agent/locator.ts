import { type Instant, SECOND } from "@whither/core";
import { GIVEN_UP_AFTER, NEVER } from "../transactions/timers.ts";
import type { SipHop } from "../transport/hop.ts";
import type { Outlet } from "./outlet.ts";

/** Questions under way, and answers that are kept; ours. */
const MOST_QUESTIONS = 256;
const MOST_ANSWERS = 64;
/** The requests of a call follow each other within this; names that move are asked for again soon. */
const KEPT_FOR = 60 * SECOND;

type Found = (hops: readonly SipHop[], now: Instant) => void;

/** Where URIs lead (RFC 3263): asks the driver, and keeps what it found for a while. */
export class Locator {
	readonly #outlet: Outlet;
	readonly #questions = new Map<number, { readonly uri: string; readonly found: Found; readonly endsAt: Instant }>();
	readonly #answers = new Map<string, { readonly hops: readonly SipHop[]; readonly until: Instant }>();
	#lastKey = 0;

	constructor(outlet: Outlet) {
		this.#outlet = outlet;
	}

	/** How many are without an answer. */
	get waiting(): number {
		return this.#questions.size;
	}

	get dueAt(): Instant {
		for (const { endsAt } of this.#questions.values()) return endsAt;
		return NEVER;
	}

	/** `found` is called once, with none where nobody is there, or at once where it is known. */
	find(uri: string, found: Found, now: Instant): void {
		const known = this.#answers.get(uri);
		if (known !== undefined && now < known.until) found(known.hops, now);
		else if (this.#questions.size >= MOST_QUESTIONS) found([], now);
		else {
			const key = ++this.#lastKey;
			this.#questions.set(key, { uri, found, endsAt: now + GIVEN_UP_AFTER });
			this.#outlet.locate(key, uri);
		}
	}

	located(key: number, hops: readonly SipHop[], now: Instant): void {
		const question = this.#questions.get(key);
		if (question === undefined) {
			this.#outlet.ignore("notAsked");
			return;
		}
		this.#questions.delete(key);
		if (hops.length > 0) this.#keep(question.uri, hops, now);
		question.found(hops, now);
	}

	/** It may lead elsewhere by now. */
	forget(uri: string): void {
		this.#answers.delete(uri);
	}

	/** Questions that the driver has left without an answer. */
	tick(now: Instant): void {
		for (const [key, { endsAt, found }] of [...this.#questions]) {
			if (now < endsAt) break;
			this.#questions.delete(key);
			found([], now);
		}
	}

	#keep(uri: string, hops: readonly SipHop[], now: Instant): void {
		this.#answers.delete(uri);
		const [oldest] = this.#answers.keys();
		if (this.#answers.size >= MOST_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
		this.#answers.set(uri, { hops, until: now + KEPT_FOR });
	}
}
