/** What is asked for, as people write it: an address, a prefix, an AS number or a name. Pure. */
import { formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import { asciiName } from "../domain-name.ts";
import { WhitherError } from "../error.ts";

/** What registries keep. */
export type WhoisQuery =
	/** `bits`: prefix length; an address alone has all. */
	| { readonly kind: "address"; readonly text: string; readonly address: string; readonly bits: number }
	| { readonly kind: "asn"; readonly text: string; readonly number: number }
	/** In ASCII, lower case, without a dot at its end. */
	| { readonly kind: "name"; readonly text: string; readonly name: string };

/** AS numbers have 32 bits (RFC 6793). */
const MOST_ASN = 0xffff_ffff;
const AS_NUMBER = /^(?:ASN?\s*)?(\d+)$/i;
/** RFC 1035 section 2.3.4, as text without the last dot. */
const LONGEST_NAME = 253;
/** Letters, digits, hyphens and, as some zones have them, underscores. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Reads what the user wrote; throws `WhitherError` with code `badOption` for what is none of them. */
export function parseWhoisQuery(written: string): WhoisQuery {
	const given = written.trim();
	const query = addressQuery(given) ?? (AS_NUMBER.test(given) ? asQuery(given) : nameQuery(given));
	if (query !== null) return query;
	const sentence = `whois knows addresses, prefixes, AS numbers and domain names, and "${given.slice(0, 80)}" is none`;
	throw new WhitherError("badOption", sentence, { option: "query", value: given.slice(0, LONGEST_NAME) });
}

/** Brackets, a zone (RFC 4007) and an IPv4-mapped form are seen through. */
function addressQuery(text: string): WhoisQuery | null {
	const [, bare = "", length] = /^\[?([\da-f:.]+)(?:%[^\]/]*)?\]?(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
	const bytes = parseAddress(bare);
	if (isDecodeError(bytes)) return null;
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(formatAddress(bytes))?.[1];
	if (mapped !== undefined && length === undefined) return addressQuery(mapped);
	const most = bytes.length * 8;
	const bits = length === undefined ? most : Number(length);
	if (bits > most) return null;
	const address = formatAddress(networkOf(bytes, bits));
	return { kind: "address", text: bits === most ? address : `${address}/${bits}`, address, bits };
}

/** The network's first address. */
function networkOf(bytes: Uint8Array, bits: number): Uint8Array {
	return bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))));
}

function asQuery(text: string): WhoisQuery | null {
	const digits = AS_NUMBER.exec(text)?.[1] ?? "";
	if (Number(digits) > MOST_ASN) return null;
	return { kind: "asn", text: `AS${Number(digits)}`, number: Number(digits) };
}

function nameQuery(text: string): WhoisQuery | null {
	const name = (asciiName(text) ?? "").toLowerCase().replace(/\.$/, "");
	const labels = name.split(".");
	const fits = name.length <= LONGEST_NAME && labels.every((label) => LABEL.test(label));
	// A last label of digits is a mistyped address (RFC 3696 section 2).
	return fits && !/^\d+$/.test(labels.at(-1) ?? "") ? { kind: "name", text: name, name } : null;
}
