/** Request-Line and Status-Line (RFC 3261 §7.1, §7.2). */
import { isSipToken } from "./grammar.ts";
import { parseSipUri, uriScheme } from "./uri.ts";

/** What a message begins with, or why it is none; `status`: what to answer. */
export type SipStartLine =
	| { readonly kind: "request"; readonly method: string; readonly uri: string }
	| { readonly kind: "response"; readonly status: number; readonly reason: string }
	| { readonly kind: "error"; readonly why: string; readonly status: number | null };

/** Reads a start line; one space stands between its parts, and none around it. */
export function parseStartLine(line: string): SipStartLine {
	return /^SIP\//i.test(line) ? parseStatusLine(line) : parseRequestLine(line);
}

function parseStatusLine(line: string): SipStartLine {
	const [, status, reason = ""] = /^SIP\/2\.0 ([1-6][0-9]{2})(?: (.*))?$/i.exec(line) ?? [];
	if (status === undefined) return { kind: "error", why: "not a status line", status: null };
	return { kind: "response", status: Number(status), reason };
}

function parseRequestLine(line: string): SipStartLine {
	const [method = "", uri = "", version = "", ...more] = line.split(" ");
	if (!isSipToken(method) || more.length > 0 || !/^SIP\/[0-9]+\.[0-9]+$/i.test(version))
		return { kind: "error", why: "not a request line", status: isSipToken(method) ? 400 : null };
	const status = method === "ACK" ? null : 400;
	if (!/^SIP\/2\.0$/i.test(version))
		return { kind: "error", why: `version ${version}`, status: status === null ? null : 505 };
	return isRequestUri(uri) ? { kind: "request", method, uri } : { kind: "error", why: "not a Request-URI", status };
}

/** SIP and SIPS URIs without header fields (§19.1.1, table 1), and any other by its looks: which are taken, its user says. */
function isRequestUri(text: string): boolean {
	const scheme = uriScheme(text);
	if (scheme !== "sip" && scheme !== "sips") return scheme !== null;
	return parseSipUri(text)?.headers.length === 0;
}
