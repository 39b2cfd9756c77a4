/** Names by this machine's own list and by DNS, in our own time: nothing of it holds up the process's end. */
import { Resolver } from "node:dns/promises";
import { hostsAddresses, readHostsText } from "../../api/hosts-file.ts";
import type { SipNames } from "./locate.ts";

/** How long a name server is waited for, and how often it is asked. */
const TIMEOUT_MS = 2_000;
const TRIES = 2;

/** For one look-up or many. Names of /etc/hosts are known by themselves. */
export function systemNames(): SipNames & { close(): void } {
	const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
	const none = () => [];
	return {
		own: (name) => hostsAddresses(readHostsText(), name),
		naptr: (name) => resolver.resolveNaptr(name).catch(none),
		srv: (name) => resolver.resolveSrv(name).catch(none),
		addresses: async (name) => {
			const asked = [resolver.resolve4(name), resolver.resolve6(name)];
			return (await Promise.all(asked.map((addresses) => addresses.catch(none)))).flat();
		},
		close: () => resolver.cancel(),
	};
}
