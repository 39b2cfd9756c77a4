/** Hosts and ports, as URIs and Via have them (RFC 3261 §25.1, hostport). */
import { addressFamily, formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import { parseWhole, trimBlanks } from "./grammar.ts";

/** A place by address or by name. */
export interface SipHostPort {
	/** Canonical text of an address, IPv6 without brackets; or a name in small letters. */
	readonly host: string;
	/** Null: none is said. */
	readonly port: number | null;
}

/** Labels of letters, digits and hyphens; names with `_` are met, though no host should have one. */
const NAME = /^(?=.{1,255}$)[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*\.?$/;

/** `host` or `host:port` with IPv6 in brackets, blanks around the colon taken; null where it does not fit. */
export function parseSipHostPort(text: string): SipHostPort | null {
	const colon = text.indexOf(":", Math.max(0, text.indexOf("]")));
	const host = parseSipHost(trimBlanks(colon < 0 ? text : text.slice(0, colon)));
	const digits = colon < 0 ? null : trimBlanks(text.slice(colon + 1));
	const port = digits === null ? null : parseWhole(digits, 0xffff);
	return host === null || (digits !== null && port === null) ? null : { host, port };
}

/** A host, IPv6 in brackets; null where it does not fit. */
function parseSipHost(text: string): string | null {
	if (text.startsWith("[")) {
		const address = parseAddress(text.slice(1, -1));
		return isDecodeError(address) || !text.endsWith("]") || !text.includes(":") ? null : formatAddress(address);
	}
	const name = text.toLowerCase();
	if (!/^[0-9.]*$/.test(name)) return NAME.test(name) ? name : null;
	const address = parseAddress(name);
	return isDecodeError(address) ? null : formatAddress(address);
}

/** The place as text, IPv6 in brackets. */
export function formatSipHostPort({ host, port }: SipHostPort): string {
	const shown = addressFamily(host) === 6 ? `[${host}]` : host;
	return port === null ? shown : `${shown}:${port}`;
}
