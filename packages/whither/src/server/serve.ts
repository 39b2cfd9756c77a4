/** `serve`: the server roles of one process, on one set of addresses. */
import { randomBytes } from "node:crypto";
import type { SystemError, TurnUsers } from "@whither/core";
import type { StreamFailure, StunListening, StunPlace } from "@whither/net/stun";
import type { StunAddress } from "@whither/wire";
import { asWhitherError, WhitherError } from "../api/error.ts";
import { systemErrorSentence } from "../api/error-words.ts";
import { LOOKUPS } from "../api/real-world.ts";
import { type ApiRole, openApiRole } from "./api-role.ts";
import { type HttpListener, openHttp } from "./http/listener.ts";
import { serverPages } from "./pages.ts";
import { openRelaying, type Relaying, type ServerCounters } from "./relaying.ts";
import { Offers } from "./rendezvous/offers.ts";
import { openRendezvousServer, type RendezvousServer } from "./rendezvous/rendezvous.ts";
import { httpOrder, type ServeOptions, stunPlaces } from "./serve-options.ts";
import { httpSentence, listenSentence } from "./serve-words.ts";
import { type OwnRendezvous, ownUrl } from "./sessions/meet-starter.ts";

/** A place where a role of the server is ready. */
export interface Listening {
	readonly role: "stun" | "turn" | "shared-secret" | "early-relay" | "http";
	readonly transport: StunPlace["transport"];
	readonly address: string;
	readonly port: number;
}

/** A server under way. */
export interface RunningServer {
	readonly listening: readonly Listening[];
	/** Addresses that answer behaviour discovery (RFC 5780). */
	readonly behaviourDiscovery: readonly string[];
	/** Addresses that relays are opened on. */
	readonly relays: readonly string[];
	/** What the HTTP listener wants to be shown; null: nothing. */
	readonly token: string | null;
	/** Running totals. */
	counters(): Promise<ServerCounters>;
	/** These are TURN's users from now on; allocations that there are go on. */
	setUsers(users: TurnUsers): void;
	/** What TLS clients are shown from now on; false where certificate and key do not go together, and the old ones stay. */
	renew(certificate: string, key: string): boolean;
	/** Opens the audit log anew, after it was moved away. */
	reopenLogs(): void;
	/** Gives no more allocations; those there are go on for so many seconds. Resolves once there are none; then close. */
	drain(order: { readonly seconds: number; readonly alternate?: readonly StunAddress[] }): Promise<void>;
	/** Takes nothing new and ends in order; resolves once nothing is open, after a second at most. */
	close(): Promise<void>;
	/** Resolves once it has ended, by `close` or by the signal of its options; rejects where a part of it has died. */
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
	const { signal } = options;
	const places = stunPlaces(options);
	// A data set that cannot be read is said now, and not by every trace.
	if (options.places?.length) await (options.world ?? LOOKUPS).places?.(options.places);
	const order = httpOrder(options, () => randomBytes(18).toString("base64url"));
	const place: { own: ReturnType<OwnRendezvous> } = { own: null };
	const api = order === null ? null : openApiRole(options, order, () => place.own);
	// Of those who meet here: nobody else has it, whatever other secrets and users there are.
	const lent = order === null ? null : randomBytes(32).toString("base64url");
	const users = (given: TurnUsers): TurnUsers => withSecret(given, lent);
	const relaying = await openRelaying({ ...options, users: users(options.users ?? {}) }, places);
	if ("error" in relaying) {
		await api?.close();
		throw listenFailure(relaying.place, relaying.error);
	}
	const state = { draining: false };
	const rendezvous = openMeetings(options, relaying, lent ?? "");
	const { routes, counts } = rendezvous;
	const pages = serverPages({ relaying, rooms: counts, api: api?.desk ?? null }, () => state.draining);
	const open = [...pages.open, ...(api?.page ? [api.page] : [])];
	const shut = [...pages.routes, routes, ...(api === null ? [] : [api.routes])];
	const http = order === null ? null : await openHttp({ ...order, open, routes: shut });
	if (http !== null && "error" in http) {
		await Promise.all([relaying.close(), api?.close()]);
		throw httpFailure(http.error, { address: http.address, port: order?.port ?? 0 });
	}
	const [first] = http?.listening ?? [];
	if (first !== undefined) place.own = { url: ownUrl(first), token: order?.token ?? null };
	const server = runningServer({ relaying, http, api, rendezvous, places, token: order?.token ?? null, state, users });
	if (signal?.aborted) server.close();
	signal?.addEventListener("abort", () => server.close(), { once: true });
	return server;
}

function withSecret(users: TurnUsers, secret: string | null): TurnUsers {
	return secret === null ? users : { ...users, restSecrets: [...(users.restSecrets ?? []), secret] };
}

/** Rooms for `whither meet`, and what whoever meets there may use of this server. */
function openMeetings(options: ServeOptions, relaying: Relaying, secret: string): RendezvousServer {
	const places = listeningOf(relaying, null).flatMap(({ role, transport, port }) =>
		role === "stun" || role === "turn" ? [{ role, transport, port }] : [],
	);
	const offers = new Offers(places, secret);
	const { codeSeconds } = options;
	return openRendezvousServer({
		offer: (id) => offers.offer(Date.now() / 1_000, id),
		limits: codeSeconds === undefined ? {} : { unmetMs: codeSeconds * 1_000 },
	});
}

interface Parts {
	readonly relaying: Relaying;
	readonly http: HttpListener | null;
	readonly api: ApiRole | null;
	readonly rendezvous: RendezvousServer;
	/** TURN's users, with what this server gives out itself. */
	readonly users: (given: TurnUsers) => TurnUsers;
	readonly places: readonly StunPlace[];
	readonly token: string | null;
	readonly state: { draining: boolean };
}

function runningServer({ relaying, http, api, rendezvous, users, places, token, state }: Parts): RunningServer {
	let closing: Promise<void> | null = null;
	let died: WhitherError | null = null;
	let settle = (): void => {};
	const closed = new Promise<void>((resolve, reject) => {
		settle = () => (died === null ? resolve() : reject(died));
	});
	const close = (): Promise<void> => {
		const closeHttp = () => Promise.all([rendezvous.close(), api?.close()]).then(() => http?.close());
		closing ??= Promise.all([relaying.close(), closeHttp()]).then(() => settle());
		return closing;
	};
	relaying.failed.then((failure) => {
		died = workerFailure(failure);
		return close();
	});
	return {
		listening: listeningOf(relaying, http),
		behaviourDiscovery: withTwoPorts(places),
		relays: relaying.relays,
		token,
		counters: () => relaying.counters(),
		reopenLogs: () => api?.reopen(),
		setUsers: (given) => relaying.users(users(given)),
		renew: (certificate, key) => relaying.renew(certificate, key),
		drain: (order) => {
			state.draining = true;
			rendezvous.drain();
			api?.drain();
			return relaying.drain(order);
		},
		close,
		closed,
	};
}

/** Role by role. */
function listeningOf({ listening, early, relays }: Relaying, http: HttpListener | null): readonly Listening[] {
	const of = (role: Exclude<Listening["role"], "http">, places: readonly StunListening[]) =>
		places.map(({ transport, local: { address, port } }) => ({ role, transport, address, port }));
	const secrets = early.length === 0 ? [] : listening.filter(({ transport }) => transport === "tls");
	const pages = (http?.listening ?? []).map((place) => ({ role: "http", transport: "tcp", ...place }) as const);
	return [
		...of("stun", listening),
		...(relays.length > 0 ? of("turn", listening) : []),
		...of("shared-secret", secrets),
		...of("early-relay", early),
		...pages,
	];
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

function httpFailure(
	error: NodeJS.ErrnoException,
	place: { readonly address: string; readonly port: number },
): WhitherError {
	const code = error.code === "EACCES" ? "permissionDenied" : "addressNotAvailable";
	return new WhitherError(code, httpSentence(error.code ?? "unknown", place), { ...place, errnoName: error.code });
}

/** Its clients have lost their allocations, so whoever restarts servers is to hear of it. */
function workerFailure(failure: Awaited<Relaying["failed"]>): WhitherError {
	if (failure.code === "internal") return asWhitherError(new Error(`a relay worker ended: ${failure.about}`));
	const sentence = `A relay worker ended: ${systemErrorSentence(failure, null)}`;
	return new WhitherError(failure.code, sentence, { ...failure });
}
