import { type Instant, MILLISECOND, SECOND } from "@whither/core";
import { refreshTarget } from "../dialogs/dialog.ts";
import { sipHeader } from "../message/headers.ts";
import { parseRetryAfterSeconds } from "../message/retry-after.ts";
import type { ResponseEnvelope } from "../transactions/envelope.ts";
import { GIVEN_UP_AFTER, NEVER } from "../transactions/timers.ts";
import type { SipBody, SipEnd } from "./agent-io.ts";
import type { Asking } from "./asking.ts";
import { descriptionOf } from "./body.ts";
import type { Leg } from "./leg.ts";
import { header } from "./made.ts";
import { reasonOf } from "./reasons.ts";
import { acknowledgeReliable, rseqOf } from "./reliable-heard.ts";
import type { Reply } from "./replies.ts";

/** An offer is made again so often after 491 or a wait that was asked for; ours. */
const MOST_TRIES = 8;
/** Nobody is waited for any longer than that, whatever Retry-After says; ours. */
const LONGEST_WAIT = 32 * SECOND;

/** An offer of ours. */
interface OurOffer {
	readonly body: SipBody;
	readonly method: "UPDATE" | "INVITE" | undefined;
	readonly tries: number;
}

/** An offer of theirs, with the request that it came in. */
export interface TheirOffer {
	readonly method: "UPDATE" | "INVITE" | "PRACK";
	readonly reply: (reply: Reply, now: Instant) => void;
}

/** Who may offer when, within a dialog (RFC 3264 §4, RFC 3311 §5, RFC 6337 §2). */
export class Offers {
	readonly #leg: Leg;
	/** Whether the first exchange is over, so that others may follow. */
	#isSettled = false;
	#queued: OurOffer | null = null;
	#ours: OurOffer | null = null;
	/** Whether an INVITE of ours has no final answer yet. */
	#isInviting = false;
	#theirs: (TheirOffer & { readonly endsAt: Instant }) | null = null;
	#retryAt: Instant = NEVER;
	/** Our last description that may be in force. */
	said: SipBody | null = null;

	constructor(leg: Leg) {
		this.#leg = leg;
	}

	get isSettled(): boolean {
		return this.#isSettled;
	}

	get dueAt(): Instant {
		return Math.min(this.#retryAt, this.#theirs?.endsAt ?? NEVER);
	}

	tick(now: Instant): void {
		if (now >= (this.#theirs?.endsAt ?? NEVER)) this.refuse({ status: 500 }, now);
		if (now < this.#retryAt) return;
		this.#retryAt = NEVER;
		this.proceed(now);
	}

	/** The first exchange is over: a reliable answer has been heard, or acknowledged. */
	settle(now: Instant): void {
		this.#isSettled = true;
		this.proceed(now);
	}

	/** An offer of the owner's; it waits until it may be made, and takes the place of one that waits. */
	offer(body: SipBody, method: "UPDATE" | "INVITE" | undefined, now: Instant): void {
		this.#queued = { body, method, tries: 0 };
		this.proceed(now);
	}

	/** The owner's answer to theirs. */
	answer(body: SipBody, now: Instant): void {
		if (this.#theirs === null) {
			this.#leg.parts.outlet.ignore("noOffer");
			return;
		}
		this.said = body;
		this.#reply({ status: 200, body }, now);
	}

	/** Theirs is not taken. */
	refuse(reply: Reply, now: Instant): void {
		if (this.#theirs === null) {
			this.#leg.parts.outlet.ignore("noOffer");
			return;
		}
		this.#reply(reply, now);
	}

	/** The dialog is over, and whoever offers something hears it (RFC 3261 §15.1.2). */
	end(now: Instant): void {
		if (this.#theirs !== null) this.#reply({ status: 487 }, now);
	}

	/** An offer of theirs, in a request that can carry one. Null: it is for the owner to answer; else what to answer at once. */
	hear(body: SipBody, theirs: TheirOffer, now: Instant): Reply | null {
		const { call, parts } = this.#leg;
		const isOurs = this.#ours !== null || (!this.#isSettled && call.role === "caller");
		if (isOurs || (theirs.method === "INVITE" && this.#isInviting)) return { status: 491 };
		if (!this.#isSettled || this.#theirs !== null || this.#leg.acceptance?.isWaiting === true) return this.notNow();
		this.#theirs = { ...theirs, endsAt: now + GIVEN_UP_AFTER };
		parts.outlet.tell({ kind: "offer", call: call.number, body, method: theirs.method });
		return null;
	}

	/** Whether none is under way, so that ours may stand in an answer. */
	get mayOffer(): boolean {
		return (
			this.#ours === null && this.#theirs === null && !this.#isInviting && this.#leg.acceptance?.isWaiting !== true
		);
	}

	/** Another one is under way (RFC 3261 §14.2, RFC 3311 §5.2). */
	notNow(): Reply {
		return { status: 500, headers: [header("Retry-After", `${this.#leg.parts.drawn.below(11)}`)] };
	}

	/** Makes the offer that waits, if it may be made now. */
	proceed(now: Instant): void {
		const queued = this.#queued;
		if (queued === null || this.#retryAt !== NEVER || !this.#isSettled || this.#leg.state === "ended") return;
		if (this.#ours !== null || this.#theirs !== null) return;
		const method = this.#methodFor(queued);
		if (method === null) {
			if (this.#isHopeless(queued)) this.#giveUp();
			return;
		}
		this.#queued = null;
		this.#ours = queued;
		if (method === "INVITE") this.#isInviting = true;
		const heard = method === "INVITE" ? this.#invited(queued) : this.#updated(queued);
		this.#leg.ask(
			{ method, body: queued.body, response: heard, failed: (end, at) => this.#unheard(queued, end, at) },
			now,
		);
	}

	/** Whoever is on the way wants to know who we are, and is not content; whatever else it is ends the call. */
	#unheard(offer: OurOffer, end: SipEnd, now: Instant): void {
		if (this.#ours !== offer) return;
		this.#ours = null;
		this.#isInviting = false;
		if (end.code === "unauthorized") this.#tellRefused(401, reasonOf(401));
		this.proceed(now);
	}

	/** Null: not yet. */
	#methodFor({ method }: OurOffer): "UPDATE" | "INVITE" | null {
		const { state, peer, acceptance } = this.#leg;
		const mayInvite = state === "confirmed" && acceptance?.isWaiting !== true && !this.#isInviting;
		const wantsUpdate = method === "UPDATE" || (method === undefined && state === "early");
		if (wantsUpdate && peer.takesUpdate) return "UPDATE";
		return mayInvite ? "INVITE" : null;
	}

	/** It is to go before the call is accepted, and the other end takes no UPDATE. */
	#isHopeless({ method }: OurOffer): boolean {
		return method === "UPDATE" && this.#leg.state === "early" && !this.#leg.peer.takesUpdate;
	}

	#giveUp(): void {
		this.#queued = null;
		this.#tellRefused(405, reasonOf(405));
	}

	#updated(offer: OurOffer) {
		return (response: ResponseEnvelope, _asking: Asking, now: Instant) => {
			const { status } = response.message;
			if (status < 200) return;
			if (status >= 300) return this.#refused(offer, "UPDATE", response, now);
			this.#leg.dialog = refreshTarget(this.#leg.dialog, response.message);
			this.#leg.peer.hear(response.message);
			this.#answered(offer, response, now);
		};
	}

	#invited(offer: OurOffer) {
		return (response: ResponseEnvelope, asking: Asking, now: Instant) => {
			const { status } = response.message;
			if (status < 200) return this.#reinviteProgress(offer, response, now);
			if (status < 300) this.#leg.acknowledge(response.cseq.number, asking.credentials, now);
			if (!this.#isInviting) return;
			this.#isInviting = false;
			if (status >= 300) return this.#refused(offer, "INVITE", response, now);
			this.#leg.dialog = refreshTarget(this.#leg.dialog, response.message);
			this.#leg.peer.hear(response.message);
			if (this.#ours === offer) this.#answered(offer, response, now);
			else this.proceed(now);
		};
	}

	/** A reliable one may have the answer already. */
	#reinviteProgress(offer: OurOffer, response: ResponseEnvelope, now: Instant): void {
		const rseq = rseqOf(response);
		if (rseq === null || !acknowledgeReliable(this.#leg, response, rseq, () => {}, now)) return;
		if (descriptionOf(response.message) !== null && this.#ours === offer) this.#answered(offer, response, now);
	}

	#answered(offer: OurOffer, { message }: ResponseEnvelope, now: Instant): void {
		const body = descriptionOf(message);
		this.#ours = null;
		if (body === null) this.#tellRefused(message.status, "no answer to the offer");
		else {
			this.said = offer.body;
			if (!this.#leg.call.isOver) this.#leg.parts.outlet.tell({ kind: "answer", call: this.#leg.call.number, body });
		}
		this.proceed(now);
	}

	#refused(offer: OurOffer, method: "UPDATE" | "INVITE", { message }: ResponseEnvelope, now: Instant): void {
		this.#ours = null;
		const { status, reason } = message;
		const wait =
			status === 491 ? this.#backOff() : status === 500 ? retryAfter(sipHeader(message, "Retry-After")) : null;
		const isUnknown = method === "UPDATE" && (status === 405 || status === 501);
		if (wait !== null && offer.tries < MOST_TRIES) {
			this.#queued ??= { ...offer, tries: offer.tries + 1 };
			this.#retryAt = now + wait;
		} else if (isUnknown && this.#leg.state === "confirmed") this.#queued ??= { ...offer, method: "INVITE" };
		else this.#tellRefused(status, reason === "" ? reasonOf(status) : reason);
		this.proceed(now);
	}

	/** RFC 3261 §14.1: who made the Call-ID waits longer, so that both do not meet again. */
	#backOff(): Instant {
		const { call, parts } = this.#leg;
		const tens = call.role === "caller" ? 210 + parts.drawn.below(191) : parts.drawn.below(201);
		return tens * 10 * MILLISECOND;
	}

	#tellRefused(status: number, reason: string): void {
		const { call, parts } = this.#leg;
		if (!call.isOver) parts.outlet.tell({ kind: "offerRefused", call: call.number, status, reason });
	}

	#reply(reply: Reply, now: Instant): void {
		const theirs = this.#theirs;
		this.#theirs = null;
		theirs?.reply(reply, now);
		this.proceed(now);
	}
}

/** Null: no wait is asked for. */
function retryAfter(text: string | null): Instant | null {
	const seconds = parseRetryAfterSeconds(text);
	return seconds === null ? null : Math.min(seconds * SECOND, LONGEST_WAIT);
}
