/**
 * Which probe a transmit stamp belongs to. Since Linux 6.13 the sender names the id of each stamp itself; before, the
 * kernel counts, and a send that fails can take a number with it, so that every later stamp would go to the wrong
 * probe. Then the count is started anew, and what is still unstamped keeps the time we took ourselves.
 */
import type { Instant } from "@whither/core";

/** What was sent under one id: the probe and the time just before the call. */
export interface SentProbe {
	readonly sequence: number;
	readonly at: Instant;
}

/** How far our two clocks can disagree after conversion, in nanoseconds. */
const CLOCK_ERROR_NS = 2_000;
/**
 * Probes that wait for their stamps. The kernel gives one back within moments, or never (a full error queue, a device that
 * does not stamp); what runs for days must not keep those.
 */
const MOST_WAITING = 4_096;
/** An arrival can be stamped on one processor and reach the socket only after we looked there on another. */
const ARRIVAL_LAG_NS = 5_000_000;

/** The book of ids for one socket. */
export class StampLedger<Probe extends SentProbe = SentProbe> {
	readonly #sent = new Map<number, Probe>();
	#next = 0;
	/** Ids below this may still be in use by stamps from before the last restart. */
	#unsure = 0;

	/** Notes a probe that left, under its own id or (null) the kernel's next count. */
	record(id: number | null, probe: Probe): void {
		this.#sent.set(id ?? this.#next++, probe);
		if (this.#sent.size > MOST_WAITING) this.#forgetOldest();
	}

	/** The probe that a stamp may be for. */
	find(id: number): Probe | undefined {
		return this.#sent.get(id);
	}

	/** The probe that a stamp is for, once; null when nobody knows or the stamp cannot be true. */
	take(id: number, at: Instant, now: Instant): Probe | null {
		const probe = this.#sent.get(id);
		if (probe === undefined || id < this.#unsure) return null;
		this.#sent.delete(id);
		return at >= probe.at - CLOCK_ERROR_NS && at <= now + CLOCK_ERROR_NS ? probe : null;
	}

	/** The kernel's count was set to 0. */
	restart(): void {
		for (const id of this.#sent.keys()) this.#unsure = Math.max(this.#unsure, id + 1);
		this.#sent.clear();
		this.#next = 0;
	}

	#forgetOldest(): void {
		const [oldest] = this.#sent.keys();
		if (oldest !== undefined) this.#sent.delete(oldest);
	}
}

/** Whether an arrival stamped `at` can be true, read at `now` from a queue last seen empty at `emptyAt`. */
export function plausibleArrival(at: Instant, emptyAt: Instant, now: Instant): boolean {
	return at >= emptyAt - ARRIVAL_LAG_NS && at <= now + CLOCK_ERROR_NS;
}
