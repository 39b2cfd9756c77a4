/** What a server is asked for, and the places that it listens on for that. */
import type { StunPlace } from "@whither/net/stun";
import { WhitherError } from "../api/error.ts";
import { literalTarget } from "../api/resolve.ts";
import { STUN_PORT, STUNS_PORT } from "../api/stun/server-name.ts";
import type { ApiOptions } from "./api-options.ts";
import type { TurnOptions } from "./turn-options.ts";

/** Options of `serve`; every one may be left out. */
export interface ServeOptions extends TurnOptions, ApiOptions {
	/**
	 * Addresses of this machine, or `*` for all of them (`0.0.0.0` or `::`: all of one family). Default loopback, both
	 * families. Two of one family make the server answer behaviour discovery (RFC 5780).
	 */
	readonly listen?: readonly string[] | undefined;
	/** Port for UDP and TCP, by default 3478; 0: the system's choice. */
	readonly stunPort?: number | undefined;
	/** The second port that RFC 5780 wants; by default the one after `stunPort`. */
	readonly alternatePort?: number | undefined;
	/** Certificate chain and key (PEM), which switch TLS on. */
	readonly certificate?: string | undefined;
	readonly key?: string | undefined;
	/** Port for TLS, by default 5349. */
	readonly tlsPort?: number | undefined;
	/**
	 * Answer RFC 3489 too; its answers are longer than its requests, so that whoever forges requests gains by it. And where
	 * TURN is served, relays as they were before (draft-rosenberg-midcom-turn-01).
	 */
	readonly classic?: boolean | undefined;
	/** With `classic`: the UDP port where such relays are asked for, by default 5556; 0: nowhere. */
	readonly earlyRelayPort?: number | undefined;
	/** The HTTP listener (metrics, health); by default there is one. */
	readonly http?: boolean | undefined;
	/** Its port, by default 8088; 0: the system's choice. */
	readonly port?: number | undefined;
	/** What it wants to be shown, as a Bearer token; on loopback by default none, elsewhere one that is made up. */
	readonly token?: string | undefined;
	/** How long a code waits for the other end, by default 600. */
	readonly codeSeconds?: number | undefined;
	/** It wants none, wherever it listens. */
	readonly insecure?: boolean | undefined;
	/** Ends the server in order. */
	readonly signal?: AbortSignal | undefined;
}

/** An address to listen on. */
type Place = Pick<StunPlace, "family" | "address" | "zone" | "optional">;

const LOOPBACK: readonly Place[] = [
	{ family: 4, address: "127.0.0.1" },
	{ family: 6, address: "::1", optional: true },
];
const ALL: readonly Place[] = [
	{ family: 4, address: null },
	{ family: 6, address: null, optional: true },
];

/** Every place that these options come to; throws `WhitherError` with code `badOption`. */
export function stunPlaces(options: ServeOptions): readonly StunPlace[] {
	const { stunPort = STUN_PORT, tlsPort = STUNS_PORT, certificate, key } = options;
	const { listen = [] } = options;
	if ((certificate === undefined) !== (key === undefined)) throw badOption("key", "TLS wants both certificate and key");
	const places = listen.length === 0 ? LOOPBACK : distinct(listen.flatMap(readPlace));
	const twoPorts = places.filter(({ family, address }) => address !== null && hasSibling(places, family));
	const alternatePort = options.alternatePort ?? stunPort + 1;
	checkPorts({ ...options, stunPort, alternatePort }, twoPorts.length > 0);
	return [
		...places.map((place) => ({ ...place, transport: "udp", port: stunPort }) as const),
		...twoPorts.map((place) => ({ ...place, transport: "udp", port: alternatePort }) as const),
		...places.map((place) => ({ ...place, transport: "tcp", port: stunPort }) as const),
		...(key === undefined ? [] : places.map((place) => ({ ...place, transport: "tls", port: tlsPort }) as const)),
	];
}

/** Two addresses of one family: answers can come from the other. */
function hasSibling(places: readonly Place[], family: 4 | 6): boolean {
	return places.filter((place) => place.family === family && place.address !== null).length > 1;
}

function checkPorts({ stunPort, alternatePort, tlsPort, key }: ServeOptions, two: boolean): void {
	if (!two) return;
	if (stunPort === 0) throw badOption("stunPort", "with two addresses the STUN port cannot be left to the system");
	if (alternatePort === stunPort)
		throw badOption("alternatePort", "the alternate port must be another than the STUN port");
	if ((alternatePort ?? 0) > 65_535)
		throw badOption("alternatePort", "there is no port after 65535; name an alternate one");
	if (key !== undefined && tlsPort === stunPort) throw badOption("tlsPort", "TLS wants a port of its own");
}

function readPlace(text: string): readonly Place[] {
	if (text === "*") return ALL;
	const literal = literalTarget(text);
	if (literal === null) throw badOption("listen", `"${text}" is no address of this machine; give one in numbers, or *`);
	const { family, address, zone } = literal;
	const isAny = address === "0.0.0.0" || address === "::";
	return [{ family, address: isAny ? null : address, ...(zone === null ? {} : { zone }) }];
}

/** Port of the HTTP listener. */
const HTTP_PORT = 8088;

/** Where HTTP listens, and whom it answers. */
export interface HttpPlaces {
	readonly places: readonly { readonly address: string; readonly ipv6Only: boolean; readonly optional: boolean }[];
	readonly port: number;
	/** Null: nobody has to show one. */
	readonly token: string | null;
	/** Whether it can be reached from this machine alone: then only requests for this machine's own names are answered. */
	readonly local: boolean;
}

/** What the HTTP listener is opened with; null: there is none. Throws `WhitherError` with code `badOption`. */
export function httpOrder(options: ServeOptions, makeToken: () => string): HttpPlaces | null {
	const { http = true, port = HTTP_PORT, listen = [], insecure = false } = options;
	if (!http) return null;
	if (options.token !== undefined && insecure) throw badOption("insecure", "a token and none cannot both be wanted");
	if (options.token !== undefined && !/^[\x21-\x7e]+$/.test(options.token))
		throw badOption("token", "a token is of printable ASCII without spaces");
	const places = listen.length === 0 ? LOOPBACK : distinct(listen.flatMap(readPlace));
	const local = places.every(({ address }) => address !== null && isLoopback(address));
	return {
		places: places.map(({ family, address, zone, optional = false }) => ({
			address: zoneText(address ?? (family === 4 ? "0.0.0.0" : "::"), zone),
			ipv6Only: family === 6,
			optional,
		})),
		port,
		local,
		token: options.token ?? (local || insecure ? null : makeToken()),
	};
}

function isLoopback(address: string): boolean {
	return address === "::1" || address.startsWith("127.");
}

function zoneText(address: string, zone: string | undefined): string {
	return zone === undefined ? address : `${address}%${zone}`;
}

function distinct(places: readonly Place[]): readonly Place[] {
	return places.filter(
		(place, index) =>
			places.findIndex(({ family, address }) => family === place.family && address === place.address) === index,
	);
}

function badOption(option: string, sentence: string): WhitherError {
	return new WhitherError("badOption", `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`, { option });
}
