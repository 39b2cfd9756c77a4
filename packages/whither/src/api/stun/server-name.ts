/** What the user calls a STUN server: a name, an address or a `stun:` URI, with or without a port. */
import { WhitherError } from "../error.ts";

/** How requests travel. */
export type StunTransport = "udp" | "tcp" | "tls";

/** A server as it was asked for. */
export interface StunServerName {
	/** Name or literal address, without brackets. */
	readonly host: string;
	/** Null: that of an SRV record, else the default. */
	readonly port: number | null;
	/** What the URI asks for; null: nothing was said. */
	readonly transport: StunTransport | null;
}

/** Of `stun`, over UDP and TCP (RFC 8489 section 18.6). */
export const STUN_PORT = 3478;
/** Of `stuns`, over TLS. */
export const STUNS_PORT = 5349;

/** An address in brackets, one with more than one colon in it, or a name; then perhaps a port. */
const PLACE = /^(?:\[([^\]]+)\]|((?:[^:]*:){2}.*)|([^:]+))(?::(\d+))?$/;
/** RFC 7064, and the transport that people write as they would for TURN (RFC 7065). */
const URI = /^(stuns?):(?:\/\/)?([^?]*)(?:\?transport=(udp|tcp))?$/i;

/**
 * Reads `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, `stun:HOST:PORT` or `stuns:HOST`; throws `WhitherError` with code
 * `badOption`.
 */
export function parseStunServer(text: string): StunServerName {
	const [, scheme, inside, wanted] = URI.exec(text) ?? [];
	const secure = scheme?.toLowerCase() === "stuns";
	const place = parsePlace(inside ?? text);
	if (place === null) {
		throw new WhitherError("badOption", `"${text}" names no STUN server; write HOST, HOST:PORT or stun:HOST:PORT`, {
			option: "server",
			value: text,
		});
	}
	return { ...place, transport: secure ? "tls" : ((wanted?.toLowerCase() as "udp" | "tcp") ?? null) };
}

/** Reads `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`; null where it is none of them. */
export function parsePlace(text: string): { readonly host: string; readonly port: number | null } | null {
	const [, bracketed, address, name, port] = PLACE.exec(text) ?? [];
	const host = bracketed ?? address ?? name;
	const number = port === undefined ? null : Number(port);
	if (host === undefined || host.trim() === "" || /[\s/?#]/.test(host) || number === 0 || (number ?? 0) > 65_535)
		return null;
	return { host, port: number };
}

/** The port where neither the user nor DNS names one. */
export function defaultStunPort(transport: StunTransport): number {
	return transport === "tls" ? STUNS_PORT : STUN_PORT;
}

/** The name of the SRV records for one transport (RFC 8489 section 8.1). */
export function stunService(transport: StunTransport): string {
	return { udp: "_stun._udp", tcp: "_stun._tcp", tls: "_stuns._tcp" }[transport];
}
