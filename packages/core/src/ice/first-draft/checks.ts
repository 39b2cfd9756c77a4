import { holderOf, isSameEndpoint, type SdpAlt, type StunAddress } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import { mappedBy } from "../../stun/answers.ts";
import type { OwnAddress } from "./addresses.ts";
import { Check, Leg, mayReach, type PeerAddress, peerAddress } from "./check.ts";
import type { FirstDraftCheck } from "./first-draft-io.ts";
import type { Ground } from "./ground.ts";
import type { Answer } from "./requests.ts";
import type { Site } from "./sites.ts";

/** Alternatives of a stream that are looked at: each has us send to wherever it says. */
const MOST_ALTERNATIVES = 32;

/** Checks of a stream: sites of ours by alternatives of the peer's; and all that are begun while it lasts, for each offer may have new ones. */
const MOST_CHECKS = 128;
const MOST_BEGUN = 512;

/**
 * Checks of a stream to one host (or IPv6 network): whoever calls names hosts that have no part in the call, too, and checks leave all at once. So many are
 * four sockets of ours to four behind one NAT.
 */
const MOST_TO_HOST = 16;

/**
 * Errors after which a request is made once more (rule 17). Deviation: once and not again, for a wrong host at the same private address
 * (§5.2) answers 430 for ever, which §5.5 says to mend and retry.
 */
const WORTH_RETRYING: ReadonlySet<number> = new Set([401, 430, 432, 500]);

/** Our checks of the peer's addresses, all at once (rules 12 to 17). */
export class Checks {
	readonly #ground: Ground;
	readonly #verified: (check: Check, now: Instant) => void;
	/** By stream. */
	readonly #peers = new Map<number, PeerAddress[]>();
	#all: Check[] = [];
	#lastId = 0;
	/** Checks begun so far, by stream. */
	readonly #begun = new Map<number, number>();

	/** `verified`: this address can be reached from there. */
	constructor(ground: Ground, verified: (check: Check, now: Instant) => void) {
		this.#ground = ground;
		this.#verified = verified;
	}

	get isUnderWay(): boolean {
		return this.#all.some((check) => check.isUnderWay);
	}

	/** Whether it is still open if something works that was learned from one of these addresses of ours. */
	isTrying(addresses: readonly OwnAddress[]): boolean {
		return this.#all.some(
			({ peer, isUnderWay }) => isUnderWay && addresses.some(({ alt }) => alt.id === peer.alt.derivedFrom),
		);
	}

	/** Whether what has worked can still be used: its site is there, and so is the address of ours that it leads by. */
	isUsable({ peer, site }: Check): boolean {
		return this.sitesFor(peer).includes(site);
	}

	get reports(): readonly FirstDraftCheck[] {
		return this.#all.flatMap((check) => check.legs.map((leg) => check.report(leg)));
	}

	/** Succeeded ones, in the order that they began in. */
	succeeded(stream: number): readonly Check[] {
		return this.#all.filter(({ peer, hasSucceeded }) => peer.stream === stream && hasSucceeded);
	}

	/** All that the peer has now; whether any is new. What it had and has no more is not checked any more. */
	replace(stream: number, alternatives: readonly SdpAlt[], now: Instant): boolean {
		const before = this.#peers.get(stream) ?? [];
		const ids = new Set<string>();
		const peers: PeerAddress[] = [];
		for (const alt of alternatives) {
			const known = before.find((one) => isSame(one.alt, alt));
			const peer = known ?? peerAddress(stream, alt, this.#ground.sites.isRtp(stream));
			const isFull = peers.length >= MOST_ALTERNATIVES;
			const isTaken = ids.has(alt.id) || peers.some((other) => peer !== null && isSamePlace(other, peer));
			if (peer === null || isTaken || isFull) this.#ground.outlet.ignore(isFull ? "tooMany" : "badAlternative");
			else peers.push(peer);
			ids.add(alt.id);
		}
		for (const gone of before) if (!peers.includes(gone)) this.#forget((check) => check.peer === gone, now);
		this.#peers.set(stream, peers);
		const fresh = peers.filter((peer) => !before.includes(peer));
		if (fresh.length === peers.length) this.#judgeHeard(stream, peers, before.length > 0);
		for (const peer of fresh) this.#beginAll(peer, now);
		return fresh.length > 0;
	}

	/** Nothing that was told is told still: whoever takes the call now may have reached less of us than whoever had it (as when a call forks). */
	#judgeHeard(stream: number, peers: readonly PeerAddress[], isOther: boolean): void {
		const places = peers.flatMap((peer) => peer.places);
		for (const own of this.#ground.addresses.of(stream)) {
			if (isOther) own.heard.clear();
			own.recall(places);
		}
	}

	/** Where an address of the peer's is checked from: one that was learned from an address of ours works from that one's site alone (rule 14). */
	sitesFor({ stream, alt: { derivedFrom }, places }: PeerAddress): readonly Site[] {
		const { sites, addresses } = this.#ground;
		const origin = derivedFrom === null ? null : addresses.told(stream, derivedFrom);
		const from = derivedFrom === null ? sites.of(stream) : origin === null ? [] : [origin.site];
		return from.filter((site) => mayReach(site, places));
	}

	/** Whether the peer tells alternatives of a stream. */
	has(stream: number): boolean {
		return (this.#peers.get(stream)?.length ?? 0) > 0;
	}

	/** The alternative that is at the same place. */
	at(stream: number, place: StunAddress): PeerAddress | null {
		return this.#peers.get(stream)?.find(({ alt }) => isSameEndpoint(alt.at, place)) ?? null;
	}

	/** A socket that came late. */
	addSite(site: Site, now: Instant): void {
		for (const peer of this.#peers.get(site.stream) ?? [])
			if (peer.alt.derivedFrom === null && mayReach(site, peer.places)) this.#begin(site, peer, now);
	}

	removeSite(site: Site, now: Instant): void {
		this.#forget((check) => check.site === site, now);
	}

	end(now: Instant): void {
		this.#forget(() => true, now);
		this.#peers.clear();
	}

	#forget(isMeant: (check: Check) => boolean, now: Instant): void {
		for (const { legs } of this.#all.filter(isMeant))
			for (const { key } of legs) this.#ground.requests.cancel(key, now);
		this.#all = this.#all.filter((check) => !isMeant(check));
	}

	#beginAll(peer: PeerAddress, now: Instant): void {
		const sites = this.sitesFor(peer);
		if (sites.length === 0) this.#ground.outlet.ignore("badAlternative");
		for (const site of sites) this.#begin(site, peer, now);
	}

	#begin(site: Site, peer: PeerAddress, now: Instant): void {
		const { stream } = peer;
		const begun = this.#begun.get(stream) ?? 0;
		const standing = this.#all.filter((check) => check.peer.stream === stream).length;
		if (standing >= MOST_CHECKS || begun >= MOST_BEGUN || this.#isMuchTo(peer)) {
			this.#ground.outlet.ignore("tooMany");
			return;
		}
		this.#begun.set(stream, begun + 1);
		const legs = site.bases.map((base, index) => new Leg(++this.#lastId, base, peer.places[index] ?? peer.alt.at));
		const check = new Check(site, peer, legs);
		this.#all.push(check);
		for (const leg of legs) {
			this.#ask(check, leg, now);
			this.#tell(check, leg);
		}
	}

	/** Whether one of its hosts is checked enough already. */
	#isMuchTo({ stream, places }: PeerAddress): boolean {
		return places.some(({ address }) => {
			const host = holderOf(address);
			const isThere = ({ peer }: Check) =>
				peer.stream === stream && peer.places.some((place) => holderOf(place.address) === host);
			return this.#all.filter(isThere).length >= MOST_TO_HOST;
		});
	}

	#ask(check: Check, leg: Leg, now: Instant): void {
		const { username, password } = check.peer.alt;
		const asker = {
			ended: (answer: Answer, at: Instant) => this.#ended(check, leg, answer, at),
			left: () => {
				leg.requestsSent++;
			},
		};
		const question = { base: leg.base.number, to: leg.to, credentials: { username, password } };
		leg.key = this.#ground.requests.ask(question, asker, now);
	}

	#ended(check: Check, leg: Leg, answer: Answer, now: Instant): void {
		if (answer.kind === "error" && WORTH_RETRYING.has(answer.code) && !leg.isRetried) {
			leg.isRetried = true;
			this.#ask(check, leg, now);
			return;
		}
		const mapped = answer.kind === "success" ? mappedBy(leg.to, answer.message) : null;
		if (answer.kind === "success" && mapped !== null) this.#succeed(leg, check.peer.stream, mapped, answer.rttNs);
		else {
			leg.state = "failed";
			leg.failure =
				answer.kind === "error" ? String(answer.code) : answer.kind === "failed" ? answer.why : "badAddress";
		}
		this.#tell(check, leg);
		if (leg.state === "succeeded" && check.hasSucceeded) this.#verified(check, now);
	}

	#succeed(leg: Leg, stream: number, mapped: StunAddress, rttNs: number | null): void {
		leg.state = "succeeded";
		leg.mapped = mapped;
		leg.rttNs = rttNs;
		leg.isNew = !this.#ground.addresses.isKnown(stream, leg.base.component, mapped);
	}

	#tell(check: Check, leg: Leg): void {
		this.#ground.outlet.tell({ kind: "check", check: check.report(leg) });
	}
}

/** What is told twice is checked once. */
function isSamePlace(one: PeerAddress, other: PeerAddress): boolean {
	if (one.alt.derivedFrom !== other.alt.derivedFrom || one.places.length !== other.places.length) return false;
	return one.places.every((place, index) => isSameEndpoint(place, other.places[index] ?? null));
}

function isSame(one: SdpAlt, other: SdpAlt): boolean {
	return JSON.stringify(wordsOf(one)) === JSON.stringify(wordsOf(other));
}

function wordsOf({ id, q, derivedFrom, username, password, at, rtcp }: SdpAlt): readonly unknown[] {
	return [id, q, derivedFrom, username, password, at.address, at.port, rtcp?.address ?? null, rtcp?.port ?? null];
}
