/** Requests within no dialog: what begins a call, what is answered and forgotten, and what is wrong. */
import type { Instant } from "@whither/core";
import { dialogOfRequest } from "../dialogs/dialog.ts";
import { sipValues } from "../message/headers.ts";
import type { SipParseError } from "../message/message.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import type { SipHop } from "../transport/hop.ts";
import { ACCEPTED } from "./abilities.ts";
import { IncomingCall } from "./incoming-call.ts";
import { header } from "./made.ts";
import type { Parts } from "./parts.ts";
import { endOf } from "./reason-header.ts";
import { refusalOf } from "./refusals.ts";
import { type Reply, wayBack } from "./replies.ts";

/** As long as a caller is asked to wait where there are too many. */
const BUSY_SECONDS = "30";

/** What has no To tag, and is not known. */
export function hearStranger(parts: Parts, request: RequestEnvelope, from: SipHop, now: Instant): void {
	const { message } = request;
	if (message.method === "ACK") {
		parts.outlet.ignore("strayAck");
		return;
	}
	const reply = message.method === "INVITE" ? invited(parts, request, from, now) : answerTo(parts, request, from);
	if (reply !== null) parts.replies.once(message, from, reply, now);
}

/** CANCEL of an INVITE that came in (RFC 3261 §9.2). */
export function hearCancel(parts: Parts, cancel: RequestEnvelope, from: SipHop, now: Instant): void {
	const invite = parts.transactions.cancelled(cancel);
	if (invite === null) {
		parts.replies.once(cancel.message, from, { status: 481 }, now);
		return;
	}
	if (!parts.replies.allows(from, now)) return;
	const server = parts.transactions.begin(cancel, wayBack(cancel.message, from), now);
	// The same tag as the answers to the INVITE have.
	const tag = invite.localTag === null ? {} : { toTag: invite.localTag };
	server?.respond(200, parts.replies.make(cancel.message, from, { status: 200, ...tag }), now);
	if (invite.isOpen) invite.cancelled?.(cancel, now);
}

/** What could not be read (RFC 3261 §8.2, §18.3). */
export function hearMalformed(parts: Parts, { status, headers, why }: SipParseError, from: SipHop, now: Instant): void {
	if (status === null) {
		parts.outlet.ignore("malformed");
		return;
	}
	parts.replies.once({ headers }, from, { status, reason: status === 400 ? `Bad Request: ${why}` : undefined }, now);
}

function answerTo({ config, abilities }: Parts, request: RequestEnvelope, from: SipHop): Reply {
	const { method } = request.message;
	const refusal = refusalOf(request, from, config);
	if (refusal !== null) return refusal;
	return method === "OPTIONS" ? { status: 200, headers: [ACCEPTED, ...abilities] } : { status: 481 };
}

/** Null: it is a call. */
function invited(parts: Parts, request: RequestEnvelope, from: SipHop, now: Instant): Reply | null {
	const { calls, config, drawn, transactions } = parts;
	const { message } = request;
	const refusal = refusalOf(request, from, config) ?? parts.authenticate(request, now);
	if (refusal !== null) return refusal;
	const dialog = dialogOfRequest(message, drawn.next());
	if (dialog === null) return { status: 400, reason: "Bad Request: no Contact that can be used" };
	if (calls.isFull) return { status: 486, headers: [header("Retry-After", BUSY_SECONDS)] };
	if (needsUpdate(request)) return { status: 421, headers: [header("Require", "100rel")] };
	if (!parts.replies.allows(from, now)) return null;
	const server = transactions.begin(request, wayBack(message, from), now);
	if (server === null) return { status: 503, headers: [header("Retry-After", BUSY_SECONDS)] };
	begin(parts, { request, from, server, dialog }, now);
	return null;
}

function begin(parts: Parts, invited: ConstructorParameters<typeof IncomingCall>[2], now: Instant): void {
	const call = new IncomingCall(parts, parts.calls.nextNumber(), invited);
	parts.calls.add(call);
	invited.server.cancelled = (cancel, at) => call.cancel(endOf(cancel.message), at);
	call.begin(now);
}

/** Preconditions stand on reliable provisional answers (RFC 3312 §6). */
function needsUpdate({ message }: RequestEnvelope): boolean {
	const tags = (name: string) => sipValues(message, name).map((tag) => tag.toLowerCase());
	return tags("Require").includes("precondition") && ![...tags("Supported"), ...tags("Require")].includes("100rel");
}
