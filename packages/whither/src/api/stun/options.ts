/** What a caller may ask of `stun`. */
import { addressFamily } from "@whither/wire";
import { WhitherError } from "../error.ts";
import { MOST_MS, STUN_LIFETIME } from "../limits.ts";
import type { StunTransport } from "./server-name.ts";
import type { StunWorld } from "./world.ts";

/** Options of `stun`; every one may be left out. */
export interface StunRequestOptions {
	/** Default: both, as far as the server has them. */
	readonly family?: 4 | 6 | undefined;
	/** Default: what the server's URI says, else UDP. */
	readonly transport?: StunTransport | undefined;
	/** Numeric address to send from. */
	readonly source?: string | undefined;
	/** Requests of RFC 3489, without a cookie. */
	readonly classic?: boolean | undefined;
	/** Measure how long a binding lasts: true, or the longest wait tried in seconds (300). It takes two to three times that. */
	readonly lifetime?: boolean | number | undefined;
	/** TLS: certificates (PEM) that are trusted instead of the system's. */
	readonly authorities?: string | undefined;
	/** For each family. */
	readonly timeoutMs?: number | undefined;
	/** Stops the run: what is known by then is the result. */
	readonly signal?: AbortSignal | undefined;
	/** Where the server is asked; default this machine's network. */
	readonly world?: StunWorld | undefined;
}

/** Throws `WhitherError` with code `badOption`. */
export function checkStun({ source, lifetime, timeoutMs, transport, family }: StunRequestOptions): void {
	const [least, most] = STUN_LIFETIME;
	if (typeof lifetime === "number" && !(Number.isInteger(lifetime) && lifetime >= least && lifetime <= most))
		throw badOption("lifetime", lifetime, `must be true or whole seconds from ${least} to ${most}`);
	if (lifetime !== undefined && lifetime !== false && transport !== undefined && transport !== "udp")
		throw badOption("lifetime", lifetime, "is measured over UDP alone");
	if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= MOST_MS))
		throw badOption("timeoutMs", timeoutMs, `must be above 0 and at most ${MOST_MS}`);
	if (source !== undefined && addressFamily(source) === null)
		throw badOption("source", source, "must be an IPv4 or IPv6 address");
	if (source !== undefined && family !== undefined && source.includes(":") !== (family === 6))
		throw badOption("source", source, `is no IPv${family} address`);
}

function badOption(option: string, value: unknown, wants: string): WhitherError {
	return new WhitherError("badOption", `${option} ${wants}, not ${String(value)}`, { option, value });
}
