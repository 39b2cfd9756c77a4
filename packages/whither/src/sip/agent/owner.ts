/** What the owner of an agent wants of it. */
import type { Instant } from "@whither/core";
import { parseSipUri } from "../message/uri.ts";
import type { SipAgentInput } from "./agent-io.ts";
import { IncomingCall } from "./incoming-call.ts";
import { ownHeaders } from "./made.ts";
import { OutgoingCall } from "./outgoing-call.ts";
import type { Call, Parts } from "./parts.ts";

/** What the owner says about calls. */
type Order = Exclude<
	SipAgentInput,
	{ readonly type: "received" | "transportFailed" | "located" | "timer" | "close" | "register" | "unregister" }
>;
type Within = Exclude<Order, { readonly type: "call" }>;

/** Does it, or says why not. */
export function obey(parts: Parts, order: SipAgentInput, now: Instant): void {
	if (order.type === "call") return begin(parts, order, now);
	const call = "call" in order ? parts.calls.get(order.call) : null;
	if (call === null) parts.outlet.ignore("noSuchCall");
	else if ("call" in order) direct(parts, call, order as Within, now);
}

function begin(parts: Parts, order: Extract<SipAgentInput, { type: "call" }>, now: Instant): void {
	const { call: number, to } = order;
	const { calls, outlet } = parts;
	const refuse = (why: string) => outlet.tell({ kind: "ended", call: number, end: { code: "transport", why } });
	if (calls.get(number) !== null) return outlet.ignore("callInUse");
	if (parseSipUri(to) === null) return outlet.tell({ kind: "ended", call: number, end: { code: "notFound", uri: to } });
	if (calls.isFull) return refuse("tooMany");
	const call = new OutgoingCall(parts, number, to, order, now);
	if (!call.isOver) calls.add(call);
}

function direct(parts: Parts, call: Call, order: Within, now: Instant): void {
	const { outlet } = parts;
	if (order.type === "hangUp") return call.hangUp(order, now);
	if (order.type === "respond") {
		const { status, reason, body, reliable = false, headers = [] } = order;
		if (!(call instanceof IncomingCall) || status < 101 || status > 699) return outlet.ignore("notToBeAnswered");
		return call.respond({ status, reason, body, headers: ownHeaders(headers) }, reliable, now);
	}
	const { leg } = call;
	if (leg === null) return outlet.ignore("noDialog");
	if (order.type === "offer") leg.offers.offer(order.body, order.method, now);
	else if (order.type === "answer") leg.offers.answer(order.body, now);
	else if (order.type === "refuse") leg.offers.refuse({ status: order.status, body: order.body }, now);
	else leg.infos.send(order.package, order.body, now);
}
