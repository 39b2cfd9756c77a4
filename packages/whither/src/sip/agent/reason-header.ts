/** Why a request is sent, for people (RFC 3326). */
import { quote } from "../message/grammar.ts";
import { sipFields, sipHeader } from "../message/headers.ts";
import { parseSipWord } from "../message/media-type.ts";
import type { SipHeader, SipMessage } from "../message/message.ts";
import { sipParameter } from "../message/parameters.ts";
import type { SipEnd } from "./agent-io.ts";
import { oneLine } from "./body.ts";
import { header } from "./made.ts";
import type { HangUp } from "./parts.ts";

/** Reason of a BYE or CANCEL of ours; null: none is given. */
export function reasonHeader({ status, reason }: HangUp): SipHeader | null {
	if (status === undefined && reason === undefined) return null;
	const cause = status === undefined ? "" : `;cause=${status}`;
	const text = reason === undefined ? "" : `;text=${quote(oneLine(reason))}`;
	return header("Reason", `SIP${cause}${text}`);
}

/** How a call ends by a BYE or CANCEL of theirs. */
export function endOf(message: SipMessage): SipEnd {
	const first = sipFields(message, "Reason").length === 0 ? null : sipHeader(message, "Reason");
	const text = sipParameter(parseSipWord(first)?.parameters ?? [], "text");
	return { code: "hungUp", by: "them", reason: text };
}
