/**
 * What to send next: round by round over all TTLs (TTL-minor), each round in waves of near TTLs first, never more in
 * flight than the limit allows. Waves follow each other within a fraction of a wide-area round trip; on a local network
 * the answers of a wave come before the next, which shows where the path ends before it is overshot.
 */
import { type Instant, MICROSECOND, MILLISECOND } from "../machine.ts";
import type { ProbeBook, Slot } from "./probe-book.ts";

/**
 * Most probes in a wave, and the gap between the starts of two. Most paths have fewer hops than a wave; thirty hops
 * asked three times go out in 1.25 ms. A router is asked once in a wave, so that its rate limit is not met by three at once.
 */
const WAVE_PROBES = 16;
const WAVE_GAP_NS = 250 * MICROSECOND;

/** Adaptive limit of probes in flight: where it starts, and how far it may grow by one for every answer. */
const INITIAL_LIMIT = 128;
const LARGEST_LIMIT = 1024;

/** Pause after the kernel had no room for a packet (ENOBUFS), and how often one probe is tried. */
const BACKOFF_NS = 5 * MILLISECOND;
const MOST_ATTEMPTS = 8;

/** How fast probes may leave. */
export interface ScheduleOptions {
	/** Fixed limit of probes in flight; null: adaptive. */
	readonly simultaneous: number | null;
	/** Least time between two probes. */
	readonly sendWaitNs: number;
}

/** The probes of one trace that have not left yet, in the order in which they will. */
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
	#waveStartedAt: Instant = 0;
	/** Probes that the wave may still have. */
	#waveLeft = 0;
	/** Where in the order the probes begin that lie beyond the likely end, and how long they are held back. */
	#heldFrom = Number.POSITIVE_INFINITY;
	#holdNs = 0;
	#heldUntil: Instant = 0;
	#stopped = false;

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
			const slot = this.#nextAgain() ?? this.#nextInOrder(now, inFlight, taken.length);
			if (slot === null) break;
			taken.push(slot);
			if (this.#options.sendWaitNs > 0) this.#notBefore = now + this.#options.sendWaitNs;
		}
		return taken;
	}

	/**
	 * The path probably ends at this TTL: all probes up to it are sent first, and those beyond only when the target has
	 * not answered within `holdNs` of the last of them.
	 */
	expectEnd(ttl: number, holdNs: number): void {
		const order = this.#book.sendingOrder();
		const within = order.filter((slot) => slot.ttl <= ttl);
		if (within.length === 0 || this.#position > 0) return;
		this.#order = [...within, ...order.filter((slot) => slot.ttl > ttl)];
		this.#heldFrom = within.length;
		this.#holdNs = holdNs;
	}

	/** From when on something may be sent, if there is anything left and room for it; else null. */
	nextAt(inFlight: number): Instant | null {
		if (this.done || inFlight >= this.#limit) return null;
		if (this.#again.length === 0 && this.#position === this.#heldFrom) {
			return Math.max(this.#notBefore, this.#heldUntil);
		}
		const waits = this.#again.length === 0 && inFlight > 0 && this.#opensWave();
		return Math.max(this.#notBefore, waits ? this.#waveStartedAt + WAVE_GAP_NS : 0);
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
		this.#heldFrom = Number.POSITIVE_INFINITY;
	}

	/** Nothing at all is sent any more. */
	stop(): void {
		this.#stopped = true;
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
		if (!this.#stopped) this.#again.push(...slots);
	}

	/** Whether slots given to `repeat` would leave. */
	get stopped(): boolean {
		return this.#stopped;
	}

	/** An answer to an earlier packet may have come while a slot stood in the queue. */
	#nextAgain(): Slot | undefined {
		for (;;) {
			const slot = this.#again.shift();
			if (slot === undefined || slot.state === "unsent") return slot;
		}
	}

	#nextInOrder(now: Instant, inFlight: number, taken: number): Slot | null {
		const slot = this.#order[this.#position];
		if (slot === undefined || (this.#position === this.#heldFrom && now < this.#heldUntil)) return null;
		if (this.#opensWave()) {
			const early = inFlight > 0 && now < this.#waveStartedAt + WAVE_GAP_NS;
			if (this.#round !== null && (taken > 0 || early)) return null;
			this.#waveStartedAt = now;
			this.#waveLeft = WAVE_PROBES;
			this.#round = slot.query;
		}
		this.#waveLeft--;
		this.#position++;
		if (this.#position === this.#heldFrom) this.#heldUntil = now + this.#holdNs;
		return slot;
	}

	/** The next slot is a new round's, or the wave is full. */
	#opensWave(): boolean {
		const slot = this.#order[this.#position];
		return slot !== undefined && (slot.query !== this.#round || this.#waveLeft === 0);
	}
}
