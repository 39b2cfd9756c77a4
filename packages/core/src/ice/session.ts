import { encodeStun } from "@whither/wire";
import { type Deadline, type Instant, SECOND } from "../machine.ts";
import type { LocalCandidate, RemoteCandidate } from "./candidate.ts";
import { ChecklistSet } from "./checklist.ts";
import { type CheckResults, Checks } from "./checks.ts";
import type { Component } from "./component.ts";
import { type ConclusionFacts, failureOf, silentAt, stateOf } from "./conclusion.ts";
import { Consent, keepaliveAt } from "./consent.ts";
import type { Credentials, Ground, Peer } from "./ground.ts";
import type { IceFailure, IceRemoteLine, IceState } from "./ice-io.ts";
import type { PeerCheck } from "./incoming.ts";
import { byPriority, CONSENT_NS, type Pair, type RunningCheck } from "./pair.ts";
import { RemoteCandidates } from "./remotes.ts";
import { Selection } from "./selection.ts";

/** RFC 8445 §8.3: what a generation that is completed still answers for others, before they go. */
const FREEING_NS = 3 * SECOND;
/** Checks that come before the peer's description does. */
const MOST_EARLY = 50;
const DEAD_PEER_MS = 1900;
const MAXIMUM_PAIRS = 100;

/** One generation: the checks between two descriptions, and what comes of them (RFC 8445 §6 to §11). */
export class Session implements CheckResults {
	readonly own: Credentials;
	readonly components: readonly Component[];
	readonly list: ChecklistSet;
	readonly consent: Consent;
	readonly remotes: RemoteCandidates;
	peer: Peer | null = null;
	/** Why nothing goes on; null: it does. */
	failure: IceFailure | null = null;
	/** When every component has a pair; null: not all have. */
	completedAt: Instant | null = null;
	/** What others there were has been dropped since. */
	isFreed = false;
	readonly #ground: Ground;
	readonly #checks: Checks;
	readonly #selection: Selection;
	readonly #early: PeerCheck[] = [];
	#startedAt: Instant | null = null;
	#lookAt: Instant = Number.POSITIVE_INFINITY;

	constructor(ground: Ground, own: Credentials, components: readonly Component[]) {
		const { config, outlet, role, nextPairId, chance } = ground;
		this.#ground = ground;
		this.own = own;
		this.components = components;
		this.remotes = new RemoteCandidates(config, outlet);
		this.consent = new Consent(chance, (config.deadPeerMs ?? DEAD_PEER_MS) * 1e6);
		this.list = new ChecklistSet({
			maximumPairs: config.maximumPairs ?? MAXIMUM_PAIRS,
			isControlling: () => role.isControlling,
			nextId: nextPairId,
			added: (pair, now) => this.#added(pair, now),
			removed: (pair, now) => this.#removed(pair, now),
			changed: (pair, now) => this.changed(pair, now),
		});
		this.#checks = new Checks(ground, own, this.list, this);
		this.#selection = new Selection({
			ground,
			list: this.list,
			consent: this.consent,
			peer: () => this.peer,
			moreMayCome: ({ stream }) => !ground.isGathered() || !this.remotes.isComplete(stream),
			drop: (pair, now) => this.list.remove(pair, now),
			changed: (pair, now) => this.changed(pair, now),
		});
	}

	/** Whether a check waits for its turn. */
	get hasWork(): boolean {
		return this.failure === null && this.peer !== null && !this.#isPassive && this.list.hasWork;
	}

	/** When a check may be sent again, if there is a slot for it. */
	get recheckAt(): Instant {
		if (this.failure !== null || this.peer === null || this.#isPassive) return Number.POSITIVE_INFINITY;
		return this.list.recheckAt((pair) => this.#mattersStill(pair));
	}

	get deadline(): Deadline | null {
		if (this.failure !== null) return null;
		let first: Deadline = { at: this.#lookAt, why: "patience" };
		const { deadline } = this.consent;
		if (deadline !== null && deadline.at < first.at) first = deadline;
		for (const component of this.components) {
			if (component.reviewAt < first.at) first = { at: component.reviewAt, why: "nomination" };
			const { selected } = component;
			if (selected === null) continue;
			if (this.#isPassive) first = sooner(first, Math.min(keepaliveAt(selected), selected.consentUntil), "keepalive");
		}
		first = sooner(first, this.#silentAt, "silence");
		if (this.completedAt !== null && !this.isFreed) first = sooner(first, this.completedAt + FREEING_NS, "freeing");
		return first.at === Number.POSITIVE_INFINITY ? null : first;
	}

	#state: IceState = "new";
	/** When the state may change for silence alone. */
	#silentAt: Instant = Number.POSITIVE_INFINITY;

	state(now: Instant): IceState {
		this.#state = this.failure === null ? stateOf(this.#facts, now) : "failed";
		this.#silentAt = Number.POSITIVE_INFINITY;
		for (const component of this.components) {
			const pair = component.selected === null ? null : component.sending(this.list.pairs, now);
			if (pair !== null && silentAt(pair) > now) this.#silentAt = Math.min(this.#silentAt, silentAt(pair));
		}
		return this.#state;
	}

	/** The pair that data of a component leaves by; null: none may. */
	sending(stream: number, number: number, now: Instant): Pair | null {
		if (this.failure !== null) return null;
		const component = this.components.find((each) => each.stream === stream && each.number === number);
		return component?.sending(this.list.pairs, now) ?? null;
	}

	/** The peer's description has come: checks begin. */
	begin(peer: Peer, now: Instant): void {
		this.peer = peer;
		this.#startedAt = now;
		for (const check of this.#early.splice(0)) this.checked(check, now);
	}

	addRemotes(told: readonly IceRemoteLine[], now: Instant): void {
		for (const each of told) this.#pairRemote(this.remotes.add(each), now);
		this.#pairsCame(now);
	}

	resolved(name: string, address: string | null, now: Instant): void {
		for (const each of this.remotes.resolved(name, address)) this.#pairRemote(each, now);
		this.#pairsCame(now);
	}

	endOfRemotes(streams: Iterable<number>, now: Instant): void {
		for (const stream of streams) this.remotes.end(stream);
		this.review(now);
	}

	/** Candidates of ours are new. */
	addLocals(candidates: readonly LocalCandidate[], now: Instant): void {
		if (this.#canPair)
			for (const { base } of candidates) for (const remote of this.remotes.all) this.#pair(base, remote, now);
		this.#pairsCame(now);
	}

	removeBase(base: number, now: Instant): void {
		for (const pair of [...this.list.pairs]) {
			if (pair.local.base !== base) continue;
			this.list.remove(pair, now);
			for (const component of this.components) if (component.selected === pair) this.#bereave(component, "noBase", now);
		}
		this.review(now);
	}

	/** A check of the peer's, whose digest was right and which has been answered (RFC 8445 §7.3.1). */
	checked(check: PeerCheck, now: Instant): void {
		const { peer } = this;
		if (peer === null) {
			if (this.#early.length < MOST_EARLY) this.#early.push(check);
			return;
		}
		if (check.ufrag !== peer.ufrag) {
			this.#ground.outlet.ignore("otherGeneration");
			return;
		}
		const pair = this.#pairOf(check, now);
		if (pair === null) return;
		pair.readable = true;
		pair.requestsReceived++;
		pair.responsesSent++;
		pair.heardAt = now;
		if (this.#isPassive) this.#checkedPassively(pair, check, now);
		else {
			if (check.nomination !== null && !this.#ground.role.isControlling)
				pair.nominatedByPeer = Math.max(pair.nominatedByPeer ?? 0, check.nomination);
			this.#trigger(pair, check, now);
		}
		this.review(now);
	}

	/** A packet has come by this pair. */
	heard(pair: Pair, now: Instant): void {
		pair.heardAt = now;
		if (this.#state === "disconnected") this.review(now);
	}

	/** ICMP is no proof, for anybody can send it, and firewalls answer so before they are opened: it is only a hint. */
	unreachable(pair: Pair, now: Instant): void {
		pair.icmpErrors++;
		this.consent.doubt(pair, now);
		this.changed(pair, now);
	}

	roleChanged(now: Instant): void {
		this.list.prioritize();
		for (const pair of this.list.pairs) pair.nominates = null;
		for (const component of this.components) component.nominating = null;
		this.review(now);
	}

	/** One transaction begins; false: there was none to. */
	checkNext(now: Instant): boolean {
		if (this.peer === null) return false;
		const pair = this.list.next(now);
		if (pair !== null) this.#checks.begin(pair, this.peer, now);
		const again = pair === null ? this.list.nextAgain((each) => this.#mattersStill(each), now) : null;
		if (again !== null) this.#checks.again(again, this.peer, now);
		return pair !== null || again !== null;
	}

	/** Whether it would be better than what works so far. */
	#mattersStill(pair: Pair): boolean {
		return pair.nominates !== null || this.#componentOf(pair).directValidAt === null;
	}

	overdue(now: Instant): void {
		if (this.failure !== null) return;
		if (this.#isPassive) this.#keepalive(now);
		const { ask, died, expired } = this.consent.due(now);
		for (const pair of expired) this.#expire(pair, "consentExpired", now);
		for (const pair of ask) this.#ask(pair, now);
		for (const pair of died) this.changed(pair, now);
		if (this.completedAt !== null && !this.isFreed && this.completedAt + FREEING_NS <= now) this.#free(now);
		if (died.length > 0 || expired.length > 0 || this.#lookAt <= now || this.#isReviewDue(now)) this.review(now);
	}

	/** Nothing more is sent. */
	end(now: Instant): void {
		for (const pair of [...this.list.pairs]) {
			this.#checks.cancel(pair, now);
			this.consent.unwatch(pair);
		}
	}

	/** All but the selected pairs go: another generation takes over. */
	reduce(now: Instant): void {
		for (const pair of [...this.list.pairs]) if (!pair.selected) this.list.remove(pair, now);
		for (const component of this.components) component.backup = null;
		this.isFreed = true;
	}

	succeeded(pair: Pair, check: RunningCheck, now: Instant): void {
		const component = this.#componentOf(pair);
		component.firstValidAt ??= now;
		if (pair.relays === 0) component.directValidAt ??= now;
		this.consent.answered(pair);
		this.#hurry(component, pair, now);
		this.changed(pair, now);
		if (check.nomination !== null && component.nominating === pair) this.#selection.confirmed(component, pair, now);
		this.review(now);
	}

	/** The peer is there, so its NAT is open to what was too early before: better ways are tried again, behind NATs first. */
	#hurry(component: Component, works: Pair, now: Instant): void {
		const better = [...this.list.pairs].filter(
			(pair) => component.owns(pair) && pair.relays < works.relays && pair.state === "inProgress" && !pair.isTcp,
		);
		const isReflexive = ({ remote }: Pair) => remote.type !== "host";
		for (const pair of better.sort((a, b) => Number(isReflexive(b)) - Number(isReflexive(a)) || byPriority(a, b))) {
			if (pair.hurried) continue;
			pair.hurried = true;
			this.#checks.quiet(pair, now);
			this.list.trigger(pair, now);
		}
	}

	nominationFailed(pair: Pair, now: Instant): void {
		const component = this.#componentOf(pair);
		if (component.nominating === pair) component.nominating = null;
		pair.nominates = null;
		this.review(now);
	}

	failed(pair: Pair, now: Instant): void {
		this.changed(pair, now);
		this.review(now);
	}

	consented(pair: Pair, now: Instant): void {
		this.consent.answered(pair);
		this.review(now);
	}

	revoked(pair: Pair, now: Instant): void {
		this.#expire(pair, "consentRevoked", now);
		this.review(now);
	}

	changed(pair: Pair, now: Instant): void {
		const hideRelated = this.#ground.config.policy === "relay";
		this.#ground.outlet.tell({ kind: "pair", pair: pair.report(now, hideRelated) });
	}

	/** What may follow from anything that has happened. */
	review(now: Instant): void {
		if (this.failure !== null || this.peer === null) return;
		if (!this.#isPassive) for (const component of this.components) this.#selection.review(component, now);
		if (this.completedAt === null && this.components.every(({ selected }) => selected !== null)) this.completedAt = now;
		const found = failureOf(this.#facts, now);
		if (typeof found === "string") this.#fail(found, now);
		else this.#lookAt = found.lookAt;
	}

	/** It sends no checks: it is lite. */
	get #isPassive(): boolean {
		return this.#ground.config.lite === true;
	}

	get #canPair(): boolean {
		return !this.#isPassive || this.peer?.lite === true;
	}

	get #facts(): ConclusionFacts {
		const { list, components, remotes } = this;
		return { ground: this.#ground, list, components, remotes, startedAt: this.#startedAt };
	}

	#isReviewDue(now: Instant): boolean {
		return this.components.some(({ reviewAt }) => reviewAt <= now);
	}

	#componentOf(pair: Pair): Component {
		const found = this.components.find((component) => component.owns(pair));
		if (found === undefined) throw new RangeError("a pair belongs to a component");
		return found;
	}

	#pairRemote(added: ReturnType<RemoteCandidates["add"]>, now: Instant): void {
		if (added === null) return;
		const { candidate, replaces } = added;
		if (replaces !== null) this.#rename(candidate, replaces, now);
		if (this.#canPair) for (const base of this.#ground.locals.bases.keys()) this.#pair(base, candidate, now);
	}

	/** A check came before signalling did: its pair lives on under the name that it has now (RFC 8838 §11.4). */
	#rename(candidate: RemoteCandidate, replaces: RemoteCandidate, now: Instant): void {
		for (const pair of this.list.pairs) {
			if (pair.remote !== replaces) continue;
			pair.remote = candidate;
			pair.prioritize(this.#ground.role.isControlling);
			this.changed(pair, now);
		}
	}

	#pair(base: number, remote: RemoteCandidate, now: Instant): void {
		const local = this.#ground.locals.ofBase(base);
		if (local !== null) this.list.add(local, remote, now);
	}

	#pairsCame(now: Instant): void {
		this.list.thaw(now);
		if (this.#isPassive && this.peer?.lite) this.#selectUnchecked(now);
		this.review(now);
	}

	/** Two that only answer agree by priority alone (RFC 8445 §8.2). */
	#selectUnchecked(now: Instant): void {
		for (const component of this.components) {
			const [first] = [...this.list.pairs].filter((pair) => component.owns(pair)).sort(byPriority);
			if (first === undefined || component.selected === first) continue;
			first.state = "succeeded";
			first.valid = first.local;
			first.consentUntil = Number.POSITIVE_INFINITY;
			this.#selection.select(component, first, "lite", now);
		}
	}

	#pairOf({ base: number, from, priority }: PeerCheck, now: Instant): Pair | null {
		const base = this.#ground.locals.bases.get(number);
		const local = this.#ground.locals.ofBase(number);
		if (base === undefined || local === null) {
			this.#ground.outlet.ignore("policy");
			return null;
		}
		const { stream, component, at } = base;
		const { transport = "udp", tcpType } = at;
		const theirs = tcpType === undefined ? null : tcpType === "so" ? "so" : tcpType === "active" ? "passive" : "active";
		const remote = this.remotes.seen(from, { stream, component, transport, tcpType: theirs }, priority);
		const pair = this.list.find(number, remote) ?? this.list.insert(local, remote, now);
		if (pair === null) this.#ground.outlet.ignore("tooManyPairs");
		return pair;
	}

	/** RFC 8445 §7.3.1.4. */
	#trigger(pair: Pair, check: PeerCheck, now: Instant): void {
		if (pair.state === "succeeded") return;
		const { selected } = this.#componentOf(pair);
		const isSettled = selected !== null && this.peer?.canRenominate === false && this.peer.knowsIce2;
		if (isSettled && check.nomination === null) {
			if (pair.state === "frozen") this.list.remove(pair, now);
			return;
		}
		if (pair.state === "inProgress") this.#checks.quiet(pair, now);
		this.list.trigger(pair, now);
	}

	/** RFC 8445 §7.3.2: a lite agent takes what the peer has checked for checked. */
	#checkedPassively(pair: Pair, { nomination }: PeerCheck, now: Instant): void {
		pair.valid = pair.local;
		pair.state = "succeeded";
		pair.consentUntil = now + CONSENT_NS;
		const component = this.#componentOf(pair);
		component.firstValidAt ??= now;
		if (nomination === null) return;
		pair.nominatedByPeer = Math.max(pair.nominatedByPeer ?? 0, nomination);
		const before = component.selected;
		const isBetter =
			before === null ||
			!before.isWritable(now) ||
			(before.nominatedByPeer ?? 0) < nomination ||
			((before.nominatedByPeer ?? 0) === nomination && byPriority(pair, before) < 0);
		if (before !== pair && isBetter) this.#selection.select(component, pair, "peer", now);
	}

	/** RFC 8445 §11: indications, for a lite agent asks for no consent. */
	#keepalive(now: Instant): void {
		for (const { selected } of this.components) {
			if (selected !== null && !selected.isWritable(now)) this.#expire(selected, "consentExpired", now);
			if (selected === null || !selected.isWritable(now) || keepaliveAt(selected) > now) continue;
			const transactionId = this.#ground.chance.bytes().subarray(0, 12);
			const attributes = [{ name: "fingerprint" }] as const;
			const { address, port } = selected.remote;
			const bytes = encodeStun({ class: "indication", method: "binding", transactionId, attributes });
			this.#ground.outlet.send(selected.local.base, { address, port }, bytes);
			selected.sentAt = now;
		}
	}

	/** With a doubt about one in use, the one in reserve is asked as well: whether it is any better. */
	#ask(pair: Pair, now: Instant): void {
		if (this.peer === null) return;
		this.#checks.askConsent(pair, this.peer, now);
		const { selected, backup } = this.#componentOf(pair);
		if (pair === selected && backup !== null && this.consent.doubtedSince(pair) !== null)
			this.#checks.askConsent(backup, this.peer, now);
	}

	/** Nothing is sent there any more, and checks do not bring it back (RFC 7675 §5.1). */
	#expire(pair: Pair, why: IceFailure, now: Instant): void {
		pair.consentUntil = Number.NEGATIVE_INFINITY;
		pair.state = "failed";
		pair.valid = null;
		pair.failure = why;
		this.#checks.cancel(pair, now);
		this.consent.unwatch(pair);
		this.changed(pair, now);
		const component = this.#componentOf(pair);
		if (component.backup === pair) {
			component.backup = null;
			pair.backup = false;
		}
		if (component.selected === pair) this.#bereave(component, why, now);
	}

	/** Its selected pair is gone; with another that works and a peer that changes, not all is lost. */
	#bereave(component: Component, why: IceFailure, now: Instant): void {
		const others = [...this.list.pairs].some((pair) => component.owns(pair) && pair.isWritable(now));
		if (component.selected !== null) component.selected.selected = false;
		if (!others || this.peer?.canRenominate !== true) this.#fail(why, now);
		else {
			component.selected = null;
			component.bereavedBy = why;
			component.firstValidAt = now;
			this.completedAt = null;
		}
	}

	/** RFC 8445 §8.3. */
	#free(now: Instant): void {
		this.isFreed = true;
		for (const pair of [...this.list.pairs]) {
			const { selected } = this.#componentOf(pair);
			const isUsed = pair.selected || pair.backup;
			const mayBeBetter = this.peer?.canRenominate && selected !== null && pair.relays < selected.relays;
			if (!isUsed && !mayBeBetter) this.list.remove(pair, now);
		}
	}

	#fail(why: IceFailure, now: Instant): void {
		if (this.failure !== null) return;
		this.failure = why;
		this.end(now);
	}

	#added(pair: Pair, now: Instant): void {
		const base = this.#ground.locals.bases.get(pair.local.base);
		if (base?.at.relay !== undefined)
			this.#ground.outlet.put({ type: "permit", base: base.number, address: pair.remote.address });
		this.changed(pair, now);
	}

	#removed(pair: Pair, now: Instant): void {
		this.#checks.cancel(pair, now);
		this.consent.unwatch(pair);
		const component = this.#componentOf(pair);
		if (component.backup === pair) component.backup = null;
		if (component.nominating === pair) component.nominating = null;
		this.#ground.outlet.tell({ kind: "pairGone", id: pair.id });
	}
}

function sooner(first: Deadline, at: Instant, why: string): Deadline {
	return at < first.at ? { at, why } : first;
}
