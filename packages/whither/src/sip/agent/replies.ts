import { AnswerCap, type Instant } from "@whither/core";
import { withTag } from "../dialogs/dialog.ts";
import { formatSip } from "../message/format.ts";
import { splitSip } from "../message/grammar.ts";
import { sipFields } from "../message/headers.ts";
import type { SipHeader, SipRequest, SipResponse } from "../message/message.ts";
import { withSipParameter } from "../message/parameters.ts";
import { formatSipVia } from "../message/via.ts";
import { topVia } from "../transactions/envelope.ts";
import type { SipHop } from "../transport/hop.ts";
import type { SipBody } from "./agent-io.ts";
import { bodyParts, oneLine } from "./body.ts";
import type { Drawn } from "./drawn.ts";
import { copied, header } from "./made.ts";
import type { Outlet } from "./outlet.ts";
import { reasonOf } from "./reasons.ts";

/** What an answer says. */
export interface Reply {
	readonly status: number;
	readonly reason?: string | undefined;
	readonly headers?: readonly SipHeader[];
	readonly body?: SipBody | null | undefined;
	/** Ours; absent: one that follows from the request, so that it gets the same when it comes again. */
	readonly toTag?: string;
}

/** What is answered: a request, or what could be read of one. */
export type Answered = Pick<SipRequest, "headers">;

/** Makes answers (RFC 3261 §8.2.6), and gives strangers so many of them and no more. */
export class Replies {
	readonly #outlet: Outlet;
	readonly #drawn: Drawn;
	readonly #product: string;
	readonly #cap = new AnswerCap();

	constructor(product: string, outlet: Outlet, drawn: Drawn) {
		this.#product = oneLine(product);
		this.#outlet = outlet;
		this.#drawn = drawn;
	}

	/** Whether one more answer may go there. */
	allows(from: SipHop, now: Instant): boolean {
		const isAllowed = this.#cap.allows(from.address, now);
		if (!isAllowed) this.#outlet.ignore("tooMany");
		return isAllowed;
	}

	/** Answers and forgets (RFC 3261 §8.2.7): nothing is kept of a stranger's request, and nothing is sent again. */
	once(request: Answered, from: SipHop, reply: Reply, now: Instant): void {
		if (this.allows(from, now)) this.#outlet.send(this.make(request, from, reply), wayBack(request, from));
	}

	/** The bytes of an answer. */
	make(request: Answered, from: SipHop, { status, reason, headers = [], body, toTag }: Reply): Uint8Array {
		const [vias, to] = [viasOf(request, from), sipFields(request, "To")[0] ?? ""];
		const parts = bodyParts(body);
		const fields = [
			...vias.map((value) => header("Via", value)),
			...fieldOf(request, "From"),
			header("To", status === 100 ? to : withTag(to, toTag ?? this.#tagFor(request))),
			...fieldOf(request, "Call-ID"),
			...fieldOf(request, "CSeq"),
			header("Server", this.#product),
			...headers,
			...parts.headers,
		];
		const response: SipResponse = {
			kind: "response",
			status,
			reason: oneLine(reason ?? reasonOf(status)),
			headers: fields,
			body: parts.body,
		};
		return formatSip(response);
	}

	#tagFor(request: Answered): string {
		const names = ["Via", "From", "Call-ID", "CSeq"];
		return this.#drawn.of(JSON.stringify(names.map((name) => sipFields(request, name)[0] ?? "")));
	}
}

/**
 * Where an answer goes: back on its connection; a datagram to where it came from, at the port that Via asks for (RFC 3581 §4).
 *
 * Deviation: never elsewhere, neither to Via's `maddr` nor, where its connection has gone, to the port that Via says
 * (RFC 3261 §18.2.2): whoever writes a Via could have us send to anybody. A new connection leads to where the old one was from.
 */
export function wayBack(request: Answered, from: SipHop): SipHop {
	const via = topVia(request);
	if (from.transport !== "udp" || via === null) return from;
	const asksForPort = via.parameters.some(({ name }) => name === "rport");
	return asksForPort ? from : { ...from, port: via.port || 5060 };
}

/** The topmost tells where the request came from (RFC 3261 §18.2.1, RFC 3581 §4). */
function viasOf(request: Answered, from: SipHop): readonly string[] {
	const [first = "", ...others] = sipFields(request, "Via").flatMap((value) => splitSip(value, ",") ?? [value]);
	const via = topVia(request);
	if (via === null) return [first, ...others];
	const asksForPort = via.parameters.some(({ name }) => name === "rport");
	let { parameters } = via;
	if (asksForPort) parameters = withSipParameter(parameters, "rport", `${from.port}`);
	if (asksForPort || via.host !== from.address) parameters = withSipParameter(parameters, "received", from.address);
	return [formatSipVia({ ...via, parameters }), ...others];
}

/** As it came, once. */
function fieldOf(request: Answered, name: string): readonly SipHeader[] {
	return copied(request, name).slice(0, 1);
}
