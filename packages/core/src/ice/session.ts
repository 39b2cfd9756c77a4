import { candidateExtension } from "@whither/wire";
import type { Deadline, Instant } from "../machine.ts";
import type { LocalCandidate } from "./candidate.ts";
import { type CheckResults, Checks } from "./checks.ts";
import type { Component } from "./component.ts";
import { failureOf, silentAt, stateOf } from "./conclusion.ts";
import { Generation } from "./generation.ts";
import type { Credentials, Ground, Peer } from "./ground.ts";
import { hurry } from "./hurry.ts";
import type { IceAgentWithoutIce, IceFailure, IceRemoteLine, IceState } from "./ice-io.ts";
import type { PeerCheck } from "./incoming.ts";
import type { Pair, RunningCheck } from "./pair.ts";
import { Pairing } from "./pairing.ts";
import { PeerChecks } from "./peer-checks.ts";
import { Selection } from "./selection.ts";
import { Unchecked } from "./unchecked.ts";
import { Upkeep } from "./upkeep.ts";

/** The checks between two descriptions, and what comes of them (RFC 8445 §6 to §11), until a restart. */
export class Session implements CheckResults {
	readonly generation: Generation;
	readonly #checks: Checks;
	readonly #selection: Selection;
	readonly #pairing: Pairing;
	readonly #peerChecks: PeerChecks;
	readonly #upkeep: Upkeep;
	readonly #unchecked: Unchecked;
	#state: IceState = "new";
	readonly #matters = (pair: Pair) => this.#mattersStill(pair);
	/** When the state may change for silence alone. */
	#silentAt: Instant = Number.POSITIVE_INFINITY;
	/** When it may have failed for time alone. */
	#lookAt: Instant = Number.POSITIVE_INFINITY;

	constructor(ground: Ground, own: Credentials, components: readonly Component[]) {
		const generation = new Generation(ground, own, components, { removed: (pair, now) => this.#removed(pair, now) });
		this.generation = generation;
		this.#checks = new Checks(ground, own, generation.list, this);
		this.#selection = new Selection({
			ground,
			list: generation.list,
			consent: generation.consent,
			peer: () => generation.peer,
			moreMayCome: ({ stream }) => !ground.isGathered() || !generation.remotes.isComplete(stream),
			drop: (pair, now) => generation.list.remove(pair, now),
			changed: (pair, now) => this.changed(pair, now),
		});
		this.#pairing = new Pairing(generation, this.#selection);
		this.#peerChecks = new PeerChecks(generation, this.#checks, this.#selection);
		const fail = (why: IceFailure, now: Instant) => this.#fail(why, now);
		this.#upkeep = new Upkeep(generation, this.#checks, fail);
		this.#unchecked = new Unchecked(generation, this.#selection, fail);
	}

	get own(): Credentials {
		return this.generation.own;
	}

	/** Whether checks are sent at all now. */
	get #isChecking(): boolean {
		const { failure, peer, isPassive } = this.generation;
		return failure === null && peer !== null && !isPassive;
	}

	/** Whether a check waits for its turn. */
	get hasWork(): boolean {
		return this.#isChecking && this.generation.list.hasWork;
	}

	/** When a check may be sent again, if there is a slot for it. */
	get recheckAt(): Instant {
		if (!this.#isChecking) return Number.POSITIVE_INFINITY;
		return this.generation.list.recheckAt(this.#matters);
	}

	get deadline(): Deadline | null {
		const { failure, components } = this.generation;
		if (failure !== null) return null;
		let [at, why] = [this.#lookAt, "patience"];
		const consentAt = this.#upkeep.dueAt;
		if (consentAt < at) [at, why] = [consentAt, "consent"];
		if (this.#silentAt < at) [at, why] = [this.#silentAt, "silence"];
		for (const { reviewAt } of components) if (reviewAt < at) [at, why] = [reviewAt, "nomination"];
		return at === Number.POSITIVE_INFINITY ? null : { at, why };
	}

	state(now: Instant): IceState {
		const { failure, facts, components, list } = this.generation;
		this.#state = failure === null ? stateOf(facts, now) : "failed";
		this.#silentAt = Number.POSITIVE_INFINITY;
		for (const component of components) {
			const pair = component.selected === null ? null : component.sending(list.pairs, now);
			if (pair !== null && silentAt(pair) > now) this.#silentAt = Math.min(this.#silentAt, silentAt(pair));
		}
		return this.#state;
	}

	/** The pair that data of a component leaves by; null: none may. */
	sending(stream: number, number: number, now: Instant): Pair | null {
		const { failure, components, list } = this.generation;
		if (failure !== null) return null;
		const component = components.find((each) => each.stream === stream && each.number === number);
		return component?.sending(list.pairs, now) ?? null;
	}

	/** The peer's description has come: checks begin. */
	begin(peer: Peer, now: Instant): void {
		this.generation.peer = peer;
		this.generation.startedAt = now;
		this.#pairing.begin(now);
		this.#peerChecks.replay(now);
		this.review(now);
	}

	addRemotes(told: readonly IceRemoteLine[], now: Instant): void {
		const { peer, ground } = this.generation;
		// RFC 8838 §4.2: one that names its generation may come after a restart.
		const isOurs = ({ line }: IceRemoteLine) => (candidateExtension(line, "ufrag") ?? peer?.ufrag) === peer?.ufrag;
		const fresh = peer === null ? told : told.filter(isOurs);
		if (fresh.length < told.length) ground.outlet.ignore("otherGeneration");
		this.#pairing.addRemotes(fresh, now);
		this.review(now);
	}

	resolved(name: string, address: string | null, now: Instant): void {
		this.#pairing.resolved(name, address, now);
		this.review(now);
	}

	endOfRemotes(streams: Iterable<number>, now: Instant): void {
		for (const stream of streams) this.generation.remotes.end(stream);
		this.review(now);
	}

	/** Candidates of ours are new, or there will be no more. */
	addLocals(candidates: readonly LocalCandidate[], now: Instant): void {
		this.#pairing.addLocals(candidates, now);
		this.review(now);
	}

	removeBase(base: number, now: Instant): void {
		this.#upkeep.removeBase(base, now);
		this.review(now);
	}

	/** A check of the peer's, whose digest was right and which has been answered. */
	checked(check: PeerCheck, now: Instant): void {
		this.#peerChecks.checked(check, now);
		this.review(now);
	}

	forbidden(base: number, address: string, why: string, now: Instant): void {
		this.#upkeep.forbid(base, address, why, now);
		this.review(now);
	}

	/** A packet has come by this pair. */
	heard(pair: Pair, now: Instant): void {
		this.#upkeep.heard(pair, now);
		if (this.#state === "disconnected") this.review(now);
	}

	/** ICMP is no proof, for anybody can send it, and firewalls answer so before they are opened: it is only a hint. */
	unreachable(pair: Pair, now: Instant): void {
		pair.icmpErrors++;
		this.generation.consent.doubt(pair, now);
		const component = this.generation.componentOf(pair);
		// Where the way that was used is gone, the next one need not be the right one.
		if (component.nominating === pair && component.bereavedBy !== null) {
			component.nominatingSince = Number.NEGATIVE_INFINITY;
			this.review(now);
		}
		this.changed(pair, now);
	}

	roleChanged(now: Instant): void {
		const { list, components } = this.generation;
		list.prioritize();
		for (const pair of list.pairs) pair.nominates = null;
		for (const component of components) component.nominating = null;
		this.review(now);
	}

	/** One transaction begins; false: there was none to. */
	checkNext(now: Instant): boolean {
		const { peer, list } = this.generation;
		if (peer === null) return false;
		const pair = list.next(now);
		if (pair !== null) this.#checks.begin(pair, peer, now);
		const again = pair === null ? list.nextAgain(this.#matters, now) : null;
		if (again !== null) this.#checks.again(again, peer, now);
		return pair !== null || again !== null;
	}

	overdue(now: Instant): void {
		const { failure, components } = this.generation;
		if (failure !== null) return;
		const isUrgent = this.#upkeep.overdue(now);
		if (isUrgent || this.#lookAt <= now || components.some(({ reviewAt }) => reviewAt <= now)) this.review(now);
	}

	/** The peer speaks no ICE: a component's packets go where it says (RFC 8839 §4.2.5). */
	withoutIce(peer: IceAgentWithoutIce, now: Instant): void {
		this.#unchecked.begin(peer, now);
		this.review(now);
	}

	chooseUnchecked(now: Instant): void {
		if (this.#unchecked.choose(now)) this.review(now);
	}

	/** Nothing more is sent. */
	end(now: Instant): void {
		for (const pair of [...this.generation.list.pairs]) {
			this.#checks.cancel(pair, now);
			this.generation.consent.unwatch(pair);
		}
	}

	/** All but the pairs in use go: another generation takes over. */
	reduce(now: Instant): void {
		this.#upkeep.reduce(now);
	}

	succeeded(pair: Pair, check: RunningCheck, now: Instant): void {
		const component = this.generation.componentOf(pair);
		component.firstValidAt ??= now;
		if (pair.relays === 0) component.directValidAt ??= now;
		this.generation.consent.answered(pair);
		hurry(this.generation.list, this.#checks, component, pair, now);
		this.changed(pair, now);
		if (check.nomination !== null && component.nominating === pair) this.#selection.confirmed(component, pair, now);
		this.review(now);
	}

	nominationFailed(pair: Pair, now: Instant): void {
		const component = this.generation.componentOf(pair);
		if (component.nominating === pair) component.nominating = null;
		pair.nominates = null;
		this.review(now);
	}

	failed(pair: Pair, now: Instant): void {
		this.changed(pair, now);
		this.review(now);
	}

	consented(pair: Pair, hasMoved: boolean, now: Instant): void {
		this.generation.consent.answered(pair);
		if (hasMoved) this.#selection.moved(this.generation.componentOf(pair), pair, now);
		this.changed(pair, now);
		this.review(now);
	}

	revoked(pair: Pair, now: Instant): void {
		this.#upkeep.expire(pair, "consentRevoked", now);
		this.review(now);
	}

	changed(pair: Pair, now: Instant): void {
		this.generation.changed(pair, now);
	}

	/** What may follow from anything that has happened. */
	review(now: Instant): void {
		const { generation } = this;
		if (generation.failure !== null || generation.peer === null) return;
		const { components } = generation;
		if (!generation.isPassive) for (const component of components) this.#selection.review(component, now);
		if (components.every(({ selected }) => selected !== null)) generation.completedAt ??= now;
		const found = failureOf(generation.facts, now);
		if (typeof found === "string") this.#fail(found, now);
		else this.#lookAt = found.lookAt;
	}

	/** Whether it would be better than what works so far, or is what both are to agree on. */
	#mattersStill(pair: Pair): boolean {
		return pair.nominates !== null || this.generation.componentOf(pair).directValidAt === null;
	}

	#fail(why: IceFailure, now: Instant): void {
		if (this.generation.failure !== null) return;
		this.generation.failure = why;
		this.end(now);
	}

	#removed(pair: Pair, now: Instant): void {
		this.#checks.cancel(pair, now);
		this.generation.consent.unwatch(pair);
		const component = this.generation.componentOf(pair);
		if (component.backup === pair) component.backup = null;
		if (component.nominating === pair) component.nominating = null;
		this.generation.ground.outlet.tell({ kind: "pairGone", id: pair.id });
	}
}
