import { type Instant, MILLISECOND } from "../machine.ts";

/** RFC 8445 §14.2: transactions of all agents together begin at least so far apart. */
const FLOOR_NS = 5 * MILLISECOND;

/** The floor under the pace of all agents that share it. */
export class IcePacer {
	#nextAt: Instant = Number.NEGATIVE_INFINITY;

	/** From when on a transaction may begin. */
	get nextAt(): Instant {
		return this.#nextAt;
	}

	/** One begins now. */
	take(now: Instant): void {
		this.#nextAt = now + FLOOR_NS;
	}
}

/** Ta of one agent, over the floor that it shares with others. */
export class Pace {
	readonly #pacer: IcePacer;
	#lastAt: Instant = Number.NEGATIVE_INFINITY;
	/** Nanoseconds, 5 ms at least. */
	intervalNs: number;

	constructor(pacer: IcePacer, intervalMs: number) {
		this.#pacer = pacer;
		this.intervalNs = Math.max(intervalMs * MILLISECOND, FLOOR_NS);
	}

	get nextAt(): Instant {
		return Math.max(this.#lastAt + this.intervalNs, this.#pacer.nextAt);
	}

	take(now: Instant): void {
		this.#lastAt = now;
		this.#pacer.take(now);
	}
}
