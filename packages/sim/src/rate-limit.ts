/** How often a node may send ICMP errors. */
import { type Instant, SECOND } from "@whither/core";
import type { RateLimit } from "./scenario.ts";

/** Lets through `perSecond` on average and `burst` at once. */
export class TokenBucket {
	readonly #perSecond: number;
	readonly #burst: number;
	#tokens: number;
	#at: Instant = 0;

	constructor(perSecond: number, burst: number) {
		this.#perSecond = perSecond;
		this.#burst = burst;
		this.#tokens = burst;
	}

	/** Whether there is a token at `now`, without taking it. */
	has(now: Instant): boolean {
		const grown = this.#tokens + ((now - this.#at) / SECOND) * this.#perSecond;
		this.#tokens = Math.min(this.#burst, grown);
		this.#at = now;
		return this.#tokens >= 1;
	}

	/** Takes a token if there is one. */
	take(now: Instant): boolean {
		if (!this.has(now)) return false;
		this.#tokens -= 1;
		return true;
	}
}

/** Linux: net.ipv4.icmp_ratelimit, 1000 ms a destination with six at once (XRLIM_BURST_FACTOR in net/ipv4/icmp.c). */
const LINUX_PER_DESTINATION = { perSecond: 1, burst: 6 };
/** Linux: net.ipv4.icmp_msgs_per_sec and net.ipv4.icmp_msgs_burst, over all destinations. */
const LINUX_IN_ALL = { perSecond: 1000, burst: 50 };

/** A node's permission to send an ICMP error to `destination` now. */
export class IcmpLimiter {
	readonly #limit: RateLimit;
	readonly #inAll: TokenBucket;
	readonly #byDestination = new Map<string, TokenBucket>();

	constructor(limit: RateLimit) {
		this.#limit = limit;
		const { perSecond, burst } = typeof limit === "object" ? limit : LINUX_IN_ALL;
		this.#inAll = new TokenBucket(perSecond, burst);
	}

	allows(destination: string, now: Instant): boolean {
		if (this.#limit === "none") return true;
		if (this.#limit !== "linux") return this.#inAll.take(now);
		let bucket = this.#byDestination.get(destination);
		if (bucket === undefined) {
			bucket = new TokenBucket(LINUX_PER_DESTINATION.perSecond, LINUX_PER_DESTINATION.burst);
			this.#byDestination.set(destination, bucket);
		}
		return this.#inAll.has(now) && bucket.take(now) && this.#inAll.take(now);
	}
}
