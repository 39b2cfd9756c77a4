/** Via: the way that a message took and its answer takes back (RFC 3261 §20.42, RFC 3581). */
import { isSipToken, TOKEN_CHARACTERS, trimBlanks } from "./grammar.ts";
import { formatSipHostPort, parseSipHostPort, type SipHostPort } from "./host.ts";
import { formatSipParameters, parseSipParameters, type SipParameter, sipParameter } from "./parameters.ts";

/** One value of Via, its version left out: what we cannot speak is told from the start line; host and port are where its sender wants answers (`sent-by`). */
export interface SipVia extends SipHostPort {
	/** In capitals: `UDP`, `TCP`, `TLS`, or another. */
	readonly transport: string;
	readonly parameters: readonly SipParameter[];
}

/** What all branches of RFC 3261 begin with (§8.1.1.7). */
export const SIP_BRANCH_COOKIE = "z9hG4bK";

const SENT = new RegExp(
	`^SIP[ \\t]*/[ \\t]*[0-9]+\\.[0-9]+[ \\t]*/[ \\t]*([${TOKEN_CHARACTERS}]+)[ \\t]+([^;]+)(;.*)?$`,
	"is",
);

/** The parts of one value; null where it does not fit. */
export function parseSipVia(text: string): SipVia | null {
	const [, transport = "", sentBy = "", behind = ""] = SENT.exec(trimBlanks(text)) ?? [];
	const place = parseSipHostPort(trimBlanks(sentBy));
	const parameters = parseSipParameters(behind);
	if (place === null || parameters === null) return null;
	return { transport: transport.toUpperCase(), ...place, parameters };
}

/** The value as text; throws RangeError for what does not fit. */
export function formatSipVia(via: SipVia): string {
	if (!isSipToken(via.transport)) throw new RangeError(`not a transport: ${JSON.stringify(via.transport)}`);
	return `SIP/2.0/${via.transport} ${formatSipHostPort(via)}${formatSipParameters(via.parameters)}`;
}

/**
 * The branch that names a transaction; null where it is none of RFC 3261's, or nothing stands behind the cookie
 * (RFC 4475 §3.2.1): then a transaction is known by RFC 2543's rules (RFC 3261 §17.2.3).
 */
export function sipBranch({ parameters }: SipVia): string | null {
	const branch = sipParameter(parameters, "branch") ?? "";
	return branch.startsWith(SIP_BRANCH_COOKIE) && branch.length > SIP_BRANCH_COOKIE.length ? branch : null;
}
