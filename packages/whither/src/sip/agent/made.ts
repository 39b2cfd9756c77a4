/** Requests as they are made before their Via is known, and those that follow from others. */
import { isSipToken } from "../message/grammar.ts";
import { sipFields } from "../message/headers.ts";
import type { SipHeader, SipMessage, SipRequest, SipResponse } from "../message/message.ts";
import { formatSipCseq } from "../message/sequence.ts";
import { oneLine } from "./body.ts";

/** What a request is made of. */
export interface RequestParts {
	readonly method: string;
	readonly uri: string;
	readonly from: string;
	readonly to: string;
	readonly callId: string;
	readonly seq: number;
	readonly headers: readonly SipHeader[];
	readonly body?: Uint8Array;
}

/** RFC 3261 §8.1.1.6. */
const MAX_FORWARDS = "70";

/** A request without Via. */
export function makeRequest({ method, uri, from, to, callId, seq, headers, body }: RequestParts): SipRequest {
	const fields = [
		header("Max-Forwards", MAX_FORWARDS),
		header("From", from),
		header("To", to),
		header("Call-ID", callId),
		header("CSeq", formatSipCseq({ number: seq, method })),
	];
	return { kind: "request", method, uri, headers: [...fields, ...headers], body: body ?? new Uint8Array(0) };
}

/** The ACK of a refusal, on the way of its INVITE (§17.1.1.3). */
export function ackOfRefusal(invite: SipRequest, response: SipResponse): SipRequest {
	return follow(invite, "ACK", sipFields(response, "To")[0] ?? "");
}

/** CANCEL, on the way of its INVITE (§9.1). */
export function cancelOf(invite: SipRequest, reason: SipHeader | null): SipRequest {
	const cancel = follow(invite, "CANCEL", sipFields(invite, "To")[0] ?? "");
	return reason === null ? cancel : { ...cancel, headers: [...cancel.headers, reason] };
}

/** Header fields of a message under their names. */
export function copied(message: Pick<SipMessage, "headers">, name: string): readonly SipHeader[] {
	return sipFields(message, name).map((value) => ({ name, value }));
}

/** What the owner wants said besides, as far as it can be. */
export function ownHeaders(fields: readonly (readonly [name: string, value: string])[]): readonly SipHeader[] {
	return fields.filter(([name]) => isSipToken(name)).map(([name, value]) => header(name, oneLine(value)));
}

/** A header field. */
export function header(name: string, value: string): SipHeader {
	return { name, value };
}

function follow(invite: SipRequest, method: string, to: string): SipRequest {
	const via = copied(invite, "Via").slice(0, 1);
	const number = Number.parseInt(sipFields(invite, "CSeq")[0] ?? "", 10);
	const headers = [
		...via,
		header("Max-Forwards", MAX_FORWARDS),
		...copied(invite, "From"),
		header("To", to),
		...copied(invite, "Call-ID"),
		header("CSeq", formatSipCseq({ number, method })),
		...copied(invite, "Route"),
	];
	return { kind: "request", method, uri: invite.uri, headers, body: new Uint8Array(0) };
}
