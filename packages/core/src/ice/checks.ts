import { isSameEndpoint, mappedAddressOf, type StunItem } from "@whither/wire";
import { type Instant, MILLISECOND, SECOND } from "../machine.ts";
import { DATAGRAM_SCHEDULE, STREAM_SCHEDULE, type TransmitSchedule } from "../stun/schedule.ts";
import type { ChecklistSet } from "./checklist.ts";
import type { Credentials, Ground, Peer } from "./ground.ts";
import { type Pair, RECHECK_AFTER_NS, type RunningCheck } from "./pair.ts";
import type { Answer, Question } from "./requests.ts";

/** RFC 7675 §5.1: sent once, and listened for as long as consent lasts. */
const CONSENT_SCHEDULE: TransmitSchedule = {
	rtoNs: 30 * SECOND,
	maximumRtoNs: Number.POSITIVE_INFINITY,
	transmissions: 1,
	lastWait: 1,
};

/** RFC 8445 §14.3. */
const LEAST_RTO_NS = 500 * MILLISECOND;

/** As `RECHECK_AFTER_NS`, for checks that nominate, on ways that are known to work: the two sides disagree as long as none is answered. */
const NOMINATE_AGAIN_NS: readonly number[] = [100, 200, 400, 400, 400, 400].map((ms) => ms * MILLISECOND);

/** Who is to know what came of checks. */
export interface CheckResults {
	/** A pair works; `check` is the one that was answered. */
	succeeded(pair: Pair, check: RunningCheck, now: Instant): void;
	/** A check that nominates has failed. */
	nominationFailed(pair: Pair, now: Instant): void;
	failed(pair: Pair, now: Instant): void;
	/** A request for consent was answered; `hasMoved`: the peer sees us by another address than before. */
	consented(pair: Pair, hasMoved: boolean, now: Instant): void;
	/** The peer wants nothing more there (RFC 7675 §5.2). */
	revoked(pair: Pair, now: Instant): void;
	changed(pair: Pair, now: Instant): void;
}

/** Connectivity checks of one generation, from our side (RFC 8445 §7.2). */
export class Checks {
	readonly #ground: Ground;
	readonly #own: Credentials;
	readonly #list: ChecklistSet;
	readonly #results: CheckResults;
	/** Requests for consent under way, by pair. */
	readonly #consents = new Map<Pair, Set<number>>();

	constructor(ground: Ground, own: Credentials, list: ChecklistSet, results: CheckResults) {
		this.#ground = ground;
		this.#own = own;
		this.#list = list;
		this.#results = results;
	}

	/** Sends a check, whose turn has come. */
	begin(pair: Pair, peer: Peer, now: Instant): void {
		const { role } = this.#ground;
		const nomination = role.isControlling ? pair.nominates : null;
		const question = this.#question(pair, peer, this.#schedule(pair), nomination);
		if (question === null) return;
		if (pair.valid === null) pair.state = "inProgress";
		const check = { role: role.role, nomination, priority: question.priority };
		const asker = {
			ended: (answer: Answer, at: Instant) => this.#ended(pair, answer, at),
			left: (transmission: number, at: Instant) => {
				pair.checkedAt = at;
				pair.sentAt = at;
				pair.requestsSent++;
				if (transmission > 1) pair.retransmissions++;
			},
		};
		const key = this.#ground.requests.ask(question, asker, now);
		pair.checks.push({ key, ...check });
		pair.recheckAt = now + this.#recheckAfter(pair, nomination);
		this.#results.changed(pair, now);
	}

	#recheckAfter(pair: Pair, nomination: number | null): number {
		if (pair.isTcp) return Number.POSITIVE_INFINITY;
		if (nomination === null) return RECHECK_AFTER_NS[pair.rechecks] ?? Number.POSITIVE_INFINITY;
		const before = pair.checks.filter((check) => check.nomination === nomination).length - 1;
		return Math.max(NOMINATE_AGAIN_NS[before] ?? Number.POSITIVE_INFINITY, 1.5 * (pair.rttNs ?? 0));
	}

	/** Sends another while one is under way. */
	again(pair: Pair, peer: Peer, now: Instant): void {
		this.quiet(pair, now);
		pair.rechecks++;
		this.begin(pair, peer, now);
	}

	/** Asks once whether the peer still wants what we send (RFC 7675 §5.1). */
	askConsent(pair: Pair, peer: Peer, now: Instant): void {
		const question = this.#question(pair, peer, CONSENT_SCHEDULE, null);
		if (question === null) return;
		pair.consentRequestsSent++;
		pair.sentAt = now;
		const running = this.#consents.get(pair) ?? new Set();
		this.#consents.set(pair, running);
		const ended = (answer: Answer, at: Instant) => {
			running.delete(key);
			this.#consented(pair, role, answer, at);
		};
		const { role } = this.#ground.role;
		const key = this.#ground.requests.ask(question, { ended }, now);
		running.add(key);
	}

	/** What is under way is not sent again; its answers count (RFC 8445 §7.3.1.4). */
	quiet(pair: Pair, now: Instant): void {
		for (const { key } of pair.checks) this.#ground.requests.quiet(key, now);
	}

	/** Everything under way for this pair is forgotten. */
	cancel(pair: Pair, now: Instant): void {
		for (const { key } of pair.checks.splice(0)) this.#ground.requests.cancel(key, now);
		for (const key of this.#consents.get(pair) ?? []) this.#ground.requests.cancel(key, now);
		this.#consents.delete(pair);
	}

	#schedule({ isTcp }: Pair): TransmitSchedule {
		if (isTcp) return STREAM_SCHEDULE;
		let open = 0;
		for (const { state } of this.#list.pairs) if (state === "waiting" || state === "inProgress") open++;
		return { ...DATAGRAM_SCHEDULE, rtoNs: Math.max(LEAST_RTO_NS, this.#ground.pace.intervalNs * open) };
	}

	#question(
		pair: Pair,
		peer: Peer,
		schedule: TransmitSchedule,
		nomination: number | null,
	): (Question & { readonly priority: number }) | null {
		const { locals, role } = this.#ground;
		const base = locals.bases.get(pair.local.base);
		if (base === undefined) return null;
		const priority = locals.checkPriority(base);
		const attributes: StunItem[] = [{ name: "priority", value: priority }, role.item];
		if (nomination !== null) {
			attributes.push({ name: "useCandidate", value: true });
			if (peer.canRenominate) attributes.push({ name: "nomination", value: nomination });
		}
		const { address, port } = pair.remote;
		const username = `${peer.ufrag}:${this.#own.ufrag}`;
		const credentials = { kind: "shortTerm", username, key: peer.key, integrity: "sha1" } as const;
		return { base: base.number, to: { address, port }, attributes, credentials, schedule, priority };
	}

	#ended(pair: Pair, answer: Answer, now: Instant): void {
		const place = pair.checks.findIndex(({ key }) => key === answer.key);
		const [check] = place < 0 ? [] : pair.checks.splice(place, 1);
		if (check === undefined || !this.#list.has(pair)) return;
		if (answer.kind === "success") this.#succeeded(pair, check, answer, now);
		else if (answer.kind === "error" && answer.error.code === 487) this.#conflicted(pair, check, now);
		else this.#failed(pair, check, answer.kind === "error" ? String(answer.error.code) : answer.why, now);
	}

	/** RFC 8445 §7.2.5.2, §7.2.5.3. */
	#succeeded(
		pair: Pair,
		check: RunningCheck,
		answer: Extract<Answer, { readonly kind: "success" }>,
		now: Instant,
	): void {
		const mapped = mappedAddressOf(answer.message);
		const base = this.#ground.locals.bases.get(pair.local.base);
		if (!isSameEndpoint(answer.from, pair.remote)) {
			pair.timesNotSymmetric++;
			this.#failed(pair, check, "notSymmetric", now);
		} else if (mapped === null || base === undefined) this.#failed(pair, check, "noMappedAddress", now);
		else {
			pair.answered(answer.rttNs, now);
			pair.valid = this.#ground.locals.seenAs(base, mapped, check.priority);
			pair.state = "succeeded";
			pair.failure = null;
			// What else is under way would tell nothing new.
			this.quiet(pair, now);
			this.#list.thawLike(pair.foundation, now);
			this.#results.succeeded(pair, check, now);
		}
	}

	/** The check is sent again with the other role, unless another has taught us that already (RFC 8445 §7.2.5.1). */
	#conflicted(pair: Pair, check: RunningCheck, now: Instant): void {
		this.#ground.role.refused(check.role);
		if (pair.valid === null) this.#list.trigger(pair, now);
		if (check.nomination !== null) this.#results.nominationFailed(pair, now);
	}

	#failed(pair: Pair, check: RunningCheck, why: string, now: Instant): void {
		pair.failure = why;
		if (check.nomination !== null && pair.checks.every(({ nomination }) => nomination === null)) {
			pair.refused = true;
			this.#results.nominationFailed(pair, now);
		}
		// Others may still be answered, or have been.
		if (pair.valid !== null || pair.checks.length > 0) return;
		if (this.#list.isTriggered(pair) || this.#list.isHurried(pair)) return;
		pair.state = "failed";
		this.#results.failed(pair, now);
	}

	#consented(pair: Pair, role: RunningCheck["role"], answer: Answer, now: Instant): void {
		if (answer.kind === "success" && isSameEndpoint(answer.from, pair.remote)) {
			const before = pair.valid;
			const mapped = mappedAddressOf(answer.message);
			const base = this.#ground.locals.bases.get(pair.local.base);
			if (before !== null && mapped !== null && base !== undefined)
				pair.valid = this.#ground.locals.seenAs(base, mapped, before.priority);
			pair.answered(answer.rttNs, now);
			this.#results.consented(pair, before !== null && !isSameEndpoint(before, pair.valid), now);
		} else if (answer.kind === "error" && answer.error.code === 403) this.#results.revoked(pair, now);
		else if (answer.kind === "error" && answer.error.code === 487) this.#ground.role.refused(role);
	}
}
