/** What a caller may ask of `turn`. */
import { restCredentials, restExpirySeconds, restSecret } from "@whither/core";
import { addressFamily } from "@whither/wire";
import { WhitherError } from "../error.ts";
import { MOST_MS, TURN_LIMITS } from "../limits.ts";
import type { PlaceResult } from "../stun/result.ts";
import type { StunTransport } from "../stun/server-name.ts";
import type { TurnWorld } from "./world.ts";

/** Options of `turn`; every one may be left out. */
export interface TurnRequestOptions {
	/** A user that the server knows; with `secret` the one that REST credentials are made for. */
	readonly username?: string | undefined;
	readonly password?: string | undefined;
	/** What the server shares with whoever gives credentials out; a user for an hour is made of it. */
	readonly secret?: string | undefined;
	/** Default: all that the server's name allows. */
	readonly transports?: readonly StunTransport[] | undefined;
	/** Default: both, as far as the server has them. */
	readonly family?: 4 | 6 | undefined;
	/** Of TLS; default: an SRV record's, else 5349, and where that fails 443. */
	readonly tlsPort?: number | undefined;
	/** Packets whose round trips are measured, each way over each leg; default 100. */
	readonly count?: number | undefined;
	/** Bytes in each; default 160, as speech has. */
	readonly size?: number | undefined;
	/** Packets a second; default 100. */
	readonly rate?: number | undefined;
	/** How long each leg's throughput is measured, in milliseconds; 0: not at all. Default 500. */
	readonly durationMs?: number | undefined;
	/** Somebody who sends back what comes; default: a second relay, or where that is refused a socket of ours. */
	readonly peer?: PlaceResult | undefined;
	/** TLS: certificates (PEM) that are trusted instead of the system's. */
	readonly authorities?: string | undefined;
	/** Numeric address to send from. */
	readonly source?: string | undefined;
	/** Trace the path of the relayed packets too. */
	readonly trace?: boolean | undefined;
	/** How long each leg may take to its allocation; default 5000. */
	readonly waitMs?: number | undefined;
	/** For the whole. */
	readonly timeoutMs?: number | undefined;
	/** Stops the run: what is known by then is the result. */
	readonly signal?: AbortSignal | undefined;
	/** Where the server is; default this machine's network. */
	readonly world?: TurnWorld | undefined;
}

/** The numbers, each with its default. */
export interface TurnNumbers {
	readonly count: number;
	readonly size: number;
	readonly rate: number;
	readonly durationMs: number;
	readonly waitMs: number;
}

/** What counts where nobody says otherwise. */
export function turnNumbers(options: TurnRequestOptions): TurnNumbers {
	const { count = 100, size = 160, rate = 100, durationMs = 500, waitMs = 5_000 } = options;
	return { count, size, rate, durationMs, waitMs };
}

/** Throws `WhitherError` with code `badOption`. */
export function checkTurn(options: TurnRequestOptions): void {
	const { username, password, secret, source, family, peer, timeoutMs, transports } = options;
	for (const name of ["count", "size", "rate", "durationMs", "waitMs", "tlsPort"] as const)
		checkNumber(name, options[name], TURN_LIMITS[name]);
	if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= MOST_MS))
		throw badOption("timeoutMs", timeoutMs, `must be above 0 and at most ${MOST_MS}`);
	if (transports !== undefined && transports.length === 0)
		throw badOption("transports", "[]", "must name one at least");
	if (password !== undefined && secret !== undefined)
		throw badOption("secret", "one", "makes a password; give one of the two");
	if (password !== undefined && username === undefined)
		throw badOption("username", "nobody", "must say whose password it is");
	if (password === undefined && secret === undefined && username !== undefined)
		throw badOption("password", "none", "or a secret must come with a user name");
	if (source !== undefined && addressFamily(source) === null)
		throw badOption("source", source, "must be an IPv4 or IPv6 address");
	if (source !== undefined && family !== undefined && source.includes(":") !== (family === 6))
		throw badOption("source", source, `must be an IPv${family} address`);
	if (username !== undefined && new TextEncoder().encode(username).length > mostNameBytes(options))
		throw badOption(
			"username",
			`${username.slice(0, 20)}...`,
			`must have at most ${mostNameBytes(options)} bytes (UTF-8)`,
		);
	if (peer !== undefined && (addressFamily(peer.address) === null || !(peer.port > 0 && peer.port < 65_536)))
		throw badOption("peer", `${peer.address}:${peer.port}`, "must be a numeric address with a port");
}

/** Of a USERNAME (RFC 8489 §14.3), less the time and the colon in front of it where a secret makes it. */
function mostNameBytes({ secret }: TurnRequestOptions): number {
	return secret === undefined ? 508 : 497;
}

function checkNumber(option: string, value: number | undefined, [least, most]: readonly [number, number]): void {
	if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
		throw badOption(option, value, `must be a whole number from ${least} to ${most}`);
}

function badOption(option: string, value: unknown, wants: string): WhitherError {
	return new WhitherError("badOption", `${option} ${wants}, not ${String(value)}`, { option, value });
}

/** The source address for a leg of this family; null: as routed, for none was asked for, or one of the other. */
export function sourceFor(family: 4 | 6, source: string | null): string | null {
	return source !== null && addressFamily(source) === family ? source : null;
}

/** Who asks. */
export interface TurnUser {
	readonly credentials: { readonly kind: "longTerm"; readonly username: string; readonly password: string } | null;
	/** `rest`: the password is made of a secret. */
	readonly kind: "none" | "password" | "rest";
	/** When the user's name ends, in seconds of Unix time, where it begins with a time as in the REST scheme. */
	readonly expiresAtSeconds: number | null;
}

/** How long a user lasts that is made for one run. */
const REST_SECONDS = 3_600;

/** The user of these options at this time. */
export function turnUser(
	{ username, password, secret }: Pick<TurnRequestOptions, "username" | "password" | "secret">,
	unixSeconds: number,
): TurnUser {
	if (secret !== undefined) {
		const expiresAtSeconds = Math.floor(unixSeconds) + REST_SECONDS;
		const made = restCredentials(restSecret(secret), expiresAtSeconds, username ?? "");
		return { credentials: { kind: "longTerm", ...made }, kind: "rest", expiresAtSeconds };
	}
	if (username === undefined || password === undefined)
		return { credentials: null, kind: "none", expiresAtSeconds: null };
	return {
		credentials: { kind: "longTerm", username, password },
		kind: "password",
		expiresAtSeconds: restExpirySeconds(username),
	};
}
