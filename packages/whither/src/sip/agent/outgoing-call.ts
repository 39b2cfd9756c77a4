import type { Instant } from "@whither/core";
import { confirmedBy, dialogOfResponse } from "../dialogs/dialog.ts";
import type { SipHeader, SipRequest } from "../message/message.ts";
import type { ResponseEnvelope } from "../transactions/envelope.ts";
import { NEVER } from "../transactions/timers.ts";
import type { SipBody, SipEnd, SipInvitation } from "./agent-io.ts";
import { Asking, type MakingFacts } from "./asking.ts";
import { bodyOf, bodyParts, descriptionOf, oneLine } from "./body.ts";
import { Leg } from "./leg.ts";
import { header, makeRequest, ownHeaders } from "./made.ts";
import type { Call, HangUp, Parts } from "./parts.ts";
import { nameAddress } from "./places.ts";
import { reasonHeader } from "./reason-header.ts";
import { acknowledgeReliable, rseqOf } from "./reliable-heard.ts";
import { outboundRoute } from "./routes.ts";

/** Early dialogs of one INVITE; ours. */
const MOST_FORKS = 8;

/** A call of the owner's: an INVITE, the early dialogs that it leads to, and the one that wins (RFC 3261 §13.2). */
export class OutgoingCall implements Call {
	readonly number: number;
	readonly role = "caller";
	readonly dueAt: Instant = NEVER;
	readonly #parts: Parts;
	readonly #to: string;
	readonly #invitation: SipInvitation;
	readonly #callId: string;
	readonly #tag: string;
	readonly #asking: Asking;
	readonly #legs = new Map<string, Leg>();
	/** The dialog that the owner deals with. */
	#leg: Leg | null = null;
	/** Whether its answer to our offer has been told. */
	#isAnswered = false;
	#isAccepted = false;
	#isOver = false;
	#seq: number;

	constructor(parts: Parts, number: number, to: string, invitation: SipInvitation, now: Instant) {
		this.number = number;
		this.#parts = parts;
		this.#to = to;
		this.#invitation = invitation;
		this.#callId = parts.drawn.next();
		this.#tag = parts.drawn.next();
		this.#seq = 1 + parts.drawn.below(10_000);
		const way = outboundRoute(parts.config.account, to);
		const question = {
			method: "INVITE",
			nextHop: way.nextHop,
			isSecure: /^sips:/i.test(to),
			make: (facts: MakingFacts) => this.#make(way.headers, facts),
			response: (response: ResponseEnvelope, request: SipRequest, at: Instant) => this.#hear(response, request, at),
			failed: (end: SipEnd, at: Instant) => this.#failed(end, at),
		};
		this.#asking = new Asking(parts, question, now);
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	get leg(): Leg | null {
		return this.#leg;
	}

	tick(): void {}

	hangUp(how: HangUp, now: Instant): void {
		const reason = reasonHeader(how);
		if (this.#isAccepted) this.#leg?.bye(reason, now);
		else {
			this.#dropAll(now);
			this.#asking.cancel(reason, now);
		}
		this.end({ code: "hungUp", by: "us", reason: how.reason ?? null });
	}

	left(leg: Leg, end: SipEnd, now: Instant): void {
		leg.drop(now);
		this.#legs.delete(leg.dialog.remoteTag);
		if (this.#isAccepted && leg === this.#leg) this.end(end);
	}

	end(end: SipEnd): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#parts.calls.forget(this);
		this.#parts.outlet.tell({ kind: "ended", call: this.number, end });
	}

	#make(route: readonly SipHeader[], { contact, credentials }: MakingFacts): SipRequest {
		const { body, require = [], headers = [] } = this.#invitation;
		const { account, product } = this.#parts.config;
		const parts = bodyParts(body);
		const fields = [
			...route,
			header("Contact", `<${contact}>`),
			header("User-Agent", oneLine(product)),
			...this.#parts.abilities,
			...(require.length === 0 ? [] : [header("Require", oneLine(require.join(", ")))]),
			...credentials,
			...ownHeaders(headers),
			...parts.headers,
		];
		const from = nameAddress(account.address, account.displayName, this.#tag);
		const [uri, to, callId, seq] = [this.#to, nameAddress(this.#to, undefined, null), this.#callId, ++this.#seq];
		return makeRequest({ method: "INVITE", uri, from, to, callId, seq, headers: fields, body: parts.body });
	}

	#hear(response: ResponseEnvelope, request: SipRequest, now: Instant): void {
		const { status } = response.message;
		if (status < 200) this.#progress(response, request, now);
		else if (status < 300) this.#accepted(response, request, now);
		else this.#refused(response, now);
	}

	#progress(response: ResponseEnvelope, request: SipRequest, now: Instant): void {
		const { status, reason } = response.message;
		if (this.#isOver || this.#isAccepted || status === 100) return;
		const leg = this.#legFor(response, request);
		const rseq = rseqOf(response);
		if (leg !== null && rseq !== null && !this.#acknowledge(leg, response, rseq, now)) return;
		leg?.peer.hear(response.message);
		const answer = leg === null ? null : this.#firstAnswer(leg, response);
		const { supported = [], userAgent = null } = leg?.peer ?? {};
		const facts = { reliable: leg !== null && rseq !== null, dialog: leg !== null, supported, userAgent };
		this.#parts.outlet.tell({ kind: "progress", call: this.number, status, reason, answer, ...facts });
	}

	/** False: it has been heard before. */
	#acknowledge(leg: Leg, response: ResponseEnvelope, rseq: number, now: Instant): boolean {
		const answers = descriptionOf(response.message) !== null;
		const done = (at: Instant) => {
			if (answers) leg.offers.settle(at);
		};
		return acknowledgeReliable(leg, response, rseq, done, now);
	}

	/** The early dialog that it belongs to, or makes; null: it makes none, or there are too many. */
	#legFor(response: ResponseEnvelope, request: SipRequest): Leg | null {
		const known = this.#legs.get(response.toTag ?? "");
		if (known !== undefined) return known;
		const dialog = dialogOfResponse(request, response.message);
		if (dialog === null || this.#legs.size >= MOST_FORKS) return null;
		const leg = new Leg(this.#parts, this, dialog);
		leg.offers.said = this.#invitation.body;
		this.#legs.set(dialog.remoteTag, leg);
		this.#leg ??= leg;
		return leg;
	}

	/** The owner deals with one dialog: the first that has answered, whichever came first before. */
	#firstAnswer(leg: Leg, { message }: ResponseEnvelope): SipBody | null {
		const answer = descriptionOf(message);
		if (answer === null || this.#isAnswered) return null;
		this.#isAnswered = true;
		this.#leg = leg;
		return answer;
	}

	#accepted(response: ResponseEnvelope, request: SipRequest, now: Instant): void {
		const won = this.#isAccepted ? this.#leg : null;
		const { number } = response.cseq;
		if (won !== null && won.dialog.remoteTag === response.toTag) {
			won.acknowledge(number, this.#asking.credentials, now);
			return;
		}
		const isLate = won !== null || this.#isOver;
		const known = this.#legs.get(response.toTag ?? "");
		const dialog = known === undefined ? dialogOfResponse(request, response.message) : known.dialog;
		if (isLate && (dialog === null || (known === undefined && this.#legs.size >= MOST_FORKS))) {
			this.#parts.outlet.ignore("strayResponse");
			return;
		}
		if (dialog === null) {
			this.#failed({ code: "protocol", why: "2xx without tag or Contact" }, now);
			return;
		}
		const leg = known ?? new Leg(this.#parts, this, dialog);
		leg.dialog = confirmedBy(leg.dialog, response.message);
		leg.acknowledge(number, this.#asking.credentials, now);
		if (isLate) this.#tooLate(leg, now);
		else this.#win(leg, response, now);
	}

	/** Another fork has won, or the call was given up meanwhile. */
	#tooLate(leg: Leg, now: Instant): void {
		this.#legs.set(leg.dialog.remoteTag, leg);
		leg.bye(null, now);
	}

	#win(leg: Leg, response: ResponseEnvelope, now: Instant): void {
		const answered = this.#isAnswered && this.#leg === leg;
		const answer = answered ? null : descriptionOf(response.message);
		for (const other of this.#legs.values()) if (other !== leg) other.drop(now);
		this.#legs.clear();
		this.#legs.set(leg.dialog.remoteTag, leg);
		this.#leg = leg;
		this.#isAccepted = true;
		leg.state = "confirmed";
		leg.peer.hear(response.message);
		const { supported, userAgent } = leg.peer;
		this.#parts.outlet.tell({ kind: "accepted", call: this.number, answer, supported, userAgent });
		leg.offers.settle(now);
	}

	/** Deviation: 3xx is an end as any other refusal; RFC 3261 §8.1.3.4 goes where it points, which is for whoever calls to say. */
	#refused({ message }: ResponseEnvelope, now: Instant): void {
		this.#dropAll(now);
		const { status, reason } = message;
		this.end({ code: "refused", status, reason, body: bodyOf(message) });
	}

	#failed(end: SipEnd, now: Instant): void {
		if (this.#isAccepted) return;
		this.#dropAll(now);
		this.end(end);
	}

	/** Who accepts all the same begins another dialog, which ends by BYE. */
	#dropAll(now: Instant): void {
		for (const leg of this.#legs.values()) leg.drop(now);
		this.#legs.clear();
	}
}
