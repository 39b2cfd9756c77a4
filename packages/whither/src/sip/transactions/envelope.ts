/** A message with what every part of an agent asks it for, read once. */
import { sipHeader } from "../message/headers.ts";
import type { SipHeader, SipMessage, SipRequest, SipResponse } from "../message/message.ts";
import { sipTag } from "../message/name-address.ts";
import { parseSipCseq, type SipCseq } from "../message/sequence.ts";
import { parseSipVia, type SipVia, sipBranch } from "../message/via.ts";

/** What identifies a message, beside the message. */
export interface Envelope<Message extends SipMessage = SipMessage> {
	readonly message: Message;
	/** The topmost, and what its branch is where it is one of RFC 3261. */
	readonly via: SipVia;
	readonly branch: string | null;
	readonly callId: string;
	readonly cseq: SipCseq;
	/** Null: there is none. */
	readonly fromTag: string | null;
	readonly toTag: string | null;
}

/** A request that has been read. */
export type RequestEnvelope = Envelope<SipRequest>;
/** A response that has been read. */
export type ResponseEnvelope = Envelope<SipResponse>;

/** Null: something is missing without which no message can be told from others. */
export function readEnvelope<Message extends SipMessage>(message: Message): Envelope<Message> | null {
	const via = topVia(message);
	const cseq = parseSipCseq(sipHeader(message, "CSeq"));
	const callId = sipHeader(message, "Call-ID");
	if (via === null || cseq === null || callId === null) return null;
	const [fromTag, toTag] = [sipTag(sipHeader(message, "From")), sipTag(sipHeader(message, "To"))];
	return { message, via, branch: sipBranch(via), callId, cseq, fromTag, toTag };
}

/** The topmost Via; null: there is none that can be read. */
export function topVia(message: { readonly headers: readonly SipHeader[] }): SipVia | null {
	const text = sipHeader(message, "Via");
	return text === null ? null : parseSipVia(text);
}

/** Whether it is a request. */
export function isRequest(envelope: Envelope): envelope is RequestEnvelope {
	return envelope.message.kind === "request";
}

/** Whether it is a response. */
export function isResponse(envelope: Envelope): envelope is ResponseEnvelope {
	return envelope.message.kind === "response";
}
