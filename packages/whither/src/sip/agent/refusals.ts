/** What is wrong with a request before anybody looks into it (RFC 3261 §8.2), and what to answer. */
import { sipFields, sipHeader, sipValues } from "../message/headers.ts";
import { parseSipWord } from "../message/media-type.ts";
import { sipParameter } from "../message/parameters.ts";
import { uriScheme } from "../message/uri.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import type { SipHop } from "../transport/hop.ts";
import { ACCEPTED, METHODS, optionTags, TAKEN } from "./abilities.ts";
import type { SipAgentConfig } from "./agent-io.ts";
import { descriptionOf, SDP_TYPE } from "./body.ts";
import { header } from "./made.ts";
import type { Reply } from "./replies.ts";

/** What we know of and do not take; others are nothing at all to us. */
const KNOWN: ReadonlySet<string> = new Set(["REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "PUBLISH"]);

/** What has come another way than SIPS allows (§26.2.2). */
export const NEEDS_TLS: Reply = { status: 403, reason: "SIPS needs TLS" };

/** What is wrong with a request that begins something; null: nothing. */
export function refusalOf(request: RequestEnvelope, from: SipHop, config: SipAgentConfig): Reply | null {
	const { method, uri } = request.message;
	const scheme = uriScheme(uri);
	const refusal = methodRefusal(method);
	if (refusal !== null) return refusal;
	if (scheme !== "sip" && scheme !== "sips") return { status: 416 };
	// Deviation: RFC 3261 §26.2.2 lets the last step within a domain be without.
	if (scheme === "sips" && from.transport !== "tls") return NEEDS_TLS;
	const refused = extensionRefusal(request, config);
	return refused ?? (method === "INVITE" ? (bodyRefusal(request) ?? answerRefusal(request)) : null);
}

/** Methods that are not ours. */
export function methodRefusal(method: string): Reply | null {
	if (TAKEN.includes(method)) return null;
	return { status: KNOWN.has(method) ? 405 : 501, headers: [METHODS] };
}

/** Extensions that we do not understand (§8.2.2.3). */
export function extensionRefusal({ message }: RequestEnvelope, config: SipAgentConfig): Reply | null {
	if (message.method === "CANCEL" || message.method === "ACK") return null;
	const known = optionTags(config).map((tag) => tag.toLowerCase());
	const unknown = sipValues(message, "Require").filter((tag) => !known.includes(tag.toLowerCase()));
	return unknown.length === 0 ? null : { status: 420, headers: [header("Unsupported", unknown.join(", "))] };
}

/** Bodies that we cannot read (§8.2.3), unless they may be passed over (RFC 3261 §20.11). */
function bodyRefusal({ message }: RequestEnvelope): Reply | null {
	if (message.body.length === 0) return null;
	const encodings = sipValues(message, "Content-Encoding").filter((each) => each.toLowerCase() !== "identity");
	if (encodings.length > 0) return { status: 415, headers: [ACCEPTED, header("Accept-Encoding", "identity")] };
	if (descriptionOf(message) !== null) return null;
	const disposition = parseSipWord(sipHeader(message, "Content-Disposition"));
	const isOptional = sipParameter(disposition?.parameters ?? [], "handling") === "optional";
	return isOptional ? null : { status: 415, headers: [ACCEPTED] };
}

/** Callers that would not read our answer (RFC 3261 §21.4.7). */
function answerRefusal({ message }: RequestEnvelope): Reply | null {
	const ranges = sipValues(message, "Accept").map((value) => value.split(";")[0]?.trim().toLowerCase());
	const isTaken = [SDP_TYPE, "application/*", "*/*"].some((range) => ranges.includes(range));
	return sipFields(message, "Accept").length === 0 || isTaken ? null : { status: 406 };
}
