/** What From, To, Contact, Route and their like hold (RFC 3261 §20.10): a name, a URI and parameters. */
import { quote, quotedEnd, TOKEN_CHARACTERS, trimBlanks, unquote } from "./grammar.ts";
import { formatSipParameters, parseSipParameters, type SipParameter, sipParameter } from "./parameters.ts";
import { isUri } from "./uri.ts";

/** `"Name" <uri>;parameters`, or a bare URI with the parameters of the field. */
export interface SipNameAddress {
	/** Without quotes; null: there is none. */
	readonly displayName: string | null;
	/** As it stands, of any scheme. */
	readonly uri: string;
	/** Those of the field, not of the URI: `tag`, `expires`, `q`, .. */
	readonly parameters: readonly SipParameter[];
}

/** Tokens with blanks between, and letters beyond ASCII, which should be quoted and are met without. */
const DISPLAY_NAME = new RegExp(`^(?:[${TOKEN_CHARACTERS} \\t]|[^\\x00-\\x7f])*$`);

/** The parts of one value; null where it does not fit, such as a bare URI with `?` or a comma in it (RFC 3261 §20). */
export function parseSipNameAddress(text: string): SipNameAddress | null {
	const value = trimBlanks(text);
	const named = splitName(value);
	if (named === null) return null;
	const { displayName, rest } = named;
	if (!rest.startsWith("<")) return displayName === null ? parseBare(rest) : null;
	const close = rest.indexOf(">");
	const uri = rest.slice(1, close);
	const parameters = close < 0 ? null : parseSipParameters(trimBlanks(rest.slice(close + 1)));
	return parameters === null || !isUri(uri) ? null : { displayName, uri, parameters };
}

/** The name, and what stands behind it from its bracket on; a bare URI has none. */
function splitName(value: string): { displayName: string | null; rest: string } | null {
	if (value.startsWith('"')) {
		const end = quotedEnd(value, 0);
		const displayName = end < 0 ? null : unquote(value.slice(0, end));
		return displayName === null ? null : { displayName, rest: trimBlanks(value.slice(end)) };
	}
	const bracket = value.indexOf("<");
	const colon = value.indexOf(":");
	if (bracket <= 0 || (colon >= 0 && colon < bracket)) return { displayName: null, rest: value };
	const name = trimBlanks(value.slice(0, bracket));
	return DISPLAY_NAME.test(name) ? { displayName: name, rest: value.slice(bracket) } : null;
}

/** All parameters of a bare URI are the field's. */
function parseBare(value: string): SipNameAddress | null {
	const semicolon = value.indexOf(";");
	const uri = trimBlanks(semicolon < 0 ? value : value.slice(0, semicolon));
	const parameters = parseSipParameters(semicolon < 0 ? "" : value.slice(semicolon));
	return parameters === null || /[?,]/.test(uri) || !isUri(uri) ? null : { displayName: null, uri, parameters };
}

/** The value as text, its URI always in brackets; throws RangeError for what does not fit. */
export function formatSipNameAddress({ displayName, uri, parameters }: SipNameAddress): string {
	if (!isUri(uri)) throw new RangeError(`not a URI: ${JSON.stringify(uri)}`);
	const name = displayName === null ? "" : `${quote(displayName)} `;
	return `${name}<${uri}>${formatSipParameters(parameters)}`;
}

/** The tag of a From or To; null where it has none, as those of RFC 2543 and of a dialog's first request. */
export function sipTag(value: string | null): string | null {
	const address = value === null ? null : parseSipNameAddress(value);
	return address === null ? null : sipParameter(address.parameters, "tag");
}
