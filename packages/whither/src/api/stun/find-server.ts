/** From the name of a STUN server to addresses and a port: SRV records first, as RFC 8489 section 8 wants it. */
import { asciiName } from "../domain-name.ts";
import { WhitherError } from "../error.ts";
import { literalTarget, type ResolvedTarget } from "../resolve.ts";
import { defaultStunPort, type StunServerName, type StunTransport, stunService } from "./server-name.ts";

/** One SRV record (RFC 2782). */
export interface ServiceRecord {
	readonly name: string;
	readonly port: number;
	readonly priority: number;
	readonly weight: number;
}

/** What is asked of DNS on the way; both as in `World`. */
export interface StunLookups {
	readonly resolve: (name: string, family: 4 | 6 | null) => Promise<ResolvedTarget>;
	/** Records of a service such as `_stun._udp.example.net`; none where there are none. Never rejects. */
	readonly services: (name: string) => Promise<readonly ServiceRecord[]>;
}

/** Where a server is. */
export interface FoundStunServer {
	/** The host that was asked for, or that an SRV record named. */
	readonly host: string;
	readonly port: number;
	/** One for each family that it has, IPv4 first. */
	readonly addresses: readonly ResolvedTarget[];
}

/** The name of a service's SRV records, and its port where there are none. */
export interface ServiceAsked {
	/** Such as `_stun._udp`. */
	readonly service: string;
	readonly defaultPort: number;
}

/** Resolves a server; rejects with `nameNotFound` where it has no address of the family that is asked for (null: either). */
export function findStunServer(
	server: StunServerName,
	{ transport, family }: { readonly transport: StunTransport; readonly family: 4 | 6 | null },
	lookups: StunLookups,
): Promise<FoundStunServer> {
	const service = { service: stunService(transport), defaultPort: defaultStunPort(transport) };
	return findServer(server, { ...service, family }, lookups);
}

/** The same for any service. */
export async function findServer(
	{ host, port }: Pick<StunServerName, "host" | "port">,
	{ service, defaultPort, family }: ServiceAsked & { readonly family: 4 | 6 | null },
	lookups: StunLookups,
): Promise<FoundStunServer> {
	if (port !== null || !mayHaveServices(host)) {
		return { host, port: port ?? defaultPort, addresses: await addressesOf(host, family, lookups) };
	}
	// Both at once: most names have no such records, and should not be waited for twice.
	const own = addressesOf(host, family, lookups).then(
		(addresses) => ({ addresses }),
		(failure: unknown) => ({ failure }),
	);
	const best = bestRecord(await lookups.services(`${service}.${asciiName(host) ?? host}`));
	if (best !== null) {
		return { host: best.name, port: best.port, addresses: await addressesOf(best.name, family, lookups) };
	}
	const found = await own;
	if ("failure" in found) throw found.failure;
	return { host, port: defaultPort, addresses: found.addresses };
}

/** Names within a domain have services; addresses and names of this network do not. */
function mayHaveServices(host: string): boolean {
	return literalTarget(host) === null && host.includes(".");
}

/** The lowest priority, and of those the greatest weight. A target of "." says that the service is not to be had. */
function bestRecord(records: readonly ServiceRecord[]): ServiceRecord | null {
	const usable = records.filter(({ name, port }) => name !== "" && name !== "." && port > 0);
	const [best = null] = usable.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
	return best;
}

async function addressesOf(
	host: string,
	family: 4 | 6 | null,
	{ resolve }: StunLookups,
): Promise<readonly ResolvedTarget[]> {
	const literal = literalTarget(host);
	if (family !== null || literal !== null) return [await resolve(host, family)];
	const found = await Promise.allSettled([resolve(host, 4), resolve(host, 6)]);
	const addresses = found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
	if (addresses.length > 0) return addresses;
	const [first] = found;
	if (first?.status !== "rejected") throw new WhitherError("nameNotFound", `${host} has no address`, { name: host });
	// The look-up of one family says that there is none of it; neither is there of the other.
	const { reason } = (first.reason as { data?: { reason?: string } }).data ?? {};
	if (reason === "EAI_AGAIN" || reason === undefined) throw first.reason;
	throw new WhitherError("nameNotFound", `${host} has no address (${reason}); check the spelling or give an address`, {
		name: host,
		family,
		reason,
	});
}
