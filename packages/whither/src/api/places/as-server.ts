/** Where the origin of an address is asked: DNS zones of origins, or a whois server with routes in it. */
import { addressFamily } from "@whither/wire";
import { WhitherError } from "../error.ts";

/** A server of origins. */
export type AsServer =
	/** TXT records under reversed addresses; `at`: name servers to ask, `ADDRESS[:PORT]`, or null for the system's. */
	| {
			readonly kind: "dns";
			readonly zones: { readonly 4: string; readonly 6: string };
			readonly at: readonly string[] | null;
	  }
	/** RPSL objects (RFC 2622) by the whois protocol (RFC 3912). */
	| { readonly kind: "whois"; readonly host: string; readonly port: number };

/** Where names of autonomous systems are asked: TXT records of `AS64500.ZONE`; `at`: as above. */
export interface AsNameServer {
	readonly zone: string;
	readonly at: readonly string[] | null;
}

/** The route that covers an address, as registries have it; null: not said. */
export interface AnnouncedRoute {
	/** Its origins: `AS64500`, or `AS64500/AS64501`. */
	readonly asn: string;
	/** `192.0.2.0/24`. */
	readonly prefix: string | null;
	/** Two letters: whom it was given to, not where anything stands. */
	readonly country: string | null;
	/** Such as `ripencc`. */
	readonly registry: string | null;
	/** `2001-02-03`. */
	readonly allocated: string | null;
}

/** Null where there is none. Rejects where nobody answers. */
export type RouteLookup = (address: string) => Promise<AnnouncedRoute | null>;

/** Origins of an address as text, `AS64500` or `AS64500/AS64501`; null where there is none. Rejects where nobody answers. */
export type AsLookup = (address: string) => Promise<string | null>;

/** Team Cymru's zones, which anybody may ask. */
const DEFAULT_ZONES = { 4: "origin.asn.cymru.com", 6: "origin6.asn.cymru.com" } as const;
const DEFAULT_NAME_ZONE = "asn.cymru.com";
/** IANA Service Names: whois. */
const WHOIS_PORT = 43;

/** IANA Service Names: domain. */
const DNS_PORT = 53;

/** What may be asked, for help and errors. */
export const AS_SERVER_FORMS = "dns, dns:ZONE[,ZONE6][@ADDRESS[:PORT]] or whois:HOST[:PORT], ports from 1 to 65535";

/** `dns`, `dns:ZONE[,ZONE6][@ADDRESS[:PORT]]` or `whois:HOST[:PORT]`; throws `WhitherError` with code `badOption`. */
export function parseAsServer(text: string): AsServer {
	const [, kind, rest = ""] = /^(dns|whois)(?::(.+))?$/.exec(text) ?? [];
	const server = kind === "dns" ? parseZones(rest) : kind === "whois" ? parseWhois(rest) : null;
	if (server !== null) return server;
	const sentence = `asServer must be ${AS_SERVER_FORMS}, not "${text}"`;
	throw new WhitherError("badOption", sentence, { option: "asServer", value: text });
}

/** What may be asked for names. */
export const AS_NAME_SERVER_FORMS = "dns or dns:ZONE[@ADDRESS[:PORT]]";

/** `dns` or `dns:ZONE[@ADDRESS[:PORT]]`; throws `WhitherError` with code `badOption`. */
export function parseAsNameServer(text: string): AsNameServer {
	const rest = /^dns(?::(.+))?$/.exec(text);
	const server = rest === null ? null : parseZones(rest[1] ?? "");
	if (server?.kind === "dns" && server.zones[4] === server.zones[6]) return { zone: server.zones[4], at: server.at };
	if (server?.kind === "dns" && server.zones === DEFAULT_ZONES) return { zone: DEFAULT_NAME_ZONE, at: server.at };
	const sentence = `asNames must be ${AS_NAME_SERVER_FORMS}, not "${text}"`;
	throw new WhitherError("badOption", sentence, { option: "asNames", value: text });
}

/** Nobody but the anonymous public is asked, who knows nothing of addresses that nobody announces. */
export function isDefaultServer(server: AsServer): boolean {
	return server.kind === "dns" && server.zones === DEFAULT_ZONES && server.at === null;
}

function parseZones(text: string): AsServer | null {
	const [names = "", ...servers] = text.split("@");
	const [zone = "", zone6 = zone, ...others] = names.split(",");
	const [server] = servers;
	const endpoint = server === undefined ? null : parseEndpoint(server, DNS_PORT);
	const isAddress = endpoint !== null && addressFamily(endpoint.host) !== null;
	if (others.length > 0 || (zone6 === "") !== (zone === "") || servers.length > 1) return null;
	if (server !== undefined && !isAddress) return null;
	const zones = zone === "" ? DEFAULT_ZONES : { 4: zone, 6: zone6 };
	return { kind: "dns", zones, at: server === undefined ? null : [server] };
}

function parseWhois(text: string): AsServer | null {
	const endpoint = parseEndpoint(text, WHOIS_PORT);
	return endpoint === null ? null : { kind: "whois", ...endpoint };
}

/** `HOST`, `HOST:PORT`, `[ADDRESS]`, `[ADDRESS]:PORT`, or an IPv6 address alone; null: none of them. */
function parseEndpoint(text: string, defaultPort: number): { readonly host: string; readonly port: number } | null {
	if (addressFamily(text) === 6) return { host: text, port: defaultPort };
	const [, bracketed, plain, digits] = /^(?:\[([^[\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
	const host = bracketed ?? plain;
	const port = digits === undefined ? defaultPort : Number(digits);
	if (host === undefined || (bracketed !== undefined && addressFamily(bracketed) !== 6)) return null;
	return port >= 1 && port <= 65_535 ? { host, port } : null;
}
