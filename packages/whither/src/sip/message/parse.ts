/** From bytes to a message (RFC 3261 §7). */
import { decodeUtf8 } from "@whither/wire";
import { SIP_BOUNDS } from "./bounds.ts";
import { checkSipHeaders, isKnownMethod, isOfOneMethod } from "./check.ts";
import { parseWhole } from "./grammar.ts";
import { headEnd, readHead, skipEmptyLines } from "./head.ts";
import { sipFields } from "./headers.ts";
import type { SipHeader, SipMessage, SipParseError } from "./message.ts";
import { parseStartLine } from "./start-line.ts";
import { parseSipVia } from "./via.ts";

/**
 * The message of a datagram, or of what `splitSipStream` cut out of a stream. What stands behind the body that
 * Content-Length tells of is left alone (§18.3). The fields that every message has are as they must be, and so are those
 * that lead somewhere (Contact, Route, Record-Route); others are for whoever reads them.
 */
export function parseSip(bytes: Uint8Array): SipMessage | SipParseError {
	const within = bytes.subarray(0, SIP_BOUNDS.messageLength);
	const start = skipEmptyLines(within);
	const end = headEnd(within, start);
	const head = readHead(decodeUtf8(within.subarray(start, end < 0 ? within.length : end)), SIP_BOUNDS.headers);
	const first = parseStartLine(head.startLine);
	const { headers } = head;
	if (first.kind === "error") return error(first.why, first.status, headers);
	const isAnswered = first.kind === "request" && first.method !== "ACK";
	const wrong = (why: string, status = 400) => error(why, isAnswered ? status : null, headers);
	if (within.length < bytes.length) return wrong("the message is too long", 413);
	if (end < 0) return wrong("the header fields have no end");
	if (head.why !== null) return wrong(head.why);
	const length = bodyLength(headers, bytes.length - end - 4);
	if (typeof length === "string") return wrong(length);
	const message = { ...first, headers, body: new Uint8Array(bytes.subarray(end + 4, end + 4 + length)) };
	const why = checkSipHeaders(headers, SIP_BOUNDS.values);
	if (why !== null) return wrong(why);
	return isOfOneMethod(message) ? message : wrong("CSeq has another method", isKnownMethod(message) ? 400 : 501);
}

/** An answer goes where Via says, whatever its parameters are: without that there is nobody to answer. */
function error(why: string, status: number | null, headers: readonly SipHeader[]): SipParseError {
	const [sentBy = ""] = sipFields({ headers }, "Via")[0]?.split(/[;,]/) ?? [];
	return { kind: "error", why, status: parseSipVia(sentBy) === null ? null : status, headers };
}

/** Bytes of the body, or what is wrong. `there`: bytes behind the header fields, all of them the body where nothing is said. */
function bodyLength(headers: readonly SipHeader[], there: number): number | string {
	const [field, ...more] = sipFields({ headers }, "Content-Length");
	if (field === undefined) return there;
	const length = parseWhole(field, Number.MAX_SAFE_INTEGER);
	if (length === null || more.length > 0) return "Content-Length is not what it has to be";
	return length > there ? "the body is shorter than Content-Length says" : length;
}
