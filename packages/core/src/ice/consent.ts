import { type Instant, MILLISECOND, SECOND } from "../machine.ts";
import type { Chance } from "./chance.ts";
import type { Pair } from "./pair.ts";

/** RFC 7675 §5.1: five seconds, times 0.8 to 1.2. */
const INTERVAL_NS = 5 * SECOND;
/** RFC 8445 §11: Tr, after which a NAT is shown that we are still there. */
const KEEPALIVE_NS = 15 * SECOND;

/**
 * Shares of the time after which a silent peer is dead: doubted, asked again and again, given up. Deviation: RFC 7675 §5.1
 * asks no more often than every four seconds; to find out in two whether another pair is to take over, that is too seldom.
 */
const DOUBTED_AFTER = 0.42;
const ASKED_EVERY = 0.05;
const GIVEN_UP_AFTER = 0.55;
/** So soon after another, a request of the peer's says that it doubts the pair itself. */
const HASTE = 0.25;
/** An answer that is later than this is doubted, however short the round trip. */
const LATE_NS = 400 * MILLISECOND;

interface Watch {
	readonly since: Instant;
	nextAt: Instant;
	/** When the first request left that nothing has answered since. */
	unansweredSince: Instant | null;
	doubtedSince: Instant | null;
	probeAt: Instant;
	/** When the peer's last request for consent came. */
	peerAskedAt: Instant;
}

/** What is to be done about pairs that are used. */
export interface ConsentDue {
	/** To be asked now. */
	readonly ask: readonly Pair[];
	/** Those that have become silent for too long. */
	readonly died: readonly Pair[];
	/** Those whose consent is over. */
	readonly expired: readonly Pair[];
}

const NOTHING_DUE: ConsentDue = { ask: [], died: [], expired: [] };

/** When to ask whether the peer still wants what we send (RFC 7675), and whether it is still there. */
export class Consent {
	readonly #chance: Chance;
	readonly #deadPeerNs: number;
	readonly #watched = new Map<Pair, Watch>();
	/** Pairs whose silence matters, for there is another to go to. */
	readonly #guarded = new Set<Pair>();

	/** `deadPeerNs` 0: nothing dies before its consent expires. */
	constructor(chance: Chance, deadPeerNs: number) {
		this.#chance = chance;
		this.#deadPeerNs = deadPeerNs;
	}

	/** When something of it is due; infinity: never. */
	get dueAt(): Instant {
		let at = Number.POSITIVE_INFINITY;
		for (const [pair, watch] of this.#watched)
			at = Math.min(at, pair.consentUntil, watch.nextAt, this.#guardAt(pair, watch));
		return at;
	}

	watch(pair: Pair, now: Instant): void {
		if (this.#watched.has(pair)) return;
		const nextAt = now + this.#interval();
		this.#watched.set(pair, {
			since: now,
			nextAt,
			unansweredSince: null,
			doubtedSince: null,
			probeAt: 0,
			peerAskedAt: Number.NEGATIVE_INFINITY,
		});
	}

	unwatch(pair: Pair): void {
		this.#watched.delete(pair);
		this.#guarded.delete(pair);
	}

	/** Whether its silence matters. */
	guard(pair: Pair, isGuarded: boolean): void {
		if (isGuarded && this.#deadPeerNs > 0 && this.#watched.has(pair)) this.#guarded.add(pair);
		else this.#guarded.delete(pair);
	}

	/** Since when it is doubted; null: it is not. */
	doubtedSince(pair: Pair): Instant | null {
		return this.#watched.get(pair)?.doubtedSince ?? null;
	}

	/** The network says that what was sent there did not arrive. */
	doubt(pair: Pair, now: Instant): void {
		const watch = this.#watched.get(pair);
		if (watch === undefined || !this.#guarded.has(pair) || watch.doubtedSince !== null) return;
		watch.doubtedSince = now;
		watch.probeAt = now;
	}

	/**
	 * The peer asks for consent. Where what we send is lost, and what it sends is not, we would hear of it and doubt nothing;
	 * but it asks in haste then.
	 */
	peerAsked(pair: Pair, now: Instant): void {
		const watch = this.#watched.get(pair);
		if (watch === undefined) return;
		const before = watch.peerAskedAt;
		const sinceThen = now - before;
		// One that the network has doubled is one, and checks of before the pair was selected may still come.
		if (sinceThen < (this.#deadPeerNs * ASKED_EVERY) / 2 || now < watch.since + this.#deadPeerNs * HASTE) return;
		watch.peerAskedAt = now;
		if (!this.#guarded.has(pair) || watch.doubtedSince !== null) return;
		if (before <= pair.answeredAt || sinceThen > this.#deadPeerNs * HASTE) return;
		watch.doubtedSince = before;
		watch.probeAt = now;
	}

	/** An answer has come. */
	answered(pair: Pair): void {
		const watch = this.#watched.get(pair);
		if (watch === undefined) return;
		watch.unansweredSince = null;
		watch.doubtedSince = null;
	}

	due(now: Instant): ConsentDue {
		// Asked at every step, and mostly there is nothing.
		if (this.dueAt > now) return NOTHING_DUE;
		const due = { ask: new Set<Pair>(), died: [] as Pair[], expired: [] as Pair[] };
		for (const [pair, watch] of this.#watched) {
			if (pair.consentUntil <= now) due.expired.push(pair);
			else {
				if (watch.nextAt <= now) {
					watch.nextAt = now + this.#interval();
					due.ask.add(pair);
				}
				if (this.#guarded.has(pair)) this.#guardNow(pair, watch, due, now);
				if (due.ask.has(pair)) watch.unansweredSince ??= now;
			}
		}
		return { ...due, ask: [...due.ask] };
	}

	#guardNow(pair: Pair, watch: Watch, due: { ask: Set<Pair>; died: Pair[] }, now: Instant): void {
		if (watch.doubtedSince === null) {
			if (this.#doubtAt(pair, watch) > now) return;
			watch.doubtedSince = now;
			watch.probeAt = now;
		}
		if (!pair.dead && this.#deadAt(pair, watch.doubtedSince) <= now) {
			pair.dead = true;
			due.died.push(pair);
		}
		if (watch.probeAt > now) return;
		due.ask.add(pair);
		watch.probeAt = now + (pair.dead ? SECOND : this.#deadPeerNs * ASKED_EVERY);
	}

	#guardAt(pair: Pair, watch: Watch): Instant {
		if (!this.#guarded.has(pair)) return Number.POSITIVE_INFINITY;
		if (watch.doubtedSince === null) return this.#doubtAt(pair, watch);
		return pair.dead ? watch.probeAt : Math.min(watch.probeAt, this.#deadAt(pair, watch.doubtedSince));
	}

	#doubtAt(pair: Pair, { since, unansweredSince }: Watch): Instant {
		const silentAt = Math.max(pair.heardAt, since) + this.#deadPeerNs * DOUBTED_AFTER;
		if (unansweredSince === null) return silentAt;
		return Math.min(silentAt, unansweredSince + Math.max(LATE_NS, 2 * (pair.rttNs ?? 0)));
	}

	#deadAt(pair: Pair, doubtedSince: Instant): Instant {
		return doubtedSince + Math.max(this.#deadPeerNs * GIVEN_UP_AFTER, 3 * (pair.rttNs ?? 0));
	}

	#interval(): number {
		return Math.round(INTERVAL_NS * (0.8 + 0.4 * this.#chance.fraction()));
	}
}

/** When a pair that has sent nothing shows itself again, where nobody asks for consent (RFC 8445 §11). */
export function keepaliveAt(pair: Pair): Instant {
	return pair.sentAt + KEEPALIVE_NS;
}
