/** SIP and SIPS URIs (RFC 3261 §19.1), and what other URIs can be seen to be. */
import { SIP_BOUNDS } from "./bounds.ts";
import { escapeSip, UNRESERVED, unescapeSip } from "./escape.ts";
import { formatSipHostPort, parseSipHostPort, type SipHostPort } from "./host.ts";
import { type SipParameter, sipParameter } from "./parameters.ts";

/** A SIP or SIPS URI, such as `sips:me:secret@example.com:5061;transport=tcp?Subject=x`. */
export interface SipUri extends SipHostPort {
	readonly scheme: "sip" | "sips";
	/** As it stands, with its escapes (`sipUserOf` is without); null: there is none. */
	readonly user: string | null;
	/** As it stands, with its escapes. */
	readonly password: string | null;
	/** Names in small letters; values without escapes. */
	readonly parameters: readonly SipParameter[];
	/** Names and values as they stand behind `?`, with their escapes. */
	readonly headers: readonly (readonly [name: string, value: string])[];
}

const USER = new RegExp(`^(?:[${UNRESERVED}&=+$,;?/#]|%[0-9A-Fa-f]{2})+$`);
const PASSWORD = new RegExp(`^(?:[${UNRESERVED}&=+$,]|%[0-9A-Fa-f]{2})*$`);
/** Of parameters and of headers, names and values alike. */
const PARAMETER_CHARACTERS = `${UNRESERVED}[\\]/:&+$`;
const PARAMETER = new RegExp(`^(?:[${PARAMETER_CHARACTERS}]|%[0-9A-Fa-f]{2})+$`);
const HEADER = new RegExp(`^(?:[${UNRESERVED}[\\]/?:+$]|%[0-9A-Fa-f]{2})*$`);

/** The scheme of a URI in small letters; null where there is none, or the rest has blanks, quotes or brackets in it. */
export function uriScheme(text: string): string | null {
	return /^([A-Za-z][A-Za-z0-9+.-]*):[^\s<>"]+$/.exec(text)?.[1]?.toLowerCase() ?? null;
}

/** The parts of a SIP or SIPS URI; null where it is none, or does not fit. */
export function parseSipUri(text: string): SipUri | null {
	const scheme = /^(sips?):/i.exec(text)?.[1]?.toLowerCase() as SipUri["scheme"] | undefined;
	if (scheme === undefined) return null;
	const rest = text.slice(scheme.length + 1);
	const at = rest.indexOf("@");
	const who = at < 0 ? { user: null, password: null } : parseUserInfo(rest.slice(0, at));
	const tail = /^([^;?]*)(?:;([^?]*))?(?:\?(.*))?$/.exec(rest.slice(at + 1));
	if (who === null || tail === null) return null;
	const place = parseSipHostPort(tail[1] ?? "");
	const parameters = tail[2] === undefined ? [] : parseUriParameters(tail[2]);
	const headers = tail[3] === undefined ? [] : parseUriHeaders(tail[3]);
	if (place === null || parameters === null || headers === null || /[ \t]/.test(tail[1] ?? "")) return null;
	return { scheme, ...who, ...place, parameters, headers };
}

function parseUserInfo(text: string): Pick<SipUri, "user" | "password"> | null {
	const colon = text.indexOf(":");
	const user = colon < 0 ? text : text.slice(0, colon);
	const password = colon < 0 ? null : text.slice(colon + 1);
	return USER.test(user) && PASSWORD.test(password ?? "") ? { user, password } : null;
}

function parseUriParameters(text: string): readonly SipParameter[] | null {
	const parts = text.split(";", SIP_BOUNDS.parameters + 1);
	if (parts.length > SIP_BOUNDS.parameters) return null;
	const parameters: SipParameter[] = [];
	for (const part of parts) {
		const [name = "", value, ...more] = part.split("=");
		const isRight = PARAMETER.test(name) && (value === undefined || PARAMETER.test(value)) && more.length === 0;
		if (!isRight) return null;
		parameters.push({ name: unescapeSip(name).toLowerCase(), value: value === undefined ? null : unescapeSip(value) });
	}
	return parameters;
}

function parseUriHeaders(text: string): SipUri["headers"] | null {
	const headers: (readonly [string, string])[] = [];
	for (const part of text.split("&")) {
		const [name = "", value = "", ...more] = part.split("=");
		if (name === "" || !HEADER.test(name) || !HEADER.test(value) || more.length > 0) return null;
		headers.push([name, value]);
	}
	return headers;
}

/** The URI as text; throws RangeError where that is none. */
export function formatSipUri(uri: SipUri): string {
	const { scheme, user, password, parameters, headers } = uri;
	const who = user === null ? "" : `${user}${password === null ? "" : `:${password}`}@`;
	const behind = parameters.map(({ name, value }) => `;${escaped(name)}${value === null ? "" : `=${escaped(value)}`}`);
	const asked = headers.length === 0 ? "" : `?${headers.map(([name, value]) => `${name}=${value}`).join("&")}`;
	const text = `${scheme}:${who}${formatSipHostPort(uri)}${behind.join("")}${asked}`;
	if (parseSipUri(text) === null) throw new RangeError(`not a SIP URI: ${JSON.stringify(text)}`);
	return text;
}

function escaped(text: string): string {
	return escapeSip(text, PARAMETER_CHARACTERS);
}

/** The user of a URI without escapes; null: there is none. */
export function sipUserOf({ user }: SipUri): string | null {
	return user === null ? null : unescapeSip(user);
}

/** The value of a URI's parameter, as `sipParameter` has it. */
export function sipUriParameter({ parameters }: SipUri, name: string): string | null {
	return sipParameter(parameters, name);
}

/** Whether it can be a URI at all: SIP and SIPS by their own rules, others by their looks. */
export function isUri(text: string): boolean {
	const scheme = uriScheme(text);
	return scheme === "sip" || scheme === "sips" ? parseSipUri(text) !== null : scheme !== null;
}
