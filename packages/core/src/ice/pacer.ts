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
	readonly #ownMs: number;
	#intervalNs = FLOOR_NS;

	constructor(pacer: IcePacer, ownMs: number) {
		this.#pacer = pacer;
		this.#ownMs = ownMs;
		this.agree(ownMs);
	}

	/** Nanoseconds, 5 ms at least. */
	get intervalNs(): number {
		return this.#intervalNs;
	}

	/** The peer's counts where it is the larger (RFC 8839 §5.6). */
	agree(theirMs: number): void {
		this.#intervalNs = Math.max(Math.max(this.#ownMs, theirMs) * MILLISECOND, FLOOR_NS);
	}

	get nextAt(): Instant {
		return Math.max(this.#lastAt + this.#intervalNs, this.#pacer.nextAt);
	}

	take(now: Instant): void {
		this.#lastAt = now;
		this.#pacer.take(now);
	}
}
