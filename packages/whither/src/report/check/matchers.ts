/** What a path must or must not cross: networks, ranges of addresses, countries, names. */
import { addressFamily, parseAddress } from "@whither/wire";
import { type JsonNode, TextProblem } from "./jsonc.ts";
import { type NodeReader, objectOf, refuseNode, textOf } from "./node-readers.ts";

/** One thing to cross, in one of these forms; `shown`: as reports name it. */
export type Matcher = { readonly shown: string } & (
	| { readonly by: "asn"; readonly asn: string }
	| { readonly by: "prefix"; readonly address: Uint8Array; readonly bits: number }
	| { readonly by: "country"; readonly country: string }
	| { readonly by: "place"; readonly place: string }
	| { readonly by: "name"; readonly glob: string }
	| { readonly by: "nameRegex"; readonly pattern: string }
);

/** Longest regular expression; whether it ends in time is for whoever runs it. */
const LONGEST_PATTERN = 200;

const FORMS =
	'an AS number ("AS64500"), a range ("192.0.2.0/24"), an address, a name with * in it ("*.example.net"), or {"asn"}, {"prefix"}, {"country"}, {"place"}, {"name"} or {"nameRegex"}';

const shape = objectOf({
	asn: (node) => readAsn(node),
	prefix: (node) => readPrefix(node),
	country: textOf('two letters of a country, such as "DE"', (text) => /^[A-Za-z]{2}$/.test(text)),
	place: textOf('a place as traces have it, such as "Frankfurt, DE"'),
	name: textOf('a name, in which * stands for anything, such as "*.example.net"', isGlob, 255),
	nameRegex: textOf("a regular expression of at most 200 characters", isPattern, LONGEST_PATTERN),
});

/** Reads one. */
export const readMatcher: NodeReader<Matcher> = (node) => {
	if (node.kind === "scalar" && typeof node.value === "string") return fromText(node, node.value);
	if (node.kind !== "object") return refuseNode(node, FORMS);
	const { asn, prefix, country, place, name, nameRegex } = shape(node);
	if (node.entries.size !== 1) throw new TextProblem(node.at, `wants one of these alone: ${FORMS}`);
	if (asn !== undefined) return asn;
	if (prefix !== undefined) return prefix;
	if (country !== undefined)
		return { by: "country", country: country.toUpperCase(), shown: `country ${country.toUpperCase()}` };
	if (place !== undefined) return { by: "place", place, shown: place };
	if (name !== undefined) return { by: "name", glob: name, shown: name };
	return { by: "nameRegex", pattern: nameRegex ?? "", shown: `/${nameRegex}/i` };
};

function fromText(node: JsonNode, text: string): Matcher {
	if (/^AS\d+$/i.test(text)) return readAsn(node);
	if (text.includes("/") || addressFamily(text) !== null) return readPrefix(node);
	return isGlob(text) ? { by: "name", glob: text, shown: text } : refuseNode(node, FORMS);
}

function readAsn(node: JsonNode): Matcher {
	const digits = /^(?:AS)?(\d{1,10})$/i.exec(node.kind === "scalar" ? String(node.value) : "")?.[1];
	if (digits === undefined || Number(digits) > 0xff_ff_ff_ff) return refuseNode(node, 'an AS number such as "AS64500"');
	const asn = `AS${Number(digits)}`;
	return { by: "asn", asn, shown: asn };
}

function readPrefix(node: JsonNode): Matcher {
	const text = node.kind === "scalar" && typeof node.value === "string" ? node.value : "";
	const [, address = "", length] = /^([\da-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
	const bytes = bytesOf(address);
	const most = (bytes?.length ?? 0) * 8;
	const bits = length === undefined ? most : Number(length);
	if (bytes === null || bits > most)
		return refuseNode(node, 'an address or a range such as "192.0.2.0/24" or "2001:db8::/32"');
	return { by: "prefix", address: bytes, bits, shown: text };
}

function bytesOf(address: string): Uint8Array | null {
	const bytes = addressFamily(address) === null ? null : parseAddress(address);
	return bytes instanceof Uint8Array ? bytes : null;
}

/** Host names with dots, and stars. */
function isGlob(text: string): boolean {
	return /^[\w.*?-]+$/.test(text) && /[.*?]/.test(text) && text.length <= 255;
}

function isPattern(text: string): boolean {
	try {
		return new RegExp(text, "i").source !== "";
	} catch {
		return false;
	}
}

/** Whether the address lies in the range. */
export function isInPrefix(address: string, range: { readonly address: Uint8Array; readonly bits: number }): boolean {
	const bytes = bytesOf(address);
	if (bytes === null || bytes.length !== range.address.length) return false;
	return bytes.every((byte, place) => {
		const bits = Math.min(Math.max(range.bits - place * 8, 0), 8);
		return byte >> (8 - bits) === (range.address[place] ?? 0) >> (8 - bits);
	});
}

/** Whether the name is of that form: `*` stands for anything, `?` for one character. Takes time of both lengths' product at most. */
export function globMatches(glob: string, name: string): boolean {
	const [pattern, text] = [glob.toLowerCase(), name.toLowerCase()];
	let [at, star, mark] = [0, -1, 0];
	let place = 0;
	while (place < text.length) {
		const wanted = pattern[at];
		if (wanted === "*") [star, mark] = [at++, place];
		else if (wanted !== undefined && (wanted === "?" || wanted === text[place])) {
			at++;
			place++;
		} else if (star !== -1) {
			at = star + 1;
			place = ++mark;
		} else return false;
	}
	return /^\**$/.test(pattern.slice(at));
}
