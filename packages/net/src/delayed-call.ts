/** A timer that is set to an instant of a clock, and set again. */
import type { Instant } from "@whither/core";

/** Longest delay that a Node timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** Calls back at the instant that it was last armed for, or a little later; never before. */
export class DelayedCall {
	readonly #clock: { now(): Instant };
	readonly #call: () => void;
	#timer: NodeJS.Timeout | null = null;
	#at: Instant | null = null;

	constructor(clock: { now(): Instant }, call: () => void) {
		this.#clock = clock;
		this.#call = call;
	}

	/** Null: not at all. */
	arm(at: Instant | null): void {
		if (at === this.#at) return;
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		this.#at = at;
		if (at !== null) this.#wait(at);
	}

	#wait(at: Instant): void {
		const delayMs = Math.ceil((at - this.#clock.now()) / 1e6);
		this.#timer = setTimeout(
			() => {
				if (this.#clock.now() < at) {
					this.#wait(at);
					return;
				}
				this.#timer = null;
				this.#at = null;
				this.#call();
			},
			Math.min(Math.max(delayMs, 0), MOST_MS),
		);
	}
}
