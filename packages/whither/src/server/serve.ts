/** `serve`: the server roles of one process, on one set of addresses. STUN so far. */

import type { SystemError } from "@whither/core";
import type { StreamFailure, StunListening, StunPlace, StunService, StunServiceCounts } from "@whither/net/stun";
import { WhitherError } from "../api/error.ts";
import { type ServeOptions, stunPlaces } from "./serve-options.ts";
import { listenSentence } from "./serve-words.ts";

/** A place where a role of the server is ready. */
export interface Listening {
	readonly role: "stun";
	readonly transport: StunListening["transport"];
	readonly address: string;
	readonly port: number;
}

/** A server under way. */
export interface RunningServer {
	readonly listening: readonly Listening[];
	/** Addresses that answer behaviour discovery (RFC 5780). */
	readonly behaviourDiscovery: readonly string[];
	/** Running totals of the STUN role. */
	readonly counts: StunServiceCounts;
	/** Takes nothing new and ends in order; resolves once nothing is open, after a second at most. */
	close(): Promise<void>;
	/** Resolves once it has ended, by `close` or by the signal of its options. */
	readonly closed: Promise<void>;
}

/**
 * Starts a server on this machine's addresses; rejects with a `WhitherError` where a place cannot be had, and then none
 * is open.
 *
 *     const server = await serve({ listen: ["192.0.2.1"] });
 *     process.once("SIGTERM", () => server.close());
 *     await server.closed;
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
	const { certificate, key, classic = false, signal } = options;
	const places = stunPlaces(options);
	const net = await import("@whither/net/stun");
	const service = await net.openStunService({
		places,
		classic,
		...(certificate === undefined || key === undefined ? {} : { certificate, key }),
	});
	if (net.isServiceFailure(service)) throw listenFailure(service.place, service.error);
	const server = runningServer(service, places);
	if (signal?.aborted) server.close();
	signal?.addEventListener("abort", () => server.close(), { once: true });
	return server;
}

function runningServer(service: StunService, places: readonly StunPlace[]): RunningServer {
	let resolveClosed = (): void => {};
	const closed = new Promise<void>((resolve) => {
		resolveClosed = resolve;
	});
	let closing: Promise<void> | null = null;
	return {
		listening: service.listening.map(({ transport, local: { address, port } }) => {
			return { role: "stun", transport, address, port };
		}),
		behaviourDiscovery: withTwoPorts(places),
		get counts() {
			return service.counts;
		},
		close: () => {
			closing ??= service.close().then(resolveClosed);
			return closing;
		},
		closed,
	};
}

/** Addresses that listen for UDP on two ports, and have another such beside them that the same clients reach. */
function withTwoPorts(places: readonly StunPlace[]): readonly string[] {
	const addresses = places.flatMap(({ transport, address }) =>
		transport === "udp" && address !== null ? [address] : [],
	);
	const twice = [...new Set(addresses.filter((address, index) => addresses.indexOf(address) !== index))];
	return twice.filter((address) => twice.some((other) => other !== address && reachOf(other) === reachOf(address)));
}

/** Family, and whether it is this machine's alone. */
function reachOf(address: string): string {
	return `${address.includes(":")} ${address === "::1" || address.startsWith("127.")}`;
}

function listenFailure(place: StunPlace, error: SystemError | StreamFailure): WhitherError {
	const code = error.code === "tls" ? "badOption" : error.code;
	return new WhitherError(code, listenSentence(place, error), { place, ...error, code });
}
