import { type Instant, SECOND } from "@whither/core";
import type { Dialog } from "../dialogs/dialog.ts";
import { parseWhole } from "../message/grammar.ts";
import { sipHeader, sipValues } from "../message/headers.ts";
import type { SipHeader } from "../message/message.ts";
import { parseSipNameAddress } from "../message/name-address.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import type { ServerTransaction } from "../transactions/server.ts";
import { NEVER } from "../transactions/timers.ts";
import type { SipHop } from "../transport/hop.ts";
import { Acceptance } from "./acceptance.ts";
import type { SipBody, SipEnd } from "./agent-io.ts";
import { descriptionOf } from "./body.ts";
import { Leg } from "./leg.ts";
import { copied, header } from "./made.ts";
import type { Call, HangUp, Parts } from "./parts.ts";
import { reasonHeader } from "./reason-header.ts";
import { ReliableAnswers } from "./reliable-answers.ts";
import type { Reply } from "./replies.ts";
import { sessionHeaders } from "./within.ts";

/** A provisional answer is repeated so often, lest a proxy gives the call up (RFC 3261 §13.3.1.1). */
const REPEATED_AFTER = 60 * SECOND;
/** Whoever calls may say when nobody need answer any more; ours where they do not, or say more. */
const LONGEST_RINGING_SECONDS = 1800;
/** RSeq begins below this (RFC 3262 §3 has 2^31). */
const FIRST_RSEQ = 2 ** 16;

/** An INVITE that came in. */
export interface Invited {
	readonly request: RequestEnvelope;
	readonly from: SipHop;
	readonly server: ServerTransaction;
	readonly dialog: Dialog;
}

/** A call that came in: provisional answers, the final one, and who gives it up before (RFC 3261 §13.3). */
export class IncomingCall implements Call {
	readonly number: number;
	readonly role = "callee";
	readonly leg: Leg;
	readonly #parts: Parts;
	readonly #invited: Invited;
	readonly #reliable: ReliableAnswers;
	readonly #hasOffer: boolean;
	/** Our answer, said without being acknowledged. */
	#answer: SipBody | null = null;
	/** 2xx that waits until what came before it is acknowledged. */
	#accepting: Reply | null = null;
	/** What is said again while it rings, by RFC 3262; null: the last answer as it was. */
	#ringing: Reply | null = null;
	#isAccepted = false;
	#isOver = false;
	#repeatAt: Instant = NEVER;
	#endsAt: Instant = NEVER;

	constructor(parts: Parts, number: number, invited: Invited) {
		this.number = number;
		this.#parts = parts;
		this.#invited = invited;
		const { request, dialog } = invited;
		invited.server.localTag = dialog.localTag;
		this.#hasOffer = descriptionOf(request.message) !== null;
		this.leg = new Leg(parts, this, dialog);
		this.leg.peer.hear(request.message);
		this.#reliable = new ReliableAnswers({
			firstRseq: 1 + parts.drawn.below(FIRST_RSEQ),
			seq: request.cseq.number,
			send: (reply, rseq, now) => this.#sendReliable(reply, rseq, now),
			acknowledged: (reply, prack, now) => this.#pracked(reply, prack, now),
			lost: (now) => this.#unacknowledged(now),
		});
		this.leg.reliable = this.#reliable;
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	get dueAt(): Instant {
		return Math.min(this.#reliable.dueAt, this.#repeatAt, this.#endsAt);
	}

	tick(now: Instant): void {
		if (now >= this.#endsAt) {
			this.#refuse({ status: 487 }, { code: "timeout" }, now);
			return;
		}
		this.#reliable.tick(now);
		if (now < this.#repeatAt) return;
		this.#repeatAt = now + REPEATED_AFTER;
		if (this.#ringing === null) this.#invited.server.repeat();
		// Each is another, with an RSeq of its own.
		else if (this.#reliable.isSettled) this.#reliable.add(this.#ringing, now);
	}

	/** Tells the owner, and the caller that we are trying. */
	begin(now: Instant): void {
		const { message } = this.#invited.request;
		this.#send({ status: 100 }, now);
		const seconds = parseWhole(sipHeader(message, "Expires") ?? "", LONGEST_RINGING_SECONDS);
		this.#endsAt = now + (seconds || LONGEST_RINGING_SECONDS) * SECOND;
		const from = parseSipNameAddress(sipHeader(message, "From") ?? "");
		this.#parts.outlet.tell({
			kind: "incoming",
			call: this.number,
			from: from?.uri ?? "",
			displayName: from?.displayName || null,
			to: parseSipNameAddress(sipHeader(message, "To") ?? "")?.uri ?? "",
			userAgent: this.leg.peer.userAgent,
			offer: descriptionOf(message),
			supported: sipValues(message, "Supported"),
			required: sipValues(message, "Require"),
			allow: sipValues(message, "Allow"),
		});
	}

	/** The owner's answer. */
	respond(reply: Reply, wantsReliable: boolean, now: Instant): void {
		if (this.#isAccepted || this.#accepting !== null || this.#isOver) {
			this.#parts.outlet.ignore("answered");
			return;
		}
		if (reply.status >= 300) this.#refuse(reply, { code: "hungUp", by: "us", reason: reply.reason ?? null }, now);
		else if (reply.status >= 200) {
			this.#accepting = reply;
			this.#accept(now);
		} else if (this.#isReliable(wantsReliable)) {
			if (!this.#reliable.add(reply, now)) this.#parts.outlet.ignore("tooMany");
		} else this.#progress(reply, now);
	}

	/** The caller has given it up (RFC 3261 §9.2). */
	cancel(end: SipEnd, now: Instant): void {
		if (!this.#isAccepted) this.#refuse({ status: 487 }, end, now);
	}

	hangUp({ status = 486, reason }: HangUp, now: Instant): void {
		const end: SipEnd = { code: "hungUp", by: "us", reason: reason ?? null };
		if (!this.#isAccepted) {
			this.#refuse({ status, reason }, end, now);
			return;
		}
		this.leg.bye(reasonHeader({ reason }), now);
		this.end(end);
	}

	/** BYE has come, maybe before there was a final answer. */
	left(leg: Leg, end: SipEnd, now: Instant): void {
		if (!this.#isAccepted) {
			this.#refuse({ status: 487 }, end, now);
			return;
		}
		leg.drop(now);
		this.end(end);
	}

	end(end: SipEnd): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#parts.calls.forget(this);
		this.#parts.outlet.tell({ kind: "ended", call: this.number, end });
	}

	#isReliable(wanted: boolean): boolean {
		const { message } = this.#invited.request;
		const has = (name: string) => sipValues(message, name).some((tag) => tag.toLowerCase() === "100rel");
		return has("Require") || (wanted && has("Supported"));
	}

	/** The first body is our answer, and another of the same INVITE says nothing else. */
	#progress(reply: Reply, now: Instant): void {
		this.#note(reply.body ?? null);
		this.#send(reply, now);
		this.#ringing = null;
		this.#repeatAt = now + REPEATED_AFTER;
	}

	#sendReliable(reply: Reply, rseq: number, now: Instant): void {
		this.#note(reply.body ?? null);
		const headers = [header("Require", "100rel"), header("RSeq", `${rseq}`), ...(reply.headers ?? [])];
		this.#send({ ...reply, headers }, now);
	}

	#note(body: SipBody | null): void {
		if (body === null) return;
		this.#answer = body;
		this.leg.offers.said = body;
	}

	#pracked(reply: Reply, prack: RequestEnvelope, now: Instant): void {
		const { outlet } = this.#parts;
		const { status, body } = reply;
		this.#repeatAt = now + REPEATED_AFTER;
		if (reply !== this.#ringing) {
			// A second answer to the offer would be an offer.
			this.#ringing = { ...reply, body: null };
			outlet.tell({ kind: "acknowledged", call: this.number, status });
		}
		if (body !== null && body !== undefined && !this.leg.offers.isSettled) {
			const answer = this.#hasOffer ? null : descriptionOf(prack.message);
			if (answer !== null) outlet.tell({ kind: "answer", call: this.number, body: answer });
			this.leg.offers.settle(now);
		}
		this.#accept(now);
	}

	/** RFC 3262 §3: then the call cannot be. */
	#unacknowledged(now: Instant): void {
		this.#refuse({ status: 504 }, { code: "timeout" }, now);
	}

	/** Once nothing reliable waits for its PRACK (RFC 3262 §3). */
	#accept(now: Instant): void {
		const reply = this.#accepting;
		if (reply === null || this.#isAccepted || !this.#reliable.isSettled) return;
		this.#isAccepted = true;
		this.#stopRinging();
		const { offers } = this.leg;
		const body = offers.isSettled ? null : (this.#answer ?? reply.body ?? null);
		this.#note(body);
		this.#send({ ...reply, body }, now);
		const { request, server } = this.#invited;
		const order = {
			seq: request.cseq.number,
			send: () => server.repeat(),
			acknowledged: (ack: RequestEnvelope, at: Instant) => this.#acknowledged(ack, at),
			lost: (at: Instant) => this.leg.unacknowledged(at),
		};
		this.leg.acceptance = new Acceptance(order, now);
	}

	#acknowledged({ message }: RequestEnvelope, now: Instant): void {
		if (this.#isOver) return;
		const { leg } = this;
		leg.state = "confirmed";
		const answer = this.#hasOffer || leg.offers.isSettled ? null : descriptionOf(message);
		const { supported, userAgent } = leg.peer;
		this.#parts.outlet.tell({ kind: "accepted", call: this.number, answer, supported, userAgent });
		leg.offers.settle(now);
	}

	#refuse(reply: Reply, end: SipEnd, now: Instant): void {
		this.#reliable.drop();
		this.#stopRinging();
		this.#send(reply, now);
		this.leg.drop(now);
		this.end(end);
	}

	#stopRinging(): void {
		this.#repeatAt = NEVER;
		this.#endsAt = NEVER;
	}

	#send(reply: Reply, now: Instant): void {
		const { request, from, server, dialog } = this.#invited;
		const { message } = request;
		const headers = [...this.#dialogHeaders(reply.status), ...(reply.headers ?? [])];
		const said = { ...reply, headers, toTag: dialog.localTag };
		server.respond(reply.status, this.#parts.replies.make(message, from, said), now);
	}

	/** What makes a dialog of an answer (RFC 3261 §12.1.1). */
	#dialogHeaders(status: number): readonly SipHeader[] {
		if (status === 100 || status >= 300) return [];
		return [
			...copied(this.#invited.request.message, "Record-Route"),
			...sessionHeaders(this.leg, this.#invited.server.hop),
		];
	}
}
