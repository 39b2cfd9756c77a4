import { type Deadline, type Instant, SECOND } from "../../machine.ts";
import type { OwnAddress } from "./addresses.ts";
import type { Checks } from "./checks.ts";
import type { Ground } from "./ground.ts";

/**
 * How long the peer's checks may take to show that nothing more needs to be told: they have left four times by then (RFC 3489 §9.3). It
 * is shorter than what a relay that nobody needs is kept for (§5.7), so that what was learned by it can be told while it stands.
 */
const PEER_CHECKS_NS = SECOND;

/**
 * Counts offers with their answers, and says when another could help (rules 24 and 25). It waits until the peer's checks have had their time: before that
 * nobody knows that the peer has not reached something as good.
 */
export class Cycles {
	readonly #ground: Ground;
	readonly #checks: Checks;
	readonly #isGathered: () => boolean;
	#cycles = 0;
	/** Of the exchange that is under way: who has spoken, and whether anything was new. */
	#isTold = false;
	#isHeard = false;
	#isFresh = false;
	/** Streams whose peer speaks of alternatives. */
	readonly #streams = new Set<number>();
	#exchangedAt: Instant | null = null;
	#settledAt: number | null = null;
	#hasAsked = false;

	constructor(ground: Ground, checks: Checks, isGathered: () => boolean) {
		this.#ground = ground;
		this.#checks = checks;
		this.#isGathered = isGathered;
	}

	get deadline(): Deadline | null {
		if (this.#exchangedAt === null || this.#hasAsked || !this.#mayAsk || !this.#couldHelp) return null;
		return { at: this.#exchangedAt + PEER_CHECKS_NS, why: "cycle" };
	}

	/** When an offer last had its answer; null: none has yet, and nobody knows whose that will be. */
	get exchangedAt(): Instant | null {
		return this.#exchangedAt;
	}

	/** Our description has been told. */
	told(now: Instant): void {
		for (const address of this.#ground.addresses.all) {
			if (address.freed || address.told) continue;
			address.told = true;
			this.#isFresh = true;
		}
		this.#isTold = true;
		this.#exchange(now);
	}

	/** The peer's has come: streams with alternatives, and whether any of them is new. */
	heard(streams: readonly number[], isFresh: boolean, now: Instant): void {
		this.#streams.clear();
		for (const stream of streams) this.#streams.add(stream);
		this.#isFresh ||= isFresh;
		this.#isHeard = true;
		this.#exchange(now);
	}

	/** An offer with its answer that tells nothing new is no cycle. */
	#exchange(now: Instant): void {
		this.#hasAsked = false;
		if (!this.#isTold || !this.#isHeard) return;
		if (this.#isFresh && this.#streams.size > 0) this.#cycles++;
		this.#isTold = false;
		this.#isHeard = false;
		this.#isFresh = false;
		this.#exchangedAt = now;
		this.#settledAt = null;
	}

	conclude(now: Instant): void {
		if (this.#exchangedAt === null) return;
		if (this.#couldHelp) this.#ask(this.#exchangedAt, now);
		else if (this.#isBusy) this.#settledAt = null;
		else this.#settle();
	}

	#ask(exchangedAt: Instant, now: Instant): void {
		this.#settledAt = null;
		if (now < exchangedAt + PEER_CHECKS_NS || this.#hasAsked || !this.#mayAsk) return;
		this.#hasAsked = true;
		this.#ground.outlet.tell({ kind: "cycle" });
	}

	/** Not while servers are still asked about a socket that came late, nor while an offer waits for its answer. */
	get #mayAsk(): boolean {
		return this.#isGathered() && !this.#isTold;
	}

	/** More may be found yet. */
	get #isBusy(): boolean {
		return this.#checks.isUnderWay || !this.#isGathered();
	}

	#settle(): void {
		if (this.#settledAt === this.#cycles) return;
		this.#settledAt = this.#cycles;
		this.#ground.outlet.tell({ kind: "settled", cycles: this.#cycles });
	}

	/** Whether the peer does not know of an address that is better than all that it has reached. */
	get #couldHelp(): boolean {
		return this.#ground.addresses.all.some((own) => !own.told && !own.freed && this.#isBetter(own));
	}

	#isBetter({ stream, alt }: OwnAddress): boolean {
		if (!this.#streams.has(stream)) return false;
		return this.#ground.addresses.all.every(
			(other) => other.stream !== stream || !other.reached || other.alt.q < alt.q,
		);
	}
}
