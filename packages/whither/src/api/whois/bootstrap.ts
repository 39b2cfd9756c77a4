/** Which RDAP server is responsible (RFC 9224): the longest match in a registry of IANA. Pure. */
import { isOneNetwork } from "@whither/wire";
import { listOf, objectOf, textsOf } from "./bounded-json.ts";
import type { WhoisQuery } from "./query.ts";

/** IANA's files. */
export type BootstrapFile = "dns" | "ipv4" | "ipv6" | "asn";

/** The most services that are looked at: `dns` has 1,200. */
const MOST_SERVICES = 20_000;

/** Which of the files knows. */
export function bootstrapFile(query: WhoisQuery): BootstrapFile {
	if (query.kind === "asn") return "asn";
	if (query.kind === "name") return "dns";
	return query.address.includes(":") ? "ipv6" : "ipv4";
}

/** Whether this is such a file at all. */
export function isBootstrap(document: unknown): boolean {
	return Array.isArray(objectOf(document).services);
}

/** Base URLs of the responsible server, those over https first; empty: no server is known (RFC 9224 section 6: not all names have one). */
export function rdapServers(query: WhoisQuery, document: unknown): readonly string[] {
	const { services } = objectOf(document);
	let best: { readonly length: number; readonly urls: readonly string[] } | null = null;
	for (const service of Array.isArray(services) ? services.slice(0, MOST_SERVICES) : []) {
		if (!Array.isArray(service)) continue;
		const [entries, urls] = service;
		for (const entry of Array.isArray(entries) ? entries : []) {
			const length = typeof entry === "string" ? matchLength(query, entry) : -1;
			if (length > (best?.length ?? -1)) best = { length, urls: textsOf(listOf(urls)) };
		}
	}
	const urls = (best?.urls ?? []).filter((url) => URL.canParse(url));
	const isSecure = (url: string) => url.startsWith("https:");
	return [...urls.filter(isSecure), ...urls.filter((url) => !isSecure(url))];
}

/** How exactly an entry covers what is asked for; -1: not at all. */
function matchLength(query: WhoisQuery, entry: string): number {
	if (query.kind === "address") {
		const [network = "", digits = ""] = entry.split("/");
		const bits = Number(digits);
		return digits !== "" && bits <= query.bits && isOneNetwork(network, query.address, bits) ? bits : -1;
	}
	if (query.kind === "asn") {
		const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(entry) ?? [];
		// Ranges do not overlap, but a narrower one would be the better match.
		const isIn = query.number >= Number(first) && query.number <= Number(last);
		return isIn ? 2 ** 32 - (Number(last) - Number(first)) : -1;
	}
	const suffix = entry.toLowerCase().replace(/\.$/, "");
	return suffix === "" || query.name === suffix || query.name.endsWith(`.${suffix}`) ? suffix.length : -1;
}
