import type { Instant } from "../machine.ts";
import type { Checks } from "./checks.ts";
import type { Generation } from "./generation.ts";
import type { PeerCheck } from "./incoming.ts";
import { byPriority, CONSENT_NS, type Pair } from "./pair.ts";
import type { Selection } from "./selection.ts";

/** Checks that are kept while the peer's description is on its way. */
const MOST_EARLY = 50;

/**
 * Ends of the peer's at one address that one base has been checked from, and whose own checks have never been answered. Two behind one NAT
 * that hairpins and maps every destination anew find new ends of each other with every check, for ever; those of a peer with
 * many interfaces behind such a NAT are fewer.
 */
const MOST_STRANGERS = 16;

/**
 * Deviation: RFC 8445 §7.3.1.4 checks a pair again whenever the peer has; where answers came from elsewhere so often, they
 * will again, and two such ends would keep each other busy for ever.
 */
const MOST_TIMES_NOT_SYMMETRIC = 3;

/** What follows from the peer's checks, once they have been answered (RFC 8445 §7.3.1). */
export class PeerChecks {
	readonly #generation: Generation;
	readonly #checks: Checks;
	readonly #selection: Selection;
	readonly #early: PeerCheck[] = [];

	constructor(generation: Generation, checks: Checks, selection: Selection) {
		this.#generation = generation;
		this.#checks = checks;
		this.#selection = selection;
	}

	/** The peer's description has come: so have these. */
	replay(now: Instant): void {
		for (const check of this.#early.splice(0)) this.checked(check, now);
	}

	checked(check: PeerCheck, now: Instant): void {
		const { peer, ground, isPassive } = this.#generation;
		if (peer === null) {
			if (this.#early.length < MOST_EARLY) this.#early.push(check);
			return;
		}
		if (check.ufrag !== peer.ufrag) {
			ground.outlet.ignore("otherGeneration");
			return;
		}
		const pair = this.#pairOf(check, now);
		if (pair === null) return;
		pair.readable = true;
		pair.requestsReceived++;
		pair.responsesSent++;
		pair.heardAt = now;
		if (check.nomination === null) {
			if (pair.askedPlainlyAt <= pair.nominatedAt) pair.askedPlainlyAt = now;
			this.#generation.consent.peerAsked(pair, now);
		} else pair.nominatedAt = now;
		if (isPassive) this.#checkedPassively(pair, check, now);
		else {
			if (check.nomination !== null && !ground.role.isControlling)
				pair.nominatedByPeer = Math.max(pair.nominatedByPeer ?? 0, check.nomination);
			this.#trigger(pair, check, now);
		}
	}

	#pairOf({ base: number, from, priority }: PeerCheck, now: Instant): Pair | null {
		const { ground, remotes, list } = this.#generation;
		const base = ground.locals.bases.get(number);
		const local = ground.locals.ofBase(number);
		if (base === undefined || local === null) {
			ground.outlet.ignore("policy");
			return null;
		}
		const { stream, component, at } = base;
		const { transport = "udp", tcpType } = at;
		const theirs = tcpType === undefined ? null : tcpType === "so" ? "so" : tcpType === "active" ? "passive" : "active";
		const known = list.find(number, { transport, ...from });
		if (known !== undefined) return known;
		if (this.#strangersAt(number, from.address) >= MOST_STRANGERS) {
			ground.outlet.ignore("tooManyPairs");
			return null;
		}
		const remote = remotes.seen(from, { stream, component, transport, tcpType: theirs }, priority);
		if (remote === null) return null;
		const pair = list.insert(local, remote, now);
		if (pair === null) ground.outlet.ignore("tooManyPairs");
		return pair;
	}

	#strangersAt(base: number, address: string): number {
		let count = 0;
		for (const { local, remote, readable, responsesReceived } of this.#generation.list.pairs) {
			const isThere = local.base === base && remote.address === address;
			if (isThere && remote.type === "prflx" && readable && responsesReceived === 0) count++;
		}
		return count;
	}

	/** RFC 8445 §7.3.1.4. */
	#trigger(pair: Pair, { nomination }: PeerCheck, now: Instant): void {
		// One that was not used has to show again that it works.
		if (pair.isForbidden || (pair.state === "succeeded" && pair.isWritable(now))) return;
		if (pair.timesNotSymmetric >= MOST_TIMES_NOT_SYMMETRIC) return;
		const { list, peer } = this.#generation;
		const { selected } = this.#generation.componentOf(pair);
		const isSettled = selected !== null && peer?.canRenominate === false && peer.knowsIce2;
		if (isSettled && nomination === null) {
			if (pair.state === "frozen") list.remove(pair, now);
			return;
		}
		if (pair.state === "inProgress") this.#checks.quiet(pair, now);
		// What worked once has to show anew that it does, as a pair that never has.
		if (pair.state === "succeeded") pair.valid = null;
		list.trigger(pair, now);
	}

	/** RFC 8445 §7.3.2: a lite agent takes what the peer has checked for checked. */
	#checkedPassively(pair: Pair, { nomination }: PeerCheck, now: Instant): void {
		if (pair.isForbidden) return;
		pair.valid = pair.local;
		pair.state = "succeeded";
		pair.consentUntil = now + CONSENT_NS;
		const component = this.#generation.componentOf(pair);
		component.firstValidAt ??= now;
		if (nomination === null) return;
		pair.nominatedByPeer = Math.max(pair.nominatedByPeer ?? 0, nomination);
		const before = component.selected;
		const number = before?.nominatedByPeer ?? 0;
		const isBetter =
			before === null ||
			!before.isWritable(now) ||
			number < nomination ||
			(number === nomination && byPriority(pair, before) < 0);
		if (before !== pair && isBetter) this.#selection.select(component, pair, "peer", now);
	}
}
