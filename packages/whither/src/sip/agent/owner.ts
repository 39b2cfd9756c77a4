/** What the owner of an agent wants of it. */
import type { Instant } from "@whither/core";
import { parseSipUri } from "../message/uri.ts";
import type { SipAgentInput } from "./agent-io.ts";
import { IncomingCall } from "./incoming-call.ts";
import type { Leg } from "./leg.ts";
import { ownHeaders } from "./made.ts";
import { OutgoingCall } from "./outgoing-call.ts";
import type { Call, Parts } from "./parts.ts";

/** What the owner says about calls. */
type Order = Exclude<
	SipAgentInput,
	{ readonly type: "received" | "transportFailed" | "located" | "timer" | "close" | "register" | "unregister" }
>;
type Within = Exclude<Order, { readonly type: "call" }>;

/** Of an offer: Not Acceptable Here. */
const USUAL_REFUSAL = 488;

/** Does it, or says why not. */
export function obey(parts: Parts, order: SipAgentInput, now: Instant): void {
	if (order.type === "call") {
		begin(parts, order, now);
		return;
	}
	const call = "call" in order ? parts.calls.get(order.call) : null;
	if (call === null) parts.outlet.ignore("noSuchCall");
	else if ("call" in order) direct(parts, call, order as Within, now);
}

function begin(parts: Parts, order: Extract<SipAgentInput, { type: "call" }>, now: Instant): void {
	const { call: number, to } = order;
	const { calls, outlet } = parts;
	const refuse = (why: string) => outlet.tell({ kind: "ended", call: number, end: { code: "transport", why } });
	if (calls.get(number) !== null) {
		outlet.ignore("callInUse");
		return;
	}
	if (parseSipUri(to) === null) {
		outlet.tell({ kind: "ended", call: number, end: { code: "notFound", uri: to } });
		return;
	}
	if (calls.isFull) {
		refuse("tooMany");
		return;
	}
	const call = new OutgoingCall(parts, number, to, order, now);
	if (!call.isOver) calls.add(call);
}

function direct(parts: Parts, call: Call, order: Within, now: Instant): void {
	if (order.type === "hangUp") call.hangUp({ ...order, status: refusalStatus(order.status) }, now);
	else if (order.type === "respond") respond(parts, call, order, now);
	else if (call.leg === null) parts.outlet.ignore("noDialog");
	else if (order.type === "offer") call.leg.offers.offer(order.body, order.method, now);
	else if (order.type === "answer") call.leg.offers.answer(order.body, now);
	else if (order.type === "refuse") refuse(call.leg, order, now);
	else call.leg.infos.send(order.package, order.body, now);
}

function respond(parts: Parts, call: Call, order: Extract<Within, { type: "respond" }>, now: Instant): void {
	const { status, reason, body, reliable = false, headers = [] } = order;
	if (!(call instanceof IncomingCall) || !Number.isInteger(status) || status < 101 || status > 699)
		parts.outlet.ignore("notToBeAnswered");
	else call.respond({ status, reason, body, headers: ownHeaders(headers) }, reliable, now);
}

function refuse({ offers }: Leg, { status, body }: Extract<Within, { type: "refuse" }>, now: Instant): void {
	offers.refuse({ status: refusalStatus(status) ?? USUAL_REFUSAL, body }, now);
}

/** What is no status of a refusal is none at all. */
function refusalStatus(status: number | undefined): number | undefined {
	return status !== undefined && Number.isInteger(status) && status >= 300 && status <= 699 ? status : undefined;
}
