import { addressFamily, type IceCandidateLine, isSameEndpoint, shortTermKey } from "@whither/wire";
import type { Instant } from "../machine.ts";
import { familyOf, isHostAddress } from "./address.ts";
import type { LocalCandidate, RemoteCandidate } from "./candidate.ts";
import type { Component } from "./component.ts";
import { defaultCandidate } from "./default-candidate.ts";
import type { Generation } from "./generation.ts";
import type { Peer } from "./ground.ts";
import type { IceAgentWithoutIce, IceFailure } from "./ice-io.ts";
import { candidatePriority } from "./priority.ts";
import type { Selection } from "./selection.ts";

/** A peer that speaks no ICE: it has no password, and nothing that it sends could be signed with one. */
const NOBODY: Peer = { ufrag: "", pwd: "", key: shortTermKey(""), lite: false, knowsIce2: true, canRenominate: false };

/** What it says of itself is one place a component; what kind of place it does not say. */
const FOUNDATION = "noIce";

/**
 * Components whose peer speaks no ICE (RFC 8839 §4.2.5): packets go where its description says, from the candidate that ours
 * named, and nothing is checked.
 */
export class Unchecked {
	readonly #generation: Generation;
	readonly #selection: Selection;
	readonly #fail: (why: IceFailure, now: Instant) => void;
	/** Those that wait for a candidate of ours. */
	readonly #waiting = new Map<Component, IceAgentWithoutIce>();

	constructor(generation: Generation, selection: Selection, fail: (why: IceFailure, now: Instant) => void) {
		this.#generation = generation;
		this.#selection = selection;
		this.#fail = fail;
	}

	/** Checks end, of all components. */
	begin(peer: IceAgentWithoutIce, now: Instant): void {
		const { components, ground, list, remotes } = this.#generation;
		const { stream = 0, component: number = 1, to } = peer;
		const component = components.find((each) => each.stream === stream && each.number === number);
		if (component === undefined || to.port === 0 || addressFamily(to.address) === null || !isHostAddress(to.address)) {
			ground.outlet.ignore("badCandidate");
			return;
		}
		if (!this.#generation.isUnchecked) this.#becomeUnchecked(now);
		this.#generation.peer = NOBODY;
		for (const pair of [...list.pairs]) if (!pair.isUnproved) this.#drop(pair, now);
		for (const each of components) forgetChecks(each);
		remotes.end(stream);
		this.#waiting.set(component, peer);
		this.choose(now);
	}

	/** Other components' places may come a little later than the first one's; what checks have come to counts no more. */
	#becomeUnchecked(now: Instant): void {
		this.#generation.isUnchecked = true;
		this.#generation.startedAt = now;
		this.#generation.failure = null;
	}

	/** Once there is a candidate of ours to send from; whether anything has changed. */
	choose(now: Instant): boolean {
		const before = this.#waiting.size;
		for (const [component, peer] of this.#waiting) {
			const local = this.#localFor(component, peer);
			if (local === null) continue;
			this.#waiting.delete(component);
			if (local === "none") this.#fail("noLocalCandidates", now);
			else this.#select(component, local, peer, now);
		}
		return this.#waiting.size < before;
	}

	#drop(pair: Parameters<Generation["list"]["remove"]>[0], now: Instant): void {
		const component = this.#generation.componentOf(pair);
		if (component.selected === pair) component.selected = null;
		pair.selected = false;
		this.#generation.list.remove(pair, now);
	}

	/** What our description named, else the default of all that there will be; null: that is not known yet. */
	#localFor({ stream, number }: Component, { to, named }: IceAgentWithoutIce): LocalCandidate | "none" | null {
		const { locals, isGathered } = this.#generation.ground;
		const usable = locals.all.filter(
			(each) =>
				each.stream === stream && familyOf(each) === familyOf(to) && (each.name === null || each.type !== "host"),
		);
		const isNamed = (each: LocalCandidate) =>
			named !== undefined && each.component === number && each.transport === "udp" && isSameEndpoint(each, named);
		const found = usable.find(isNamed);
		if (found !== undefined) return found;
		return isGathered() ? (defaultCandidate(usable, number) ?? "none") : null;
	}

	#select(component: Component, local: LocalCandidate, { to }: IceAgentWithoutIce, now: Instant): void {
		const { list } = this.#generation;
		const before = component.selected;
		const remote = this.#remoteAt(component, to);
		if (remote === null) return;
		const pair = list.find(local.base, remote) ?? list.insert(local, remote, now);
		if (pair === null) return;
		pair.isUnproved = true;
		pair.state = "succeeded";
		pair.valid = local;
		pair.consentUntil = Number.POSITIVE_INFINITY;
		if (before !== pair) this.#selection.select(component, pair, "noIce", now);
		if (before !== null && before !== pair) list.remove(before, now);
	}

	#remoteAt({ stream, number }: Component, { address, port }: IceAgentWithoutIce["to"]): RemoteCandidate | null {
		const { remotes } = this.#generation;
		const priority = candidatePriority({
			...{ type: "host", transport: "udp", tcpType: null, component: number, localPreference: 65_535 },
		});
		const line: IceCandidateLine = {
			...{ foundation: FOUNDATION, component: number, transport: "udp", priority, address, port, type: "host" },
			...{ related: null, tcpType: null, extensions: [] },
		};
		const added = remotes.add({ stream, line });
		if (added !== null) return added.candidate;
		for (const known of remotes.all)
			if (known.stream === stream && known.component === number && isSameEndpoint(known, { address, port }))
				return known;
		return null;
	}
}

/** Nothing is nominated any more, nor looked at again for that: nobody would. */
function forgetChecks(component: Component): void {
	component.reviewAt = Number.POSITIVE_INFINITY;
	component.bereavedBy = null;
}
