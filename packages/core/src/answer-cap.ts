/**
 * How many answers a node gives to strangers: so many a second in all, and to each source. Sources can be forged, and an
 * answer may be longer than its question, so without a cap whoever forges a source could have us send to it.
 */
import { holderOf } from "@whither/wire";
import { type Instant, SECOND } from "./machine.ts";

/** A token bucket's figures. */
export interface CapRate {
	readonly perSecond: number;
	/** Answers that may come at once after a quiet time. */
	readonly burst: number;
}

/** What a cap allows. */
export interface AnswerLimits {
	readonly all: CapRate;
	readonly perSource: CapRate;
	/** Sources that are remembered; the one that came first is forgotten first. */
	readonly sources: number;
}

/** A router's: in all what Linux allows its own ICMP (icmp_msgs_per_sec); to one source what several traces at once want. */
export const ANSWER_LIMITS: AnswerLimits = {
	all: { perSecond: 1000, burst: 200 },
	perSource: { perSecond: 20, burst: 60 },
	sources: 4096,
};

interface Bucket {
	tokens: number;
	at: Instant;
}

/** Remembers what has been answered. */
export class AnswerCap {
	readonly #limits: AnswerLimits;
	readonly #all: Bucket;
	readonly #sources = new Map<string, Bucket>();

	constructor(limits: AnswerLimits = ANSWER_LIMITS) {
		this.#limits = limits;
		this.#all = { tokens: limits.all.burst, at: 0 };
	}

	/** Whether one more answer may go to `source` now; if so, it counts. */
	allows(source: string, now: Instant): boolean {
		const { all, perSource } = this.#limits;
		const own = this.#bucket(holderOf(source), now);
		refill(this.#all, all, now);
		refill(own, perSource, now);
		if (this.#all.tokens < 1 || own.tokens < 1) return false;
		this.#all.tokens--;
		own.tokens--;
		return true;
	}

	#bucket(holder: string, now: Instant): Bucket {
		const known = this.#sources.get(holder);
		if (known !== undefined) return known;
		if (this.#sources.size >= this.#limits.sources) {
			const [oldest] = this.#sources.keys();
			if (oldest !== undefined) this.#sources.delete(oldest);
		}
		const bucket = { tokens: this.#limits.perSource.burst, at: now };
		this.#sources.set(holder, bucket);
		return bucket;
	}
}

function refill(bucket: Bucket, { perSecond, burst }: CapRate, now: Instant): void {
	bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / SECOND) * perSecond);
	bucket.at = now;
}
