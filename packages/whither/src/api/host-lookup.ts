/** Names of servers looked up as the system's would hold up the process's end: by /etc/hosts, else by DNS, in our own time. */
import { Resolver } from "node:dns/promises";
import { isIPv6, type LookupFunction } from "node:net";
import { hostsAddresses, readHostsText } from "./hosts-file.ts";

/** How long each try may take, and which addresses may be connected to (default: all). */
export interface HostLookupOptions {
	readonly timeoutMs: number;
	readonly tries: number;
	/** Why an address may not be; a name that has one such address has none. Null: it may. */
	readonly refusal?: (address: string) => Error | null;
}

/** For `connect`, and for requests. One host each: it is looked up once. */
export function openHostLookup(options: HostLookupOptions): LookupFunction {
	let known: Promise<readonly string[]> | null = null;
	return (host, { all, family }, told) => {
		known ??= hostAddresses(host, options);
		known.then((found) => {
			const refused = found.map((address) => options.refusal?.(address) ?? null).find((error) => error !== null);
			const usable = found.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
			const wanted = usable.filter((each) => (family !== 4 && family !== 6 ? true : each.family === family));
			const [first] = wanted;
			if (refused !== undefined) told(refused, "");
			else if (first === undefined) told(Object.assign(new Error(`${host} has no address`), { code: "ENOTFOUND" }), "");
			else if (all) told(null, wanted);
			else told(null, first.address, first.family);
		});
	};
}

async function hostAddresses(host: string, { timeoutMs, tries }: HostLookupOptions): Promise<readonly string[]> {
	const listed = hostsAddresses(readHostsText(), host);
	if (listed.length > 0) return listed;
	const resolver = new Resolver({ timeout: timeoutMs, tries });
	const asked = [resolver.resolve4(host), resolver.resolve6(host)];
	return (await Promise.all(asked.map((addresses) => addresses.catch(() => [])))).flat();
}
