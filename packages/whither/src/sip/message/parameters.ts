/** Parameters: `;name=value` behind values of header fields and within URIs (RFC 3261 §25.1, generic-param). */
import { SIP_BOUNDS } from "./bounds.ts";
import { isSipToken, quote, splitSip, TOKEN_CHARACTERS, trimBlanks, unquote } from "./grammar.ts";

/** One parameter. */
export interface SipParameter {
	/** In small letters. */
	readonly name: string;
	/** Without quotes; null: the name stands alone. */
	readonly value: string | null;
}

/** Tokens, hosts (an IPv6 address in brackets or, as RFC 3261 has `received`, without) and times. */
const BARE = new RegExp(`^[${TOKEN_CHARACTERS}[\\]:]+$`);

/** The parameters of a text that begins with `;` or is empty; null where one does not fit. */
export function parseSipParameters(text: string): readonly SipParameter[] | null {
	const parts = splitSip(text, ";");
	if (parts === null || parts[0] !== "" || parts.length > SIP_BOUNDS.parameters + 1) return null;
	const parameters: SipParameter[] = [];
	for (const part of parts.slice(1)) {
		const parameter = parseSipParameter(part);
		if (parameter === null) return null;
		parameters.push(parameter);
	}
	return parameters;
}

/** One parameter, `name` or `name=value` with blanks around `=`; null where it does not fit. */
export function parseSipParameter(text: string): SipParameter | null {
	const equals = text.indexOf("=");
	const name = trimBlanks(equals < 0 ? text : text.slice(0, equals)).toLowerCase();
	if (!isSipToken(name)) return null;
	if (equals < 0) return { name, value: null };
	const raw = trimBlanks(text.slice(equals + 1));
	const value = raw[0] === '"' ? unquote(raw) : BARE.test(raw) ? raw : null;
	return value === null ? null : { name, value };
}

/** Parameters as they stand behind a value, each with its `;`; quoted where they have to be. */
export function formatSipParameters(parameters: readonly SipParameter[]): string {
	return parameters.map((parameter) => `;${formatSipParameter(parameter)}`).join("");
}

/** One parameter; throws RangeError for what does not fit. */
function formatSipParameter({ name, value }: SipParameter): string {
	if (!isSipToken(name)) throw new RangeError(`not a parameter's name: ${JSON.stringify(name)}`);
	if (value === null) return name;
	return `${name}=${BARE.test(value) ? value : quote(value)}`;
}

/** The value of the first parameter of this name (small letters); empty where it has none, null where there is none. */
export function sipParameter(parameters: readonly SipParameter[], name: string): string | null {
	const found = parameters.find((parameter) => parameter.name === name);
	return found === undefined ? null : (found.value ?? "");
}

/** The same parameters with this one in place of others of its name, or behind them. */
export function withSipParameter(
	parameters: readonly SipParameter[],
	name: string,
	value: string | null,
): readonly SipParameter[] {
	if (parameters.every((parameter) => parameter.name !== name)) return [...parameters, { name, value }];
	return parameters.map((parameter) => (parameter.name === name ? { name, value } : parameter));
}
