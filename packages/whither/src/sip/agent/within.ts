/** Requests within a dialog (RFC 3261 §12.2.2). */
import type { Instant } from "@whither/core";
import { refreshTarget } from "../dialogs/dialog.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import type { ServerTransaction } from "../transactions/server.ts";
import type { SipHop } from "../transport/hop.ts";
import { ACCEPTED, METHODS } from "./abilities.ts";
import { Acceptance } from "./acceptance.ts";
import { descriptionOf } from "./body.ts";
import type { Leg } from "./leg.ts";
import { header } from "./made.ts";
import { endOf } from "./reason-header.ts";
import { extensionRefusal, methodRefusal, NEEDS_TLS } from "./refusals.ts";
import { type Reply, wayBack } from "./replies.ts";

/** A request that is being answered. */
interface Exchange {
	readonly leg: Leg;
	readonly request: RequestEnvelope;
	readonly server: ServerTransaction;
	readonly reply: (reply: Reply, now: Instant) => void;
}

/** Takes a request in its dialog and answers it, now or when the owner does. */
export function hearWithin(leg: Leg, request: RequestEnvelope, from: SipHop, now: Instant): void {
	const { message, cseq } = request;
	const { parts, dialog } = leg;
	if (dialog.isSecure && from.transport !== "tls") {
		if (message.method === "ACK") parts.outlet.ignore("strayAck");
		else parts.replies.once(message, from, NEEDS_TLS, now);
		return;
	}
	if (message.method === "ACK") {
		leg.acknowledged(request, now);
		return;
	}
	if (dialog.remoteSeq !== null && cseq.number <= dialog.remoteSeq) {
		parts.replies.once(message, from, { status: 500, reason: "CSeq out of order" }, now);
		return;
	}
	const server = parts.transactions.begin(request, wayBack(message, from), now);
	if (server === null) {
		parts.replies.once(message, from, { status: 503 }, now);
		return;
	}
	leg.dialog = { ...dialog, remoteSeq: cseq.number };
	const reply = (said: Reply, at: Instant) => {
		const isSession = said.status < 300 && (message.method === "INVITE" || message.method === "UPDATE");
		const headers = [...(isSession ? sessionHeaders(leg, server.hop) : []), ...(said.headers ?? [])];
		server.respond(said.status, parts.replies.make(message, from, { ...said, headers }), at);
	};
	const at = answerOf({ leg, request, server, reply }, now);
	if (at !== null) reply(at, now);
}

/** Contact and what we can do, as what is said of a session has them. */
export function sessionHeaders({ parts, dialog }: Leg, hop: SipHop) {
	const local = parts.places.localFor(hop);
	const contact = local === null ? [] : [header("Contact", `<${parts.places.contactUri(local, dialog.isSecure)}>`)];
	return [...contact, ...parts.abilities];
}

/**
 * Null: it is answered elsewhere.
 *
 * Deviation: of the early dialogs of a call that forked, the owner deals with one; offers and INFO of the others are 488 until
 * one of them is accepted (RFC 3261 §13.2.2.4 lets each have a session of its own).
 */
function answerOf(exchange: Exchange, now: Instant): Reply | null {
	const { leg, request } = exchange;
	const { method } = request.message;
	const refusal = methodRefusal(method) ?? extensionRefusal(request, leg.parts.config);
	if (method === "BYE") return leftBy(exchange, now);
	if (leg.state === "ended") return { status: 481 };
	if (refusal !== null) return refusal;
	if (method !== "PRACK" && leg.call.leg !== leg) return { status: 488 };
	if (method === "PRACK") return pracked(exchange, now);
	if (method === "UPDATE" || method === "INVITE") return offered(exchange, now);
	if (method === "INFO") return leg.infos.hear(request);
	return method === "OPTIONS" ? { status: 200, headers: leg.parts.abilities } : { status: 405, headers: [METHODS] };
}

function leftBy({ leg, request, reply }: Exchange, now: Instant): null {
	reply({ status: 200 }, now);
	if (leg.state !== "ended") leg.call.left(leg, endOf(request.message), now);
	return null;
}

function pracked({ leg, request, reply }: Exchange, now: Instant): Reply | null {
	if (leg.reliable?.matches(request) !== true) return { status: 481 };
	const body = leg.offers.isSettled ? descriptionOf(request.message) : null;
	const refusal = body === null ? { status: 200 } : leg.offers.hear(body, { method: "PRACK", reply }, now);
	if (refusal !== null) reply(refusal, now);
	leg.reliable.acknowledge(request, now);
	return null;
}

function offered(exchange: Exchange, now: Instant): Reply | null {
	const { leg, request, reply } = exchange;
	const { message } = request;
	const method = message.method === "INVITE" ? "INVITE" : "UPDATE";
	const body = descriptionOf(message);
	if (body === null && message.body.length > 0) return { status: 415, headers: [ACCEPTED] };
	if (method === "INVITE" && leg.state !== "confirmed")
		return leg.call.role === "caller" ? { status: 491 } : leg.offers.notNow();
	leg.dialog = refreshTarget(leg.dialog, message);
	leg.peer.hear(message);
	if (body === null) return method === "UPDATE" ? { status: 200 } : offerAgain(exchange, now);
	const answer = method === "UPDATE" ? reply : (said: Reply, at: Instant) => answerInvite(exchange, said, false, at);
	const refusal = leg.offers.hear(body, { method, reply: answer }, now);
	if (refusal === null && method === "INVITE") {
		exchange.server.cancelled = (_cancel, at) => leg.offers.refuse({ status: 487 }, at);
		reply({ status: 100 }, now);
	}
	return refusal;
}

/**
 * An INVITE without an offer is answered by one of ours, and ACK has the answer.
 *
 * Deviation: ours is what stands; RFC 3261 §14.2 has a new one, of all that we can do.
 */
function offerAgain(exchange: Exchange, now: Instant): Reply | null {
	const { offers } = exchange.leg;
	if (!offers.mayOffer) return offers.notNow();
	answerInvite(exchange, { status: 200, body: offers.said }, true, now);
	return null;
}

function answerInvite({ leg, request, server, reply }: Exchange, said: Reply, answers: boolean, now: Instant): void {
	const { call, parts, offers } = leg;
	reply(said, now);
	if (said.status >= 300) return;
	const acknowledged = ({ message }: RequestEnvelope, at: Instant) => {
		const body = answers ? descriptionOf(message) : null;
		if (body !== null && !call.isOver) parts.outlet.tell({ kind: "answer", call: call.number, body });
		offers.proceed(at);
	};
	const { cseq } = request;
	const lost = (at: Instant) => leg.unacknowledged(at);
	leg.acceptance = new Acceptance({ seq: cseq.number, send: () => server.repeat(), acknowledged, lost }, now);
}
