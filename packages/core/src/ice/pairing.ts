import { isSameEndpoint } from "@whither/wire";
import type { Instant } from "../machine.ts";
import type { LocalCandidate, RemoteCandidate } from "./candidate.ts";
import type { Generation } from "./generation.ts";
import type { IceRemoteLine } from "./ice-io.ts";
import { byPriority } from "./pair.ts";
import type { RemoteCandidates } from "./remotes.ts";
import type { Selection } from "./selection.ts";

/** Makes pairs of candidates as they come (RFC 8445 §6.1.2, RFC 8838 §10, §11). */
export class Pairing {
	readonly #generation: Generation;
	readonly #selection: Selection;

	constructor(generation: Generation, selection: Selection) {
		this.#generation = generation;
		this.#selection = selection;
	}

	/** The peer is known: one that only answers makes pairs of what it has heard before, if the other does so too. */
	begin(now: Instant): void {
		if (!this.#generation.isPassive || !this.#canPair) return;
		for (const base of this.#generation.ground.locals.bases.keys())
			for (const remote of this.#generation.remotes.all) this.#pair(base, remote, now);
		this.#pairsCame(now);
	}

	addRemotes(told: readonly IceRemoteLine[], now: Instant): void {
		for (const each of told) this.#pairRemote(this.#generation.remotes.add(each), now);
		this.#pairsCame(now);
	}

	resolved(name: string, address: string | null, now: Instant): void {
		for (const each of this.#generation.remotes.resolved(name, address)) this.#pairRemote(each, now);
		this.#pairsCame(now);
	}

	/** Candidates of ours are new. */
	addLocals(candidates: readonly LocalCandidate[], now: Instant): void {
		// RFC 8445 §7.3.1.3: what a check has found is known to be of use to the base alone that it came to.
		if (this.#canPair)
			for (const { base } of candidates)
				for (const remote of this.#generation.remotes.all) if (remote.type !== "prflx") this.#pair(base, remote, now);
		this.#recognize(candidates, now);
		this.#pairsCame(now);
	}

	/** What a check had found of us before a server told it goes by the name that the peer hears of it. */
	#recognize(candidates: readonly LocalCandidate[], now: Instant): void {
		for (const pair of this.#generation.list.pairs) {
			const { valid } = pair;
			if (valid?.type !== "prflx") continue;
			const known = candidates.find((candidate) => candidate.base === valid.base && isSameEndpoint(candidate, valid));
			if (known === undefined) continue;
			pair.valid = known;
			this.#generation.changed(pair, now);
		}
	}

	/** One that only answers makes no pairs, unless both do. */
	get #canPair(): boolean {
		return !this.#generation.isPassive || this.#generation.peer?.lite === true;
	}

	#pairRemote(added: ReturnType<RemoteCandidates["add"]>, now: Instant): void {
		if (added === null) return;
		const { candidate, replaces } = added;
		if (replaces !== null) this.#rename(candidate, replaces, now);
		if (this.#canPair) for (const base of this.#generation.ground.locals.bases.keys()) this.#pair(base, candidate, now);
	}

	/** A check came before signalling did: its pair lives on under the name that it has now (RFC 8838 §11.4). */
	#rename(candidate: RemoteCandidate, replaces: RemoteCandidate, now: Instant): void {
		for (const pair of this.#generation.list.pairs) {
			if (pair.remote !== replaces) continue;
			pair.remote = candidate;
			pair.prioritize(this.#generation.ground.role.isControlling);
			this.#generation.changed(pair, now);
			if (pair.selected && candidate.type === "relay") this.#pairAnew(now);
		}
	}

	/** What is sent on has a relay after all, so ways that were given up for it may be better. */
	#pairAnew(now: Instant): void {
		const { ground, remotes } = this.#generation;
		for (const base of ground.locals.bases.keys())
			for (const remote of remotes.all) if (remote.type !== "prflx") this.#pair(base, remote, now);
	}

	#pair(base: number, remote: RemoteCandidate, now: Instant): void {
		const local = this.#generation.ground.locals.ofBase(base);
		if (local !== null) this.#generation.list.add(local, remote, now);
	}

	#pairsCame(now: Instant): void {
		const { list, isPassive, peer } = this.#generation;
		list.thaw(now);
		if (isPassive && peer?.lite) this.#selectUnchecked(now);
	}

	/** Two that only answer agree by priority alone (RFC 8445 §8.2). */
	#selectUnchecked(now: Instant): void {
		const { components, list } = this.#generation;
		for (const component of components) {
			const [first] = [...list.pairs].filter((pair) => component.owns(pair)).sort(byPriority);
			if (first === undefined || component.selected === first) continue;
			first.state = "succeeded";
			first.valid = first.local;
			first.consentUntil = Number.POSITIVE_INFINITY;
			this.#selection.select(component, first, "lite", now);
		}
	}
}
