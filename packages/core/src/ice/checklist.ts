import type { Instant } from "../machine.ts";
import { candidateKey, canPair, type LocalCandidate, type RemoteCandidate } from "./candidate.ts";
import { byPriority, Pair, RECHECK_AFTER_NS } from "./pair.ts";
import { bySort, byTurn, put, type Queues, SORTS, sortOf, take } from "./turns.ts";

/** What a checklist set needs to know of the world. */
export interface ChecklistOptions {
	readonly maximumPairs: number;
	readonly isControlling: () => boolean;
	readonly nextId: () => number;
	/** A pair is no longer part of it. */
	readonly removed: (pair: Pair, now: Instant) => void;
	/** A pair has become part of it. */
	readonly added: (pair: Pair, now: Instant) => void;
	/** Its state has changed. */
	readonly changed: (pair: Pair, now: Instant) => void;
}

/** The pairs of all streams with their order and states: a checklist set (RFC 8445 §6.1.2). */
export class ChecklistSet {
	readonly #options: ChecklistOptions;
	readonly #pairs = new Map<string, Pair>();
	/** Of each stream, first in, first out. */
	readonly #triggered: Queues = new Map();
	/** The same of those that are only tried again, after the triggered ones. */
	readonly #hurried: Queues = new Map();
	/** Where consent is over: no pair is made of it again (RFC 7675 §5.1). */
	readonly #forbidden = new Set<string>();
	/** The stream whose turn it was. */
	#turn = -1;
	/** The sort of the pair that the last ordinary check was for. */
	#sort = SORTS - 1;

	constructor(options: ChecklistOptions) {
		this.#options = options;
	}

	get pairs(): Iterable<Pair> {
		return this.#pairs.values();
	}

	get size(): number {
		return this.#pairs.size;
	}

	/** The pair of a base with a remote end; undefined: there is none. */
	find(base: number, remote: Pick<RemoteCandidate, "transport" | "address" | "port">): Pair | undefined {
		return this.#pairs.get(pairKey(base, remote));
	}

	has(pair: Pair): boolean {
		return this.#pairs.get(pairKey(pair.local.base, pair.remote)) === pair;
	}

	/** Whether a pair is made of it. */
	uses(remote: RemoteCandidate): boolean {
		for (const pair of this.#pairs.values()) if (pair.remote === remote) return true;
		return false;
	}

	/**
	 * A new pair, frozen as yet; the one that is there already where both are the same (RFC 8445 §6.1.2.4); null where the two
	 * cannot speak, or where there are too many pairs and each is worth more.
	 */
	add(local: LocalCandidate, remote: RemoteCandidate, now: Instant): Pair | null {
		const known = this.find(local.base, remote);
		if (known !== undefined) return known;
		if (!canPair(local, remote)) return null;
		return this.insert(local, remote, now);
	}

	/** The same for a pair that a check has come by, which proves that the two can speak. */
	insert(local: LocalCandidate, remote: RemoteCandidate, now: Instant): Pair | null {
		if (this.#forbidden.has(pairKey(local.base, remote))) return null;
		const pair = new Pair(this.#options.nextId(), local, remote);
		pair.prioritize(this.#options.isControlling());
		if (this.#pairs.size >= this.#options.maximumPairs && !this.#makeRoom(pair, now)) return null;
		this.#pairs.set(pairKey(local.base, remote), pair);
		this.#options.added(pair, now);
		return pair;
	}

	remove(pair: Pair, now: Instant): void {
		const key = pairKey(pair.local.base, pair.remote);
		if (!this.#pairs.delete(key)) return;
		if (pair.isForbidden) this.#forbidden.add(key);
		this.#dequeue(pair);
		this.#options.removed(pair, now);
	}

	/**
	 * RFC 8838 §11: a failed one goes first, then one that has worked and is used no more, else the one of the lowest priority
	 * that nothing is known of.
	 */
	#makeRoom(coming: Pair, now: Instant): boolean {
		const all = [...this.#pairs.values()].sort(byPriority);
		const failed = all.findLast(({ state }) => state === "failed") ?? all.findLast((pair) => isOver(pair, now));
		const idle = all.findLast(({ state }) => state === "waiting" || state === "frozen");
		const least = failed ?? (idle !== undefined && byPriority(coming, idle) < 0 ? idle : undefined);
		if (least === undefined) return false;
		this.remove(least, now);
		return true;
	}

	/** Queues a triggered check (RFC 8445 §7.3.1.4): before all ordinary ones, behind those that are queued. */
	trigger(pair: Pair, now: Instant): void {
		this.#set(pair, "waiting", now);
		this.enqueue(pair);
	}

	/** Queues a check without a change of the pair's state, such as a nomination of one that works. */
	enqueue(pair: Pair): void {
		take(this.#hurried, pair);
		put(this.#triggered, pair);
	}

	/** Queues another check of a pair that was tried too early: before ordinary ones, behind the triggered ones. */
	hurry(pair: Pair, now: Instant): void {
		this.#set(pair, "waiting", now);
		if (!this.isTriggered(pair)) put(this.#hurried, pair);
	}

	/** Nothing more is sent for it, unless the peer checks it. */
	giveUp(pair: Pair, now: Instant): void {
		this.#dequeue(pair);
		this.#set(pair, "failed", now);
	}

	#dequeue(pair: Pair): void {
		take(this.#triggered, pair);
		take(this.#hurried, pair);
	}

	/** A triggered check of it is queued. */
	isTriggered(pair: Pair): boolean {
		return this.#triggered.get(pair.local.stream)?.includes(pair) ?? false;
	}

	/** A check that `hurry` has queued waits for its turn. */
	isHurried(pair: Pair): boolean {
		return this.#hurried.get(pair.local.stream)?.includes(pair) ?? false;
	}

	/** After a change of role. */
	prioritize(): void {
		for (const pair of this.#pairs.values()) pair.prioritize(this.#options.isControlling());
	}

	/**
	 * After pairs came: of every foundation of which no check has been sent, one pair waits, of the first stream, its lowest
	 * component, its highest priority (RFC 8445 §6.1.2.6); of those that have succeeded, all (§7.2.5.3.3).
	 */
	thaw(now: Instant): void {
		const groups = new Map<string, Pair[]>();
		for (const pair of this.#pairs.values()) {
			const group = groups.get(pair.foundation);
			if (group === undefined) groups.set(pair.foundation, [pair]);
			else group.push(pair);
		}
		for (const group of groups.values()) {
			if (group.some(({ state }) => state === "succeeded")) this.#waitAll(group, now);
			else if (group.every((pair) => pair.state === "frozen" || (pair.state === "waiting" && !this.#isQueued(pair)))) {
				const [first, ...others] = group.sort(byPlace);
				if (first !== undefined) this.#set(first, "waiting", now);
				for (const other of others) this.#set(other, "frozen", now);
			}
		}
	}

	#waitAll(group: readonly Pair[], now: Instant): void {
		for (const pair of group) if (pair.state === "frozen") this.#set(pair, "waiting", now);
	}

	/** A pair has succeeded: what resembles it probably will (RFC 8445 §7.2.5.3.3). */
	thawLike(foundation: string, now: Instant): void {
		this.#waitAll(
			[...this.#pairs.values()].filter((pair) => pair.foundation === foundation),
			now,
		);
	}

	/** Whether the peer, or a nomination, waits for a check of ours. */
	get isAwaited(): boolean {
		for (const queue of this.#triggered.values()) if (queue.length > 0) return true;
		return false;
	}

	#isQueued(pair: Pair): boolean {
		return this.isTriggered(pair) || this.isHurried(pair);
	}

	/** Whether `next` would give one. */
	get hasWork(): boolean {
		if (this.isAwaited) return true;
		for (const queue of this.#hurried.values()) if (queue.length > 0) return true;
		let isAnyFrozen = false;
		for (const { state } of this.#pairs.values()) {
			if (state === "waiting") return true;
			isAnyFrozen ||= state === "frozen";
		}
		if (!isAnyFrozen) return false;
		const busy = this.#busyFoundations();
		for (const { state, foundation } of this.#pairs.values())
			if (state === "frozen" && !busy.has(foundation)) return true;
		return false;
	}

	/** The pair whose check is due now (RFC 8445 §6.1.4.2): streams in turns, triggered ones first, then by priority. */
	next(now: Instant): Pair | null {
		const streams = [...new Set([...this.#pairs.values()].map(({ local }) => local.stream))].sort((a, b) => a - b);
		const from = streams.findIndex((stream) => stream > this.#turn);
		const turns = from < 0 ? streams : [...streams.slice(from), ...streams.slice(0, from)];
		for (const stream of turns) {
			const queued = this.#triggered.get(stream)?.shift() ?? this.#hurried.get(stream)?.shift();
			const pair = queued ?? this.#ordinary(stream, now);
			if (pair === undefined) continue;
			this.#turn = stream;
			return pair;
		}
		return null;
	}

	/** When the first pair may be checked anew, among those that `matters` names. */
	recheckAt(matters: (pair: Pair) => boolean): Instant {
		let at = Number.POSITIVE_INFINITY;
		for (const pair of this.#pairs.values())
			if (pair.isAwaited && pair.recheckAt < at && matters(pair)) at = pair.recheckAt;
		return at;
	}

	/** The pair to be checked anew now; null: there is none. */
	nextAgain(matters: (pair: Pair) => boolean, now: Instant): Pair | null {
		const due = [...this.#pairs.values()].filter((pair) => pair.isAwaited && pair.recheckAt <= now && matters(pair));
		return due.sort(byTurn)[0] ?? null;
	}

	#ordinary(stream: number, now: Instant): Pair | undefined {
		const waiting = () =>
			[...this.#pairs.values()].filter(({ local, state }) => local.stream === stream && state === "waiting");
		let found = waiting();
		if (found.length === 0) {
			this.#thawIdle(stream, now);
			found = waiting();
		}
		// Once any works, only better ones matter.
		const works = [...this.#pairs.values()].some(
			({ local, state }) => local.stream === stream && state === "succeeded",
		);
		const next = found.sort(works ? byTurn : (a, b) => this.#behind(a) - this.#behind(b) || bySort(a, b))[0];
		if (next !== undefined) this.#sort = sortOf(next);
		return next;
	}

	/** How many sorts have their turn before that of this pair. */
	#behind(pair: Pair): number {
		return (sortOf(pair) - this.#sort + SORTS - 1) % SORTS;
	}

	/** Frozen pairs of foundations of which nothing is under way anywhere (RFC 8445 §6.1.4.2). */
	#thawIdle(stream: number, now: Instant): void {
		const busy = this.#busyFoundations();
		const frozen = [...this.#pairs.values()].filter(
			({ local, state }) => local.stream === stream && state === "frozen",
		);
		for (const pair of frozen.sort(byPlace))
			if (!busy.has(pair.foundation)) {
				busy.add(pair.foundation);
				this.#set(pair, "waiting", now);
			}
	}

	/**
	 * Deviation: RFC 8445 §6.1.4.2, as a check under way is no word on its like any more once it has been asked so often in vain.
	 * It may be to a relay that is gone, with 39 s to go, when what replaces that has the same foundation.
	 */
	#busyFoundations(): Set<string> {
		const busy = new Set<string>();
		for (const { state, foundation, rechecks } of this.#pairs.values())
			if (state === "waiting" || (state === "inProgress" && rechecks < RECHECK_AFTER_NS.length)) busy.add(foundation);
		return busy;
	}

	#set(pair: Pair, state: Pair["state"], now: Instant): void {
		if (pair.state === state) return;
		pair.state = state;
		this.#options.changed(pair, now);
	}
}

function isOver(pair: Pair, now: Instant): boolean {
	return pair.state === "succeeded" && !pair.isWritable(now) && !pair.selected && !pair.backup;
}

/** By stream, component and priority: which of a foundation is first. */
function byPlace(a: Pair, b: Pair): number {
	return a.local.stream - b.local.stream || a.local.component - b.local.component || byPriority(a, b);
}

function pairKey(base: number, remote: Pick<RemoteCandidate, "transport" | "address" | "port">): string {
	return `${base} ${candidateKey(remote)}`;
}
