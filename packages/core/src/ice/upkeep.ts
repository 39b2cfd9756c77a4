import { encodeStun } from "@whither/wire";
import { type Instant, SECOND } from "../machine.ts";
import type { Checks } from "./checks.ts";
import type { Component } from "./component.ts";
import { keepaliveAt } from "./consent.ts";
import type { Generation } from "./generation.ts";
import type { IceFailure } from "./ice-io.ts";
import { CONSENT_NS, type Pair } from "./pair.ts";

/** RFC 8445 §8.3: what a generation that is completed still does for other pairs, before they go. */
const FREEING_NS = 3 * SECOND;
/** The same where the peer may use some of them: by then it has asked for consent there. */
const RESERVING_NS = 10 * SECOND;

/** Keeps pairs that are used, and lets go of those that are not. */
export class Upkeep {
	readonly #generation: Generation;
	readonly #checks: Checks;
	readonly #fail: (why: IceFailure, now: Instant) => void;

	constructor(generation: Generation, checks: Checks, fail: (why: IceFailure, now: Instant) => void) {
		this.#generation = generation;
		this.#checks = checks;
		this.#fail = fail;
	}

	get dueAt(): Instant {
		const { consent, isPassive, components, completedAt, isFreed } = this.#generation;
		let at = consent.dueAt;
		if (isPassive)
			for (const { selected } of components)
				if (selected !== null) at = Math.min(at, keepaliveAt(selected), selected.consentUntil);
		return completedAt === null || isFreed ? at : Math.min(at, this.#freesAt(completedAt));
	}

	#freesAt(completedAt: Instant): Instant {
		return completedAt + (this.#mayUseOthers ? RESERVING_NS : FREEING_NS);
	}

	/** The peer may send on other pairs: on one in reserve, or as one of RFC 5245 on whichever it has nominated. */
	get #mayUseOthers(): boolean {
		const { peer, ground } = this.#generation;
		return peer?.canRenominate === true || (peer?.knowsIce2 === false && !ground.role.isControlling);
	}

	heard(pair: Pair, now: Instant): void {
		pair.heardAt = now;
		const { isPassive, peer } = this.#generation;
		// Deviation: RFC 7675 §5.1 wants answers to checks, which a lite agent does not send; of a peer of RFC 5245, which asks for
		// no consent either, whatever comes will do.
		if (isPassive && peer?.knowsIce2 === false && pair.isWritable(now))
			pair.consentUntil = Math.max(pair.consentUntil, now + CONSENT_NS);
	}

	/** Whether the choice of pairs has to be looked at again. */
	overdue(now: Instant): boolean {
		const { consent, isPassive, completedAt, isFreed } = this.#generation;
		if (isPassive) this.#keepalive(now);
		const { ask, died, expired } = consent.due(now);
		for (const pair of expired) this.expire(pair, "consentExpired", now);
		for (const pair of ask) this.#ask(pair, now);
		for (const pair of died) this.#generation.changed(pair, now);
		if (completedAt !== null && !isFreed && this.#freesAt(completedAt) <= now) this.#free(completedAt, now);
		return died.length > 0 || expired.length > 0;
	}

	/** Nothing is sent there any more, and checks do not bring it back (RFC 7675 §5.1). */
	expire(pair: Pair, why: IceFailure, now: Instant): void {
		pair.consentUntil = Number.NEGATIVE_INFINITY;
		pair.isForbidden = true;
		pair.state = "failed";
		pair.valid = null;
		pair.failure = why;
		this.#checks.cancel(pair, now);
		this.#generation.consent.unwatch(pair);
		const component = this.#generation.componentOf(pair);
		if (component.backup === pair) {
			component.backup = null;
			pair.backup = false;
		}
		this.#generation.changed(pair, now);
		if (component.selected === pair) this.#bereave(component, why, now);
	}

	/** All but the pairs in use go. */
	reduce(now: Instant): void {
		const { list, components, consent, isPassive } = this.#generation;
		const used = new Set(components.map((component) => component.sending(list.pairs, now)));
		for (const pair of [...list.pairs]) {
			if (!pair.selected && !used.has(pair)) list.remove(pair, now);
			else if (!isPassive) consent.watch(pair, now);
		}
		for (const component of components) component.backup = null;
		this.#generation.isFreed = true;
	}

	/** Its socket is gone. */
	removeBase(base: number, now: Instant): void {
		const { list, components } = this.#generation;
		for (const pair of [...list.pairs]) {
			if (pair.local.base !== base) continue;
			list.remove(pair, now);
			for (const component of components) if (component.selected === pair) this.#bereave(component, "noBase", now);
		}
	}

	/** What has never worked fails at once; what has is left to consent. */
	forbid(base: number, address: string, why: string, now: Instant): void {
		const { list } = this.#generation;
		for (const pair of list.pairs) {
			if (pair.local.base !== base || pair.remote.address !== address || pair.valid !== null || !pair.isOpen) continue;
			this.#checks.cancel(pair, now);
			pair.failure = why;
			list.giveUp(pair, now);
		}
	}

	/** Its selected pair is gone; with another that works and a peer that changes, not all is lost. */
	#bereave(component: Component, why: IceFailure, now: Instant): void {
		const { list, peer } = this.#generation;
		const hasOther = [...list.pairs].some((pair) => component.owns(pair) && pair.isWritable(now));
		if (component.selected !== null) component.selected.selected = false;
		if (!hasOther || peer?.canRenominate !== true) this.#fail(why, now);
		else {
			component.selected = null;
			component.bereavedBy = why;
			component.firstValidAt = now;
			this.#generation.completedAt = null;
		}
	}

	/** With a doubt about one in use, the one in reserve is asked as well: whether it is any better. */
	#ask(pair: Pair, now: Instant): void {
		const { peer, consent } = this.#generation;
		if (peer === null) return;
		this.#checks.askConsent(pair, peer, now);
		const { selected, backup } = this.#generation.componentOf(pair);
		if (pair === selected && backup !== null && consent.doubtedSince(pair) !== null)
			this.#checks.askConsent(backup, peer, now);
	}

	/**
	 * RFC 8445 §11: indications, for a lite agent asks for no consent. To a peer without ICE they are RTP of a version that there
	 * is not, which whoever takes RTP drops (RFC 3550 A.1). Deviation: RFC 6263 §5 prefers RTCP where it is multiplexed, or RTP of
	 * an unknown payload type, to this (§4.5): the agent knows no RTP of its owner's.
	 */
	#keepalive(now: Instant): void {
		const { components, ground } = this.#generation;
		for (const { selected } of components) {
			if (selected !== null && !selected.isWritable(now)) this.expire(selected, "consentExpired", now);
			if (selected === null || !selected.isWritable(now) || keepaliveAt(selected) > now) continue;
			const transactionId = ground.chance.bytes().subarray(0, 12);
			const attributes = [{ name: "fingerprint" }] as const;
			const { address, port } = selected.remote;
			const bytes = encodeStun({ class: "indication", method: "binding", transactionId, attributes });
			ground.outlet.send(selected.local.base, { address, port }, bytes);
			selected.sentAt = now;
		}
	}

	#free(completedAt: Instant, now: Instant): void {
		const { list, peer } = this.#generation;
		this.#generation.isFreed = true;
		for (const pair of [...list.pairs]) {
			const { selected } = this.#generation.componentOf(pair);
			const mayBeBetter = peer?.canRenominate === true && selected !== null && pair.relays < selected.relays;
			const isPeers = this.#mayUseOthers && pair.heardAt > completedAt + FREEING_NS;
			const isNominated = pair.nominatedByPeer !== null && pair.isOpen;
			if (!pair.selected && !pair.backup && !mayBeBetter && !isPeers && !isNominated) list.remove(pair, now);
		}
	}
}
