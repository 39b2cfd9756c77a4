/** Where a URI leads (RFC 3263): which transports, addresses and ports, in the order in which they are to be tried. Pure. */
import type { Family } from "@whither/core";
import { addressFamily } from "@whither/wire";
import { parseSipUri, type SipUri, sipUriParameter } from "../message/uri.ts";
import type { SipHop } from "./hop.ts";
import { type SrvRecord, weighted } from "./weighted.ts";

/** A naming authority pointer (RFC 3403). */
export interface NaptrRecord {
	readonly flags: string;
	/** Such as `SIP+D2T`. */
	readonly service: string;
	readonly order: number;
	readonly preference: number;
	readonly replacement: string;
}

/** What DNS and this machine know of names; none: there is nothing, or nobody answers. */
export interface SipNames {
	/** Of a name that this machine knows by itself; then nobody else is asked. */
	own(name: string): readonly string[];
	naptr(name: string): Promise<readonly NaptrRecord[]>;
	srv(name: string): Promise<readonly SrvRecord[]>;
	addresses(name: string): Promise<readonly string[]>;
}

/** What can be spoken here. */
export interface SipReach {
	readonly transports: readonly SipHop["transport"][];
	readonly families: readonly Family[];
	/** At least 0, less than 1. */
	readonly draw: () => number;
}

type Transport = SipHop["transport"];

/** RFC 3261 §19.1.2. */
const PORTS: Readonly<Record<Transport, number>> = { udp: 5060, tcp: 5060, tls: 5061 };
/** RFC 3263 §4.1. */
const SERVICES: Readonly<Record<string, Transport>> = { "SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls" };
/** RFC 3263 §4.1: where no pointer says which. */
const SRV_NAMES: Readonly<Record<Transport, string>> = { udp: "_sip._udp", tcp: "_sip._tcp", tls: "_sips._tcp" };
/** Hops that are tried for one URI at the most; ours. */
const MOST_HOPS = 16;

/** A host and a port, and how they are spoken to. */
interface Target {
	readonly transport: Transport;
	readonly host: string;
	readonly port: number;
}

/** Best first; none: the URI leads nowhere that can be reached from here. */
export async function locateSip(text: string, names: SipNames, reach: SipReach): Promise<readonly SipHop[]> {
	const uri = parseSipUri(text);
	if (uri === null) return [];
	const host = unbracketed(sipUriParameter(uri, "maddr") ?? uri.host);
	const asked = askedTransport(uri);
	if (asked === "unknown") return [];
	const targets = await targetsOf(uri, { host, asked }, names, reach);
	const usable = targets.filter(({ transport }) => reach.transports.includes(transport));
	const found = await Promise.all(usable.slice(0, MOST_HOPS).map((target) => hopsOf(target, names)));
	const fits = ({ address }: SipHop) => reach.families.some((family) => family === addressFamily(address));
	// RFC 5922 §7.1: the certificate is that of whom the URI names, whatever DNS makes of it.
	const vouched = (hop: SipHop): SipHop => (hop.transport === "tls" ? { ...hop, serverName: host } : hop);
	return distinct(found.flat().filter(fits)).slice(0, MOST_HOPS).map(vouched);
}

/** `sips` is TLS whatever is said; null: nothing is said. */
function askedTransport(uri: SipUri): Transport | "unknown" | null {
	const said = sipUriParameter(uri, "transport")?.toLowerCase() ?? null;
	if (uri.scheme === "sips") return said === null ? null : said === "tcp" || said === "tls" ? "tls" : "unknown";
	if (said === null || said === "udp" || said === "tcp" || said === "tls") return said;
	return "unknown";
}

/**
 * RFC 3263 §4.1 and §4.2.
 *
 * Deviation: a name that this machine knows by itself is asked of nobody, and where nothing says which transport it is TCP
 * that follows UDP.
 */
async function targetsOf(
	{ scheme, port }: SipUri,
	{ host, asked }: { readonly host: string; readonly asked: Transport | null },
	names: SipNames,
	reach: SipReach,
): Promise<readonly Target[]> {
	const isKnown = addressFamily(host) !== null || names.own(host).length > 0;
	const byDefault = asked ?? (scheme === "sips" ? "tls" : "udp");
	if (isKnown || port !== null) {
		const first = { transport: byDefault, host, port: port ?? PORTS[byDefault] };
		return asked === null && byDefault === "udp" ? [first, { ...first, transport: "tcp" }] : [first];
	}
	const pointed = asked === null ? await pointersOf(host, scheme, names, reach) : [];
	if (pointed.length > 0) return pointed;
	const guessed = asked !== null ? [asked] : scheme === "sips" ? (["tls"] as const) : GUESSES;
	const served = await Promise.all(guessed.map((transport) => servedAt(transport, names, reach, host)));
	if (served.flat().length > 0) return served.flat();
	const first = { transport: byDefault, host, port: PORTS[byDefault] };
	return asked === null && byDefault === "udp" ? [first, { ...first, transport: "tcp" }] : [first];
}

/** Of a `sip` URI that says nothing, the order in which services are looked for. */
const GUESSES: readonly Transport[] = ["udp", "tcp", "tls"];

async function pointersOf(
	host: string,
	scheme: SipUri["scheme"],
	names: SipNames,
	reach: SipReach,
): Promise<readonly Target[]> {
	const records = (await names.naptr(host)).flatMap((record) => {
		const transport = SERVICES[record.service.toUpperCase()];
		const isUsable = record.flags.toLowerCase() === "s" && transport !== undefined;
		return isUsable && (scheme === "sip" || transport === "tls") ? [{ ...record, transport }] : [];
	});
	const spoken = records.filter(({ transport }) => reach.transports.includes(transport));
	const sorted = spoken.toSorted((one, other) => one.order - other.order || one.preference - other.preference);
	const served = await Promise.all(
		sorted
			.slice(0, MOST_HOPS)
			.map(async ({ transport, replacement }) =>
				weighted(await names.srv(replacement), reach.draw).map(({ name, port }) => ({ transport, host: name, port })),
			),
	);
	return served.flat();
}

async function servedAt(
	transport: Transport,
	names: SipNames,
	{ draw }: SipReach,
	host: string,
): Promise<readonly Target[]> {
	const records = await names.srv(`${SRV_NAMES[transport]}.${host}`);
	return weighted(records, draw).map(({ name, port }) => ({ transport, host: name, port }));
}

async function hopsOf({ transport, host, port }: Target, names: SipNames): Promise<readonly SipHop[]> {
	const known = addressFamily(host) !== null ? [host] : names.own(host);
	const addresses = known.length > 0 ? known : await names.addresses(host);
	return addresses.map((address) => ({ transport, address, port }));
}

/** Each at its first place. */
function distinct(hops: readonly SipHop[]): readonly SipHop[] {
	const keyOf = ({ transport, address, port }: SipHop) => `${transport} ${address} ${port}`;
	return [...new Map(hops.map((hop) => [keyOf(hop), hop])).values()];
}

function unbracketed(host: string): string {
	return /^\[.*\]$/.test(host) ? host.slice(1, -1) : host;
}
