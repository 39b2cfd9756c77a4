/** From the servers that were named, or that a rendezvous lends, to addresses: whom ICE asks, and by which relays it goes. */
import type { IceRelayLeg, IceRelayServer } from "@whither/net/ice";
import { formatEndpoint } from "@whither/wire";
import { WhitherError } from "../error.ts";
import type { ResolvedTarget } from "../resolve.ts";
import { findServer, findStunServer, type StunLookups } from "../stun/find-server.ts";
import { parseStunServer, STUNS_PORT } from "../stun/server-name.ts";
import { turnUser } from "../turn/options.ts";
import { HTTPS_PORT, parseTurnServer, turnService } from "../turn/server-name.ts";
import type { MeetRequestOptions } from "./options.ts";
import type { MeetPlace, MeetServers, MeetWarning } from "./result.ts";
import { placeOfUrl } from "./signalling/server-url.ts";
import type { Offered, OfferedRelay } from "./signalling/signalling.ts";

/** Whom a connection asks. */
export interface MeetingPlaces {
	readonly stunServers: readonly Place[];
	readonly relays: readonly IceRelayServer[];
	readonly warnings: readonly MeetWarning[];
}

/** Those of them that were named. */
export type NamedPlaces = Pick<MeetingPlaces, "stunServers" | "relays">;

/** A numeric address, with the interface of a link-local one. */
type Place = IceRelayLeg["server"];

/** What servers are found by. */
export interface ServersAsked {
	readonly options: MeetRequestOptions;
	/** What the rendezvous server lends; null: there is none. */
	readonly offered: Offered | null;
	readonly unixSeconds: number;
}

/** Looks up all servers that were named, at once; rejects where one has no address (`nameNotFound`). */
export async function findNamedPlaces(
	{ options, unixSeconds }: Pick<ServersAsked, "options" | "unixSeconds">,
	lookups: StunLookups,
): Promise<NamedPlaces> {
	const remembering = { resolve: remember(lookups.resolve), services: lookups.services };
	const { stun = [], turn = [] } = options;
	const [stunServers, relays] = await Promise.all([
		Promise.all(stun.map((name) => namedStun(name, remembering))),
		Promise.all(turn.map((name) => namedRelay(name, options, unixSeconds, remembering))),
	]);
	return { stunServers: stunServers.flat(), relays };
}

/** These, and what the rendezvous server lends of a kind of which none was named; one of them without an address is a warning. */
export async function addLentPlaces(
	named: NamedPlaces,
	{ options, offered }: Pick<ServersAsked, "options" | "offered">,
	lookups: Pick<StunLookups, "resolve">,
): Promise<MeetingPlaces> {
	const remembering = { resolve: remember(lookups.resolve) };
	const { stun, turn } = options;
	const lentStun = stun === undefined ? (offered?.stun ?? []) : [];
	const lentRelays = turn === undefined ? (offered?.turn ?? []) : [];
	const [lent, lentFound] = await Promise.all([
		Promise.all(lentStun.map((place) => orWarning(lentPlaces(place, remembering), place.host))),
		Promise.all(lentRelays.map((relay) => orWarning(lentRelay(relay, remembering), relay.host))),
	]);
	return {
		stunServers: once([...named.stunServers, ...lent.flatMap(({ found }) => found ?? [])]),
		relays: [...named.relays, ...lentFound.flatMap(({ found }) => (found === null ? [] : [found]))],
		warnings: [...lent, ...lentFound].flatMap(({ warning }) => (warning === null ? [] : [warning])),
	};
}

/** The servers in the words of the result. */
export function placesInWords({ stunServers, relays }: MeetingPlaces, rendezvous: string | null): MeetServers {
	const legs = relays.flatMap(({ legs }) => legs);
	return {
		rendezvous,
		stun: stunServers.map(({ address, port }) => ({ address, port })),
		turn: legs.map(({ transport, server: { address, port } }) => ({ address, port, transport })),
	};
}

/** Where a rendezvous server is, which has answered over TCP; nothing where its name is not known here. */
export async function rendezvousPlaces(
	url: string | null,
	{ resolve }: Pick<StunLookups, "resolve">,
): Promise<readonly MeetPlace[]> {
	const place = url === null ? null : placeOfUrl(url);
	if (place === null) return [];
	const found = await addressesOf(place.host, { resolve });
	return found.map(({ address }) => ({ address, port: place.port }));
}

async function namedStun(name: string, lookups: StunLookups): Promise<readonly Place[]> {
	const { host, port, transport } = parseStunServer(name);
	if (transport !== null && transport !== "udp")
		throw new WhitherError("badOption", `ICE asks STUN servers over UDP, not as "${name}" says`, {
			option: "stun",
			value: name,
		});
	const found = await findStunServer({ host, port, transport }, { transport: "udp", family: null }, lookups);
	return found.addresses.map((target) => placeOf(target, found.port));
}

async function namedRelay(
	name: string,
	options: MeetRequestOptions,
	unixSeconds: number,
	lookups: StunLookups,
): Promise<IceRelayServer> {
	const { host, port, transports } = parseTurnServer(name);
	const legs = await Promise.all(
		transports.map(async (transport): Promise<readonly IceRelayLeg[]> => {
			// A port is that of UDP and TCP; of TLS too where TLS alone is meant or usually listens there.
			const isOfTls = transports.length === 1 || port === HTTPS_PORT || port === STUNS_PORT;
			const own = transport === "tls" && !isOfTls ? null : port;
			const service = turnService(transport);
			const found = await findServer({ host, port: own }, { ...service, family: null }, lookups);
			// Where nobody named a port of TLS, the web's is tried last: it passes where others do not.
			const hidden = transport === "tls" && own === null && found.port === STUNS_PORT ? [HTTPS_PORT] : [];
			return [found.port, ...hidden].flatMap((each) => legsOf(transport, each, found, options.authorities));
		}),
	);
	return { legs: legs.flat(), credentials: turnUser(options, unixSeconds).credentials ?? undefined };
}

function legsOf(
	transport: IceRelayLeg["transport"],
	port: number,
	{ host, addresses }: { readonly host: string; readonly addresses: readonly ResolvedTarget[] },
	authorities: string | undefined,
): readonly IceRelayLeg[] {
	const trust = authorities === undefined ? {} : { authorities };
	const ofTls = transport === "tls" ? { serverName: host, ...trust } : {};
	return addresses.map((target) => ({ transport, server: placeOf(target, port), ...ofTls }));
}

async function lentPlaces(
	{ host, port }: Offered["stun"][number],
	lookups: Pick<StunLookups, "resolve">,
): Promise<readonly Place[] | null> {
	const found = await addressesOf(host, lookups);
	return found.length === 0 ? null : found.map((target) => placeOf(target, port));
}

async function lentRelay(
	{ host, legs, username, password }: OfferedRelay,
	lookups: Pick<StunLookups, "resolve">,
): Promise<IceRelayServer | null> {
	const addresses = await addressesOf(host, lookups);
	if (addresses.length === 0) return null;
	const all = legs.flatMap(({ transport, port }) => legsOf(transport, port, { host, addresses }, undefined));
	return { legs: all, credentials: { kind: "longTerm", username, password } };
}

/** Its addresses, one of each family at most; never rejects. */
async function addressesOf(
	host: string,
	{ resolve }: Pick<StunLookups, "resolve">,
): Promise<readonly ResolvedTarget[]> {
	const found = await Promise.allSettled([resolve(host, 4), resolve(host, 6)]);
	return found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

async function orWarning<Found>(
	finding: Promise<Found | null>,
	server: string,
): Promise<{ readonly found: Found | null; readonly warning: MeetWarning | null }> {
	const found = await finding;
	const warning = { code: "serverUnusable", server, reason: "nameNotFound" } as const;
	return found === null ? { found, warning } : { found, warning: null };
}

/** Looks each name up once. */
function remember(resolve: StunLookups["resolve"]): StunLookups["resolve"] {
	const known = new Map<string, ReturnType<StunLookups["resolve"]>>();
	return (host, family) => {
		const key = `${family} ${host}`;
		const finding = known.get(key) ?? resolve(host, family);
		known.set(key, finding);
		return finding;
	};
}

function once(places: readonly Place[]): readonly Place[] {
	return [...new Map(places.map((place) => [formatEndpoint(place), place])).values()];
}

function placeOf({ address, zone }: ResolvedTarget, port: number): Place {
	return { address, port, ...(zone === null ? {} : { zone }) };
}
