import { type Instant, SECOND } from "../../machine.ts";

/** How many bytes a second, and how many at once after a quiet time. */
export interface ByteRate {
	readonly bytesPerSecond: number;
	readonly burstBytes: number;
}

/** Bounds what passes one way through an allocation. The fast path asks the very same bucket. */
export class TokenBucket {
	readonly #rate: ByteRate;
	#tokens: number;
	#at: Instant;

	constructor(rate: ByteRate, now: Instant) {
		this.#rate = rate;
		this.#tokens = rate.burstBytes;
		this.#at = now;
	}

	/** Whether so many bytes may pass now; if so, they count. */
	takes(bytes: number, now: Instant): boolean {
		const { bytesPerSecond, burstBytes } = this.#rate;
		const gained = (Math.max(0, now - this.#at) / SECOND) * bytesPerSecond;
		this.#tokens = Math.min(burstBytes, this.#tokens + gained);
		this.#at = Math.max(this.#at, now);
		if (bytes > this.#tokens) return false;
		this.#tokens -= bytes;
		return true;
	}
}
