/** Answers of origin servers read into origins. Pure. */

const LONGEST_NAME = 200;

/** A route and the autonomous systems that announce it. */
interface Route {
	/** Prefix length in bits. */
	readonly bits: number;
	readonly origins: readonly string[];
}

/** Of TXT records such as `64500 64501 | 192.0.2.0/24 | ZZ | registry | date`, the origins of the longest prefix. */
export function originsOfTxt(records: readonly string[]): readonly string[] {
	const routes = records.map((record): Route => {
		const [systems = "", prefix = ""] = record.split("|").map((field) => field.trim());
		return { bits: prefixBits(prefix), origins: systems.split(/\s+/).flatMap(asNumber) };
	});
	return ofLongestPrefix(routes);
}

/** Of whois text with `route:` or `route6:` and `origin:` lines (RFC 2622 section 4), the same. */
export function originsOfWhois(text: string): readonly string[] {
	const routes: Route[] = [];
	let bits = -1;
	for (const line of text.split(/\r?\n/)) {
		const [, name, value = ""] = /^(route6?|origin):\s*(\S+)/i.exec(line) ?? [];
		if (name === undefined) continue;
		if (name.toLowerCase() === "origin") routes.push({ bits, origins: asNumber(value) });
		else bits = prefixBits(value);
	}
	return ofLongestPrefix(routes);
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

function ofLongestPrefix(routes: readonly Route[]): readonly string[] {
	const longest = Math.max(...routes.filter(({ origins }) => origins.length > 0).map(({ bits }) => bits));
	return [...new Set(routes.filter(({ bits }) => bits === longest).flatMap(({ origins }) => origins))];
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
