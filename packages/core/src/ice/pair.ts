import { type Instant, MILLISECOND, SECOND } from "../machine.ts";
import { familyOf } from "./address.ts";
import { candidateLine, type LocalCandidate, type RemoteCandidate } from "./candidate.ts";
import type { IcePairReport, IceRole } from "./ice-io.ts";
import { pairPriority } from "./priority.ts";

/** RFC 8445 §6.1.2.6. */
export type PairState = "frozen" | "waiting" | "inProgress" | "succeeded" | "failed";

/** RFC 7675 §5.1: how long an answer is consent. */
export const CONSENT_NS = 30 * SECOND;

/**
 * Deviation: RFC 8445 §14.3 sends a check again after 500 ms. The first one is often too early, before the peer's own has
 * opened its NAT; so in slots of Ta that nothing else needs, new checks follow this long after the one before.
 */
export const RECHECK_AFTER_NS: readonly number[] = [25, 50, 100, 200].map((ms) => ms * MILLISECOND);

/** A check under way. */
export interface RunningCheck {
	readonly key: number;
	readonly role: IceRole;
	/** It nominates the pair, as the so-manieth of its component. */
	readonly nomination: number | null;
	readonly priority: number;
}

/** One of our bases and one of the peer's candidates, and what is known of the way between them. */
export class Pair {
	readonly id: number;
	/** What the base is told as best; its address is what `valid` says. */
	readonly local: LocalCandidate;
	remote: RemoteCandidate;
	state: PairState = "frozen";
	priority = 0n;
	#priorityText = "0";
	#foundation = "";
	#foundationOf: RemoteCandidate | null = null;
	/** How the peer sees us: the local candidate of the valid pair (RFC 8445 §7.2.5.3.2); null until a check succeeds. */
	valid: LocalCandidate | null = null;
	/** Checks whose answers still count, the newest last. */
	readonly checks: RunningCheck[] = [];
	/** The next check is to nominate, as the so-manieth. */
	nominates: number | null = null;
	/** The peer, controlling, has nominated it, as the so-manieth; it counts once our own check has succeeded. */
	nominatedByPeer: number | null = null;
	/** The peer's latest check that nominates it, and the first one since that does not. */
	nominatedAt = Number.NEGATIVE_INFINITY;
	askedPlainlyAt = Number.NEGATIVE_INFINITY;
	nominated = false;
	/** A nomination of it has failed. */
	refused = false;
	selected = false;
	backup = false;
	/** Silence for too long; it ends with the next answer. */
	dead = false;
	/** Consent is over there: with these credentials nothing is sent any more (RFC 7675 §5.1). */
	isForbidden = false;
	readable = false;
	/** The peer speaks no ICE: it is sent on, and nothing has shown that it works. */
	isUnproved = false;
	/** Sending is allowed until then. */
	consentUntil: Instant = Number.NEGATIVE_INFINITY;
	/** When the last check left, the last answer came, the last packet at all came and left. */
	checkedAt: Instant = Number.NEGATIVE_INFINITY;
	/** When it may be checked anew though its check is under way, if nothing else is to be done; and how often it has been. */
	recheckAt: Instant = Number.POSITIVE_INFINITY;
	rechecks = 0;
	/** How often an answer came from elsewhere (RFC 8445 §7.2.5.2.1). */
	timesNotSymmetric = 0;
	/** It has been tried again because a worse one works. */
	hurried = false;
	answeredAt: Instant = Number.NEGATIVE_INFINITY;
	heardAt: Instant = Number.NEGATIVE_INFINITY;
	sentAt: Instant = Number.NEGATIVE_INFINITY;
	rttNs: number | null = null;
	requestsSent = 0;
	retransmissions = 0;
	responsesReceived = 0;
	requestsReceived = 0;
	responsesSent = 0;
	consentRequestsSent = 0;
	icmpErrors = 0;
	failure: string | null = null;

	constructor(id: number, local: LocalCandidate, remote: RemoteCandidate) {
		this.id = id;
		this.local = local;
		this.remote = remote;
	}

	/** RFC 8445 §6.1.2.6: equal where both candidates' are. */
	get foundation(): string {
		if (this.#foundationOf !== this.remote) {
			this.#foundationOf = this.remote;
			this.#foundation = `${this.local.foundation}:${this.remote.foundation}`;
		}
		return this.#foundation;
	}

	/** Relays on the way. */
	get relays(): number {
		return (this.local.type === "relay" ? 1 : 0) + (this.remote.type === "relay" ? 1 : 0);
	}

	get isTcp(): boolean {
		return this.local.transport === "tcp";
	}

	get family(): 4 | 6 {
		return familyOf(this.remote);
	}

	/** Whether a check may still succeed. */
	get isOpen(): boolean {
		return this.state === "frozen" || this.state === "waiting" || this.state === "inProgress";
	}

	/** A check is under way whose answer would change something. */
	get isAwaited(): boolean {
		return (
			this.state === "inProgress" ||
			(this.nominates !== null && this.checks.some(({ nomination }) => nomination !== null))
		);
	}

	isWritable(now: Instant): boolean {
		return this.valid !== null && now < this.consentUntil;
	}

	/** By the role that we have now (RFC 8445 §6.1.2.3). */
	prioritize(isControlling: boolean): void {
		const [ours, theirs] = [this.local.priority, this.remote.priority];
		this.priority = isControlling ? pairPriority(ours, theirs) : pairPriority(theirs, ours);
		this.#priorityText = String(this.priority);
	}

	/** An answer has come, so consent is fresh. */
	answered(rttNs: number | null, now: Instant): void {
		this.responsesReceived++;
		this.answeredAt = now;
		this.heardAt = now;
		this.consentUntil = now + CONSENT_NS;
		this.dead = false;
		// RFC 6298 §2.3, as for TCP.
		if (rttNs !== null) this.rttNs = this.rttNs === null ? rttNs : Math.round((7 * this.rttNs + rttNs) / 8);
	}

	report(now: Instant, hideRelated = false): IcePairReport {
		const { id, state, readable, nominated, selected, backup, rttNs, failure } = this;
		const { foundation, component, transport, priority, address, port, type, related, tcpType } = this.remote;
		const { requestsSent, retransmissions, responsesReceived, requestsReceived, responsesSent } = this;
		// Written out: it is told at every change, and spreading parts costs several times as much.
		return {
			id,
			stream: this.local.stream,
			component,
			base: this.local.base,
			local: candidateLine(this.valid ?? this.local, hideRelated),
			remote: { foundation, component, transport, priority, address, port, type, related, tcpType, extensions: [] },
			state,
			writable: this.isWritable(now),
			readable,
			nominated,
			selected,
			backup,
			priority: this.#priorityText,
			rttNs,
			requestsSent,
			retransmissions,
			responsesReceived,
			requestsReceived,
			responsesSent,
			consentRequestsSent: this.consentRequestsSent,
			icmpErrors: this.icmpErrors,
			failure,
		};
	}
}

/** Below zero where `a` is the better way: fewer relays, UDP before TCP, a much shorter round trip, a higher priority. */
export function compareWays(a: Pair, b: Pair): number {
	if (a.relays !== b.relays) return a.relays - b.relays;
	if (a.isTcp !== b.isTcp) return a.isTcp ? 1 : -1;
	const quicker = quickerOf(a, b);
	if (quicker !== null) return quicker === a ? -1 : 1;
	return byPriority(a, b);
}

/** Priorities say nothing of a way that is both half as long and shorter by this. */
export const NOTICEABLE_NS = 20_000_000;

function quickerOf(a: Pair, b: Pair): Pair | null {
	if (a.rttNs === null || b.rttNs === null) return null;
	const [quick, slow] = a.rttNs < b.rttNs ? [a, b] : [b, a];
	const [less = 0, more = 0] = [quick.rttNs ?? 0, slow.rttNs ?? 0];
	return more - less >= NOTICEABLE_NS && more >= 2 * less ? quick : null;
}

/** Below zero where `a` has the higher priority (RFC 8445 §6.1.2.3). */
export function byPriority(a: Pair, b: Pair): number {
	return a.priority === b.priority ? a.id - b.id : a.priority > b.priority ? -1 : 1;
}
