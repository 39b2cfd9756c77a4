/** Bodies as the agent's owner has them, and as messages have them. */
import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import { sipHeader } from "../message/headers.ts";
import { parseSipMediaType } from "../message/media-type.ts";
import type { SipHeader, SipMessage } from "../message/message.ts";
import type { SipBody } from "./agent-io.ts";

/** The type of a description (RFC 8866 §8.1). */
export const SDP_TYPE = "application/sdp";

const NOTHING = new Uint8Array(0);

/** The body of a message; null: there is none. */
export function bodyOf(message: SipMessage): SipBody | null {
	const type = sipHeader(message, "Content-Type");
	if (message.body.length === 0 || type === null) return null;
	const disposition = sipHeader(message, "Content-Disposition");
	return { type, text: decodeUtf8(message.body), ...(disposition !== null && { disposition }) };
}

/** The description of a session that a message has; null: it has none. */
export function descriptionOf(message: SipMessage): SipBody | null {
	const body = bodyOf(message);
	return body !== null && isDescription(body) ? body : null;
}

/** Whether it is one that an offer or answer can be. */
export function isDescription({ type }: SipBody): boolean {
	return parseSipMediaType(type)?.word === SDP_TYPE;
}

/** A description as a body. */
export function sdpBody(text: string): SipBody {
	return { type: SDP_TYPE, text };
}

/** Header fields and bytes of a body. */
export function bodyParts(body: SipBody | null | undefined): { headers: readonly SipHeader[]; body: Uint8Array } {
	if (body === null || body === undefined) return { headers: [], body: NOTHING };
	const headers = [{ name: "Content-Type", value: oneLine(body.type) }];
	if (body.disposition !== undefined) headers.push({ name: "Content-Disposition", value: oneLine(body.disposition) });
	return { headers, body: encodeUtf8(body.text) };
}

/** Text that can stand in a header field or a start line. */
export function oneLine(text: string): string {
	return text.replace(/\s*[\r\n]+\s*/g, " ").trim();
}
