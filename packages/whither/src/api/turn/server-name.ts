/** What the user calls a TURN server: a name, an address, or a URI of RFC 7065, with or without a port. */
import { WhitherError } from "../error.ts";
import type { ServiceAsked } from "../stun/find-server.ts";
import { parsePlace, STUN_PORT, STUNS_PORT, type StunTransport } from "../stun/server-name.ts";

/** A server as it was asked for. */
export interface TurnServerName {
	/** Name or literal address, without brackets. */
	readonly host: string;
	/** Null: that of an SRV record, else the default. */
	readonly port: number | null;
	/** How it may be asked: what a URI says, else every way. */
	readonly transports: readonly StunTransport[];
}

/** Every way there is, the fastest first. */
export const TURN_TRANSPORTS = ["udp", "tcp", "tls"] as const satisfies readonly StunTransport[];
/** Where servers hide from firewalls that let nothing pass but the web. */
export const HTTPS_PORT = 443;

const URI = /^(turns?):(?:\/\/)?([^?]*)(?:\?transport=([a-z]+))?$/i;

/** Reads `HOST`, `HOST:PORT`, `turn:HOST:PORT?transport=udp`, `turns:HOST`; throws `WhitherError` with code `badOption`. */
export function parseTurnServer(text: string): TurnServerName {
	const [, scheme, inside, wanted] = URI.exec(text) ?? [];
	const place = parsePlace(inside ?? text);
	if (place === null)
		throw badServer(text, "names no TURN server; write HOST, HOST:PORT or turn:HOST:PORT?transport=udp");
	if (scheme === undefined) return { ...place, transports: TURN_TRANSPORTS };
	const secure = scheme.toLowerCase() === "turns";
	const transport = wanted?.toLowerCase();
	if (transport !== undefined && transport !== "udp" && transport !== "tcp")
		throw badServer(text, `asks for transport ${transport}; there are udp and tcp`);
	if (secure && transport === "udp")
		throw badServer(text, "asks for TURN over DTLS, which is not spoken here; ask for tcp");
	if (secure) return { ...place, transports: ["tls"] };
	return { ...place, transports: transport === undefined ? ["udp", "tcp"] : [transport] };
}

function badServer(text: string, wants: string): WhitherError {
	return new WhitherError("badOption", `"${text}" ${wants}`, { option: "server", value: text });
}

/** Records and port of one way (RFC 5928 section 3; NAPTR records, which hardly anybody has, are not asked for). */
export function turnService(transport: StunTransport): ServiceAsked {
	const service = { udp: "_turn._udp", tcp: "_turn._tcp", tls: "_turns._tcp" }[transport];
	return { service, defaultPort: transport === "tls" ? STUNS_PORT : STUN_PORT };
}
