/** Answers of origin servers read into origins. Pure. */

import type { AnnouncedRoute } from "./as-server.ts";

const LONGEST_NAME = 200;

/** A route by one record, with the length of its prefix in bits. */
interface Route extends Omit<AnnouncedRoute, "asn"> {
	readonly bits: number;
	readonly origins: readonly string[];
}

/** Of TXT records such as `64500 64501 | 192.0.2.0/24 | ZZ | registry | date`, the route of the longest prefix; null: none has an origin. */
export function routeOfTxt(records: readonly string[]): AnnouncedRoute | null {
	const routes = records.map((record): Route => {
		const [systems = "", prefix = "", country = "", registry = "", date = ""] = record.split("|").map(trimmed);
		return {
			...{ bits: prefixBits(prefix), origins: systems.split(/\s+/).flatMap(asNumber) },
			prefix: whereFits(/^[\da-f:.]{3,45}\/\d{1,3}$/i, prefix),
			country: whereFits(/^[a-z]{2}$/i, country),
			registry: whereFits(/^[\w-]{1,20}$/, registry),
			allocated: whereFits(/^\d{4}-\d\d-\d\d$/, date),
		};
	});
	return longestOf(routes);
}

/** Of whois text with `route:` or `route6:` and `origin:` lines (RFC 2622 section 4), the same without what these do not say. */
export function routeOfWhois(text: string): AnnouncedRoute | null {
	const routes: Route[] = [];
	let prefix = "";
	for (const line of text.split(/\r?\n/)) {
		const [, name, value = ""] = /^(route6?|origin):\s*(\S+)/i.exec(line) ?? [];
		if (name === undefined) continue;
		if (name.toLowerCase() === "origin")
			routes.push({
				...{ bits: prefixBits(prefix), origins: asNumber(value), country: null, registry: null, allocated: null },
				prefix: whereFits(/^[\da-f:.]{3,45}\/\d{1,3}$/i, prefix),
			});
		else prefix = value;
	}
	return longestOf(routes);
}

/** Of TXT records such as `64500 | ZZ | registry | date | EXAMPLE - Example Net, ZZ`, what the system is called. */
export function asNameOfTxt(records: readonly string[]): string | null {
	const names = records.map((record) => record.split("|").slice(4).join("|").trim());
	return names.find((name) => name !== "")?.slice(0, LONGEST_NAME) ?? null;
}

/** The name under which DNS holds an address: its parts in reverse, bytes of IPv4, half bytes of IPv6. */
export function reversedName(bytes: Uint8Array): string {
	const parts = [...bytes].flatMap((byte) =>
		bytes.length === 4 ? [String(byte)] : [(byte >> 4).toString(16), (byte & 15).toString(16)],
	);
	return parts.reverse().join(".");
}

function longestOf(routes: readonly Route[]): AnnouncedRoute | null {
	const known = routes.filter(({ origins }) => origins.length > 0);
	const most = Math.max(...known.map(({ bits }) => bits));
	const [first, ...others] = known.filter(({ bits }) => bits === most);
	if (first === undefined) return null;
	const { prefix, country, registry, allocated } = first;
	const origins = new Set([first, ...others].flatMap((route) => route.origins));
	return { asn: [...origins].join("/"), prefix, country, registry, allocated };
}

function trimmed(field: string): string {
	return field.trim();
}

/** Anybody may answer: what does not look as it should is not there. */
function whereFits(shape: RegExp, text: string): string | null {
	return shape.test(text) ? text : null;
}

function prefixBits(prefix: string): number {
	const bits = /\/(\d+)$/.exec(prefix)?.[1];
	return bits === undefined ? -1 : Number(bits);
}

/** `64500` or `AS64500` as `AS64500`; nothing for what is no number. */
function asNumber(text: string): readonly string[] {
	const digits = /^(?:AS)?(\d{1,10})$/i.exec(text)?.[1];
	return digits === undefined ? [] : [`AS${digits}`];
}
