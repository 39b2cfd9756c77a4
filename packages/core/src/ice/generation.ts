import type { Instant } from "../machine.ts";
import { ChecklistSet } from "./checklist.ts";
import type { Component } from "./component.ts";
import type { ConclusionFacts } from "./conclusion.ts";
import { Consent } from "./consent.ts";
import type { Credentials, Ground, Peer } from "./ground.ts";
import type { IceFailure } from "./ice-io.ts";
import type { Pair } from "./pair.ts";
import { RemoteCandidates } from "./remotes.ts";

const DEAD_PEER_MS = 1900;
const MAXIMUM_PAIRS = 100;

/** What belongs to one pair of descriptions, until a restart: the state that the parts of a session share. */
export class Generation {
	readonly ground: Ground;
	readonly own: Credentials;
	readonly components: readonly Component[];
	readonly remotes: RemoteCandidates;
	readonly consent: Consent;
	readonly list: ChecklistSet;
	/** Null until its description has come. */
	peer: Peer | null = null;
	/** When that was: checks begin. */
	startedAt: Instant | null = null;
	/** Why nothing goes on; null: it does. */
	failure: IceFailure | null = null;
	/** Since when every component has a pair; null: not all have. */
	completedAt: Instant | null = null;
	/** The peer speaks no ICE. */
	isUnchecked = false;
	/** What others there were has been dropped since. */
	isFreed = false;

	constructor(
		ground: Ground,
		own: Credentials,
		components: readonly Component[],
		hooks: { readonly removed: (pair: Pair, now: Instant) => void },
	) {
		const { config, outlet, role, nextPairId, chance } = ground;
		this.ground = ground;
		this.own = own;
		this.components = components;
		this.remotes = new RemoteCandidates(config, outlet, (candidate) => this.list.uses(candidate));
		this.consent = new Consent(chance, (config.deadPeerMs ?? DEAD_PEER_MS) * 1e6);
		this.list = new ChecklistSet({
			maximumPairs: config.maximumPairs ?? MAXIMUM_PAIRS,
			isControlling: () => role.isControlling,
			nextId: nextPairId,
			added: (pair, now) => this.#added(pair, now),
			removed: hooks.removed,
			changed: (pair, now) => this.changed(pair, now),
		});
	}

	/** It sends no checks: it is lite, or there is nobody who would answer. */
	get isPassive(): boolean {
		return this.ground.config.lite === true || this.isUnchecked;
	}

	get facts(): ConclusionFacts {
		const { ground, list, components, remotes, startedAt } = this;
		return { ground, list, components, remotes, startedAt };
	}

	/** Whether it has shown that the peer knows this generation. */
	get hasMet(): boolean {
		for (const { readable, valid } of this.list.pairs) if (readable || valid !== null) return true;
		return false;
	}

	/** Whether anything may be sent. */
	isUsed(now: Instant): boolean {
		return this.failure === null && this.components.some((each) => each.sending(this.list.pairs, now) !== null);
	}

	componentOf(pair: Pair): Component {
		const found = this.components.find((component) => component.owns(pair));
		if (found === undefined) throw new RangeError("a pair belongs to a component");
		return found;
	}

	/** Tells of a pair as it stands now. */
	changed(pair: Pair, now: Instant): void {
		const hideRelated = this.ground.config.policy === "relay";
		this.ground.outlet.tell({ kind: "pair", pair: pair.report(now, hideRelated) });
	}

	#added(pair: Pair, now: Instant): void {
		const { locals, outlet } = this.ground;
		const base = locals.bases.get(pair.local.base);
		if (base?.at.relay !== undefined) outlet.put({ type: "permit", base: base.number, address: pair.remote.address });
		this.changed(pair, now);
	}
}
