/** What a caller may ask of `whois`. */
import { WhitherError } from "../error.ts";
import type { Reach } from "./bounded-fetch.ts";
import { WHOLE_MS } from "./limits.ts";
import { formatWhoisServer, parseWhoisServer, type WhoisServer } from "./whois-protocol.ts";

/** Options of `whois`; every one may be left out. */
export interface WhoisRequestOptions {
	/** Default: RDAP, and WHOIS where there is no RDAP server or it fails; WHOIS alone with a `whoisServer`, RDAP alone with `rdap`. */
	readonly protocol?: "rdap" | "whois" | undefined;
	/** Base URL of the RDAP server to ask instead of the one that IANA names: such as a private registry's. */
	readonly rdap?: string | undefined;
	/** Where the bootstrap files lie (RFC 9224); default IANA's, or what WHITHER_RDAP_BOOTSTRAP says. */
	readonly bootstrap?: string | undefined;
	/** `HOST[:PORT]` of the WHOIS server to begin with; default whois.iana.org. */
	readonly whoisServer?: string | undefined;
	/** Redirects and referrals may lead to addresses that are not public, and to plain http; default false. Named servers may be anywhere. */
	readonly allowPrivate?: boolean | undefined;
	/** Keep answers on disk for an hour: true in the user's cache folder (default), in this folder, or not at all. */
	readonly cache?: boolean | string | undefined;
	/** For all of it. */
	readonly timeoutMs?: number | undefined;
	readonly signal?: AbortSignal | undefined;
	/** Certificates (PEM) to trust beside the system's. */
	readonly authorities?: string | undefined;
}

/** The options, completed. */
export interface WhoisOrder {
	/** In order of preference. */
	readonly protocols: readonly ("rdap" | "whois")[];
	readonly rdap: string | null;
	readonly bootstrap: string | null;
	readonly whoisServer: WhoisServer | null;
	readonly reach: Reach;
}

/** Overrides where the bootstrap files lie. */
const BOOTSTRAP_VARIABLE = "WHITHER_RDAP_BOOTSTRAP";

/** Completes them; throws `WhitherError` with code `badOption`. */
export function orderOf(options: WhoisRequestOptions): WhoisOrder {
	const rdap = options.rdap === undefined ? null : checkedUrl("rdap", options.rdap);
	const place = options.bootstrap ?? (process.env[BOOTSTRAP_VARIABLE] || undefined);
	const bootstrap = place === undefined ? null : checkedUrl("bootstrap", place);
	const whoisServer = options.whoisServer === undefined ? null : checkedServer(options.whoisServer);
	const { signal, timeoutMs = WHOLE_MS } = options;
	const deadline = AbortSignal.timeout(timeoutMs);
	const urls = [rdap, bootstrap].flatMap((url) => (url === null ? [] : [new URL(url).origin]));
	return {
		protocols: protocolsOf(options.protocol, rdap !== null, whoisServer !== null),
		rdap,
		bootstrap,
		whoisServer,
		reach: {
			named: new Set([...urls, ...(whoisServer === null ? [] : [formatWhoisServer(whoisServer)])]),
			allowPrivate: options.allowPrivate ?? false,
			signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
			authorities: options.authorities,
		},
	};
}

/** Who names a server wants it asked, and nobody else to learn of it. */
function protocolsOf(
	asked: WhoisRequestOptions["protocol"],
	hasRdap: boolean,
	hasWhois: boolean,
): WhoisOrder["protocols"] {
	if (asked !== undefined) return [asked];
	if (hasRdap === hasWhois) return ["rdap", "whois"];
	return hasRdap ? ["rdap"] : ["whois"];
}

function checkedUrl(option: string, text: string): string {
	if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
	throw new WhitherError("badOption", `${option} wants a URL such as https://rdap.example.net/, not "${text}"`, {
		option,
		value: text,
	});
}

function checkedServer(text: string): WhoisServer {
	const server = parseWhoisServer(text);
	if (server !== null) return server;
	const sentence = `whoisServer wants HOST or HOST:PORT, not "${text}"`;
	throw new WhitherError("badOption", sentence, { option: "whoisServer", value: text });
}
