/**
 * What to send next. Round by round over all TTLs at once (TTL-minor), a short gap between the rounds so that no
 * rate-limited router is asked three times in one instant, never more in flight than the limit allows.
 */
import { type Instant, MILLISECOND } from "../machine.ts";
import type { ProbeBook, Slot } from "./probe-book.ts";

/**
 * Gap between the starts of two rounds. Small against the round trip of a wide-area path (a trace should last one),
 * long enough on a local network for the first round to find the target, so that the others do not overshoot it.
 */
const ROUND_GAP_NS = 1 * MILLISECOND;

/** Adaptive limit of probes in flight: where it starts, and how far it may grow by one for every answer. */
const INITIAL_LIMIT = 128;
const LARGEST_LIMIT = 1024;

/** Pause after the kernel had no room for a packet (ENOBUFS), and how often one probe is tried. */
const BACKOFF_NS = 5 * MILLISECOND;
const MOST_ATTEMPTS = 8;

export interface ScheduleOptions {
	/** Fixed limit of probes in flight; null: adaptive. */
	readonly simultaneous: number | null;
	/** Least time between two probes. */
	readonly sendWaitNs: number;
}

export class Schedule {
	readonly #book: ProbeBook;
	readonly #options: ScheduleOptions;
	readonly #again: Slot[] = [];
	#order: Slot[];
	#position = 0;
	/** The round being sent; null before the first probe. */
	#round: number | null = null;
	#limit: number;
	/** Nothing leaves before this. */
	#notBefore: Instant = 0;
	#roundStartedAt: Instant = 0;

	constructor(book: ProbeBook, options: ScheduleOptions) {
		this.#book = book;
		this.#options = options;
		this.#order = book.sendingOrder();
		this.#limit = options.simultaneous ?? INITIAL_LIMIT;
	}

	/** Takes the slots that may be sent now, given how many are in flight. */
	take(now: Instant, inFlight: number): Slot[] {
		const taken: Slot[] = [];
		while (now >= this.#notBefore && inFlight + taken.length < this.#limit) {
			const slot = this.#again.shift() ?? this.#nextInOrder(now, taken);
			if (slot === null) break;
			taken.push(slot);
			if (this.#options.sendWaitNs > 0) this.#notBefore = now + this.#options.sendWaitNs;
		}
		return taken;
	}

	/** When to come again, if there is anything left to send and room for it; else null. */
	nextAt(now: Instant, inFlight: number): Instant | null {
		if (this.done || inFlight >= this.#limit) return null;
		const roundAt = this.#again.length === 0 && this.#atRoundStart() ? this.#roundStartedAt + ROUND_GAP_NS : 0;
		return Math.max(now, this.#notBefore, roundAt);
	}

	get done(): boolean {
		return this.#again.length === 0 && this.#position >= this.#order.length;
	}

	/** The path is known to end at this TTL: what is not yet sent up to it will be, and nothing beyond. */
	endAt(lastTtl: number): void {
		this.#order = this.#book
			.sendingOrder()
			.filter((slot) => slot.state === "unsent" && slot.ttl <= lastTtl && !this.#again.includes(slot));
		this.#position = 0;
	}

	/** Nothing at all is sent any more. */
	stop(): void {
		this.#order = [];
		this.#position = 0;
		this.#again.length = 0;
	}

	/** An answer came: the path bears more. */
	grow(): void {
		if (this.#options.simultaneous === null) this.#limit = Math.min(LARGEST_LIMIT, this.#limit + 1);
	}

	/** The kernel had no room: back off, and send the slot again later. False: tried often enough. */
	retry(slot: Slot, now: Instant): boolean {
		if (this.#options.simultaneous === null) this.#limit = Math.max(1, this.#limit >> 1);
		this.#notBefore = Math.max(this.#notBefore, now + BACKOFF_NS);
		if (slot.attempts >= MOST_ATTEMPTS) return false;
		this.#book.mark(slot, "unsent");
		this.#again.push(slot);
		return true;
	}

	/** Sends slots once more, apart from the rounds. */
	repeat(slots: readonly Slot[]): void {
		this.#again.push(...slots);
	}

	#nextInOrder(now: Instant, taken: readonly Slot[]): Slot | null {
		const slot = this.#order[this.#position];
		if (slot === undefined) return null;
		if (this.#atRoundStart() && (taken.length > 0 || now < this.#roundStartedAt + ROUND_GAP_NS)) return null;
		if (slot.query !== this.#round) this.#roundStartedAt = now;
		this.#round = slot.query;
		this.#position++;
		return slot;
	}

	/** The next slot opens the second or a later round. */
	#atRoundStart(): boolean {
		const slot = this.#order[this.#position];
		return slot !== undefined && this.#round !== null && slot.query !== this.#round;
	}
}
