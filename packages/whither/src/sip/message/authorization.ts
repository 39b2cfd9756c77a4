/** What WWW-Authenticate, Authorization and their like hold (RFC 3261 §20.7, RFC 7235 §2.1): a scheme and its parameters. */
import { splitSip, trimBlanks } from "./grammar.ts";
import { parseSipParameter, type SipParameter } from "./parameters.ts";

/** A challenge or credentials. */
export interface SipAuthorization {
	/** In small letters: `digest`, `bearer`, .. */
	readonly scheme: string;
	/** Names in small letters, each of them once; empty where another scheme's words are no parameters. */
	readonly parameters: readonly SipParameter[];
}

/** The parts of one field, which holds one challenge alone (RFC 3261 §20.44); null where it does not fit. */
export function parseSipAuthorization(text: string | null): SipAuthorization | null {
	const [, scheme = "", rest = ""] = /^([!-~]+)[ \t]+(.*)$/s.exec(text ?? "") ?? [];
	if (scheme === "") return null;
	const parts = splitSip(rest, ",")?.filter((part) => part !== "") ?? [];
	const parameters = parts.map((part) => parseSipParameter(trimBlanks(part)));
	const known = parameters.filter((parameter) => parameter !== null);
	const isWhole = known.length === parameters.length && new Set(known.map(({ name }) => name)).size === known.length;
	return { scheme: scheme.toLowerCase(), parameters: isWhole ? known : [] };
}
