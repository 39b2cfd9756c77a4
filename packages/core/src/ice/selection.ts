import { type Instant, MILLISECOND, SECOND } from "../machine.ts";
import { apartness } from "./apart.ts";
import type { ChecklistSet } from "./checklist.ts";
import { best, type Component } from "./component.ts";
import type { Consent } from "./consent.ts";
import { waitsUntil } from "./evidence.ts";
import type { Ground, Peer } from "./ground.ts";
import type { SelectionReason } from "./ice-io.ts";
import { byPriority, compareWays, type Pair } from "./pair.ts";

/** What a selection needs of its generation. */
export interface SelectionParts {
	readonly ground: Ground;
	readonly list: ChecklistSet;
	readonly consent: Consent;
	readonly peer: () => Peer | null;
	/** Candidates of this component may still come. */
	readonly moreMayCome: (component: Component) => boolean;
	/** Its checks are given up. */
	readonly drop: (pair: Pair, now: Instant) => void;
	readonly changed: (pair: Pair, now: Instant) => void;
}

/** A nomination that is not answered for so long gives way to that of another pair that works. */
const LATE_NS = 1900 * MILLISECOND;
/** A pair that died is gone back to no sooner than so long after. */
const RETURN_NS = 5 * SECOND;

/** The most better pairs whose turns of Ta lengthen the grace. */
const MOST_TURNS = 10;

/** Which pair of a component is sent on (RFC 8445 §8.1), and which would be next. */
export class Selection {
	readonly #parts: SelectionParts;

	constructor(parts: SelectionParts) {
		this.#parts = parts;
	}

	/** After anything that may have changed the choice. */
	review(component: Component, now: Instant): void {
		component.reviewAt = Number.POSITIVE_INFINITY;
		const peer = this.#parts.peer();
		if (peer === null) return;
		if (this.#parts.ground.role.isControlling) this.#choose(component, peer, now);
		else this.#obey(component, peer, now);
		this.#reserve(component, peer, now);
	}

	/** A nomination of ours has been answered. */
	confirmed(component: Component, pair: Pair, now: Instant): void {
		const before = component.selected;
		component.nominating = null;
		pair.nominates = null;
		if (before === pair) return;
		const graceOver = component.firstValidAt !== null && now - component.firstValidAt >= this.#graceNs;
		const first: SelectionReason = graceOver && this.#hasContender(component, pair) ? "graceOver" : "best";
		this.select(component, pair, before === null ? first : before.dead ? "failover" : "better", now);
	}

	/**
	 * A NAT has given us another address, by which the peer has no pair that is nominated. Deviation: RFC 8445 §8.1.1, as where
	 * a better one is found.
	 */
	moved(component: Component, pair: Pair, now: Instant): void {
		const isOurs =
			this.#parts.ground.role.isControlling && component.selected === pair && component.nominating === null;
		if (isOurs && this.#parts.peer()?.canRenominate === true) this.#nominate(component, pair, now);
	}

	select(component: Component, pair: Pair, why: SelectionReason, now: Instant): void {
		const { ground, consent, changed } = this.#parts;
		const before = component.selected;
		if (before !== null) {
			before.selected = false;
			if (before.dead) component.failedOverAt = now;
			changed(before, now);
		}
		if (component.backup === pair) component.backup = null;
		pair.backup = false;
		pair.nominated = !pair.isUnproved;
		pair.selected = true;
		component.selected = pair;
		component.bereavedBy = null;
		component.nominating = null;
		if (ground.config.lite !== true && !pair.isUnproved) consent.watch(pair, now);
		const hideRelated = ground.config.policy === "relay";
		ground.outlet.tell({ kind: "selected", pair: pair.report(now, hideRelated), why });
		changed(pair, now);
		if (before !== null && before !== component.backup) consent.unwatch(before);
		this.#settle(component, now);
	}

	get #graceNs(): number {
		return (this.#parts.ground.config.nominationGraceMs ?? 100) * MILLISECOND;
	}

	/** A turn of Ta for each way with fewer relays that has still to be tried. */
	#turnsFor(component: Component, chosen: Pair): number {
		const better = this.#own(component).filter((pair) => pair.isOpen && pair.relays < chosen.relays).length;
		return Math.min(better, MOST_TURNS) * this.#parts.ground.pace.intervalNs;
	}

	#own(component: Component): readonly Pair[] {
		return [...this.#parts.list.pairs].filter((pair) => component.owns(pair));
	}

	#hasContender(component: Component, chosen: Pair): boolean {
		return this.#own(component).some((pair) => pair.valid === null && pair.isOpen && compareWays(pair, chosen) < 0);
	}

	/** Regular nomination, as soon as what is known suffices (RFC 8445 §8.1.1). */
	#choose(component: Component, peer: Peer, now: Instant): void {
		const { selected, nominating, backup, bereavedBy } = component;
		const fits = (pair: Pair) =>
			isUsable(pair, now) && !(pair === nominating && component.nominatingSince + LATE_NS <= now);
		// Of the one in reserve it is known that it works still.
		const isLost = bereavedBy !== null || selected?.dead === true;
		const reserve = isLost && backup !== null && fits(backup) ? backup : null;
		const chosen = reserve ?? best(this.#own(component), fits);
		if (chosen === null || chosen === selected) return;
		if (nominating !== null) {
			if (peer.canRenominate) this.#nominateInstead(component, nominating, chosen, now);
			return;
		}
		if (selected !== null) {
			if (peer.canRenominate && this.#isWorthIt(component, selected, chosen, now))
				this.#nominate(component, chosen, now);
			return;
		}
		component.firstValidAt ??= now;
		const turnsNs = this.#turnsFor(component, chosen);
		const until = waitsUntil(chosen, {
			pairs: this.#own(component),
			firstValidAt: component.firstValidAt,
			graceNs: this.#graceNs + turnsNs,
			moreMayCome: this.#parts.moreMayCome(component),
			isMendable: peer.canRenominate,
			isTriggered: (pair) => this.#parts.list.isTriggered(pair),
			isHurried: (pair) => this.#parts.list.isHurried(pair),
			turnsNs,
		});
		if (until > now) component.reviewAt = until;
		else this.#nominate(component, chosen, now);
	}

	/**
	 * Whether another pair than the selected one is to be nominated: that one is dead, or has relays that this one spares.
	 * Deviation: RFC 8445 §8.1.1 nominates once; a peer that offers `renomination` expects more.
	 */
	#isWorthIt(component: Component, selected: Pair, chosen: Pair, now: Instant): boolean {
		if (!selected.isWritable(now)) return true;
		if (selected.dead) {
			// Where nothing answers, another pair is no better.
			const since = this.#parts.consent.doubtedSince(selected);
			return since === null || chosen.answeredAt >= since;
		}
		const backAt = component.failedOverAt + RETURN_NS;
		if (chosen.relays >= selected.relays) return false;
		if (backAt > now) component.reviewAt = backAt;
		return backAt <= now;
	}

	/** Nominates another pair while a nomination is unanswered, because it has fewer relays or the answer is late; the higher number counts. */
	#nominateInstead(component: Component, nominating: Pair, chosen: Pair, now: Instant): void {
		const lateAt = component.nominatingSince + LATE_NS;
		const isBetter = chosen.relays < nominating.relays;
		if (chosen !== nominating && (isBetter || lateAt <= now)) this.#nominate(component, chosen, now);
		else if (lateAt > now) component.reviewAt = lateAt;
	}

	#nominate(component: Component, pair: Pair, now: Instant): void {
		if (component.nominating !== null) component.nominating.nominates = null;
		component.nominating = pair;
		component.nominatingSince = now;
		component.reviewAt = now + LATE_NS;
		pair.nominates = ++component.nominations;
		this.#parts.list.enqueue(pair);
		this.#parts.changed(pair, now);
	}

	/** As the controlling side says; of several that say the same, the highest priority (RFC 8445 §8.1.1, RFC 5245 §8.1.1.2). */
	#obey(component: Component, peer: Peer, now: Instant): void {
		let chosen: Pair | null = null;
		for (const pair of this.#own(component)) {
			if (pair.nominatedByPeer === null || pair.state !== "succeeded" || !pair.isWritable(now)) continue;
			if (this.#isLeft(component, peer, pair, now)) continue;
			if (chosen === null || isNominatedBefore(pair, chosen)) chosen = pair;
		}
		const { selected } = component;
		if (chosen === null || chosen === selected) return;
		if (selected?.isWritable(now) && selected.nominatedByPeer !== null) {
			const isHeld = !this.#isLeft(component, peer, selected, now);
			if (isHeld && !isNominatedBefore(chosen, selected)) return;
		}
		component.nominations = Math.max(component.nominations, chosen.nominatedByPeer ?? 0);
		this.select(component, chosen, selected?.dead && peer.canRenominate ? "failover" : "peer", now);
	}

	/** Some peers nominate every pair at first and then only the one that they use: whoever goes on nominating another has left this one. */
	#isLeft(component: Component, { knowsIce2, canRenominate }: Peer, pair: Pair, now: Instant): boolean {
		if (knowsIce2 || canRenominate || pair.askedPlainlyAt <= pair.nominatedAt) return false;
		return this.#own(component).some(
			(other) => other.nominatedAt > pair.askedPlainlyAt && other.state === "succeeded" && other.isWritable(now),
		);
	}

	/** One more pair that works, another way if there is one, where it could be changed to. */
	#reserve(component: Component, peer: Peer, now: Instant): void {
		const { consent, changed, ground } = this.#parts;
		const { selected, backup } = component;
		if (selected === null || !peer.canRenominate || ground.config.lite || ground.config.deadPeerMs === 0) return;
		const chosen = this.#mostApart(component, selected, now);
		if (chosen !== backup) {
			if (backup !== null) {
				backup.backup = false;
				consent.unwatch(backup);
				changed(backup, now);
			}
			component.backup = chosen;
			if (chosen !== null) {
				chosen.backup = true;
				consent.watch(chosen, now);
				changed(chosen, now);
			}
			this.#settle(component, now);
		}
		consent.guard(selected, chosen !== null);
	}

	/** The working pair that has the least in common with the selected one; null: no other works. */
	#mostApart(component: Component, selected: Pair, now: Instant): Pair | null {
		const { bases } = this.#parts.ground.locals;
		let most = 0;
		let found: Pair | null = null;
		for (const pair of this.#own(component)) {
			if (pair === selected || pair.dead || !pair.isWritable(now) || pair.state !== "succeeded") continue;
			const apart = apartness(pair, selected, bases);
			if (found !== null && (apart < most || (apart === most && compareWays(pair, found) >= 0))) continue;
			most = apart;
			found = pair;
		}
		return found;
	}

	/** Checks that cannot change anything any more (RFC 8445 §8.1.2). */
	#settle(component: Component, now: Instant): void {
		const { selected } = component;
		if (selected === null) return;
		for (const pair of this.#own(component)) {
			if (pair === selected || pair.valid !== null || !pair.isOpen) continue;
			// The peer sends on it by now, and takes our answer for a yes.
			if (pair.nominatedByPeer !== null && isNominatedBefore(pair, selected)) continue;
			if (!this.#mayStillMatter(component, selected, pair)) this.#parts.drop(pair, now);
		}
	}

	#mayStillMatter(component: Component, selected: Pair, pair: Pair): boolean {
		const { ground, peer } = this.#parts;
		const about = peer();
		if (about?.canRenominate && ground.config.lite !== true) {
			const { backup } = component;
			const { bases } = ground.locals;
			const isMoreApart = backup === null || apartness(pair, selected, bases) > apartness(backup, selected, bases);
			const wantsReserve = isMoreApart && ground.config.deadPeerMs !== 0;
			return wantsReserve || pair.relays < selected.relays;
		}
		// A peer of RFC 5245 may nominate every pair. The best of them counts, but some send on the one that they nominated last.
		return !ground.role.isControlling && about?.knowsIce2 === false;
	}
}

function isUsable(pair: Pair, now: Instant): boolean {
	return pair.isWritable(now) && !pair.dead && !pair.refused && pair.state === "succeeded";
}

/** Whether the peer's nomination of `a` counts before that of `b`. */
function isNominatedBefore(a: Pair, b: Pair): boolean {
	const [one, other] = [a.nominatedByPeer ?? -1, b.nominatedByPeer ?? -1];
	return one === other ? byPriority(a, b) < 0 : one > other;
}
