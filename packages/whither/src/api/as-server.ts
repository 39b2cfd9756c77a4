/** Where the origin of an address is asked: DNS zones of origins, or a whois server with routes in it. */
import { WhitherError } from "./error.ts";

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

/** Origins of an address as text, `AS64500` or `AS64500/AS64501`; null where there is none or nobody answers. Never rejects. */
export type AsLookup = (address: string) => Promise<string | null>;

/** Team Cymru's zones, which anybody may ask. */
const DEFAULT_ZONES = { 4: "origin.asn.cymru.com", 6: "origin6.asn.cymru.com" } as const;
/** IANA Service Names: whois. */
const WHOIS_PORT = 43;

/** `dns`, `dns:ZONE[,ZONE6][@SERVER]` or `whois:HOST[:PORT]`; throws `WhitherError` with code `badOption`. */
export function parseAsServer(text: string): AsServer {
	const [, kind, rest = ""] = /^(dns|whois)(?::(.+))?$/.exec(text) ?? [];
	if (kind === "dns") {
		const [names = "", server] = rest.split("@");
		const [zone = "", zone6 = zone] = names.split(",");
		const zones = zone === "" ? DEFAULT_ZONES : { 4: zone, 6: zone6 };
		return { kind, zones, at: server === undefined ? null : [server] };
	}
	const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(rest) ?? [];
	const host = bracketed ?? plain;
	if (kind === "whois" && host !== undefined)
		return { kind, host, port: port === undefined ? WHOIS_PORT : Number(port) };
	const sentence = `asServer must be dns, dns:ZONE[,ZONE6][@SERVER] or whois:HOST[:PORT], not "${text}"`;
	throw new WhitherError("badOption", sentence, { option: "asServer", value: text });
}
