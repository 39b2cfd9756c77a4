/** Which autonomous systems an address of the real world belongs to: the origins of the route that covers it. */
import { Resolver } from "node:dns/promises";
import { BlockList, connect } from "node:net";
import { isDecodeError, parseAddress } from "@whither/wire";
import { openHostLookup } from "../host-lookup.ts";
import { asNameOfTxt, reversedName, routeOfTxt, routeOfWhois } from "./as-answer.ts";
import {
	type AnnouncedRoute,
	type AsLookup,
	type AsNameServer,
	type AsServer,
	isDefaultServer,
	type RouteLookup,
} from "./as-server.ts";

/** An answer is given up after so long, and with it all that hang on it; hops wait a little longer for their origins. */
const TIMEOUT_MS = 1_900;
/** What name servers say of an address that no route covers. */
const NO_RECORD: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);
/** No list of routes for one address is longer. */
const MOST_WHOIS_BYTES = 65_536;

/** Prefixes that no autonomous system announces (IANA special-purpose address registries), multicast, reserved space. */
const NOT_ANNOUNCED = {
	ipv4: [
		...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
		...["192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"],
	],
	ipv6: ["2001:db8::/32", "3fff::/20", "::/3", "4000::/2", "8000::/1"],
} as const;

/**
 * A look-up with this server; it keeps nothing, rejects where nobody answers, and bothers the public server, but not one that
 * somebody chose, with no addresses that nobody announces.
 */
export function openRouteLookup(server: AsServer): RouteLookup {
	const ask = server.kind === "dns" ? dnsOrigins(server) : whoisOrigins(server);
	const isPublic = isDefaultServer(server);
	const unannounced = { ipv4: notAnnounced("ipv4"), ipv6: notAnnounced("ipv6") };
	return async (address) => {
		const type = address.includes(":") ? "ipv6" : "ipv4";
		if (isPublic && unannounced[type].check(address, type)) return null;
		return ask(address);
	};
}

/** The same, of origins alone. */
export function openAsLookup(server: AsServer): AsLookup {
	const lookup = openRouteLookup(server);
	return async (address) => (await lookup(address))?.asn ?? null;
}

/** A look-up of what systems are called, each named `AS64500`; null where there is no such name. Rejects where nobody answers. */
export function openAsNames({ zone, at }: AsNameServer): (asn: string) => Promise<string | null> {
	const resolver = resolverAt(at);
	return async (asn) => {
		if (!/^AS\d{1,10}$/.test(asn)) return null;
		const records = await resolver.resolveTxt(`${asn.toLowerCase()}.${zone}`).catch(withoutRecord);
		return asNameOfTxt(records.map((chunks) => chunks.join("")));
	};
}

/** A list a family: one of IPv6 prefixes would take every IPv4 address for its mapped form. */
function notAnnounced(type: "ipv4" | "ipv6"): BlockList {
	const list = new BlockList();
	for (const prefix of NOT_ANNOUNCED[type]) {
		const [network = "", bits] = prefix.split("/");
		list.addSubnet(network, Number(bits), type);
	}
	return list;
}

type Ask = (address: string) => Promise<AnnouncedRoute | null>;

/** A resolver of our own: the system's would hold up the process's end. */
function resolverAt(at: readonly string[] | null): Resolver {
	const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
	if (at !== null) resolver.setServers(at);
	return resolver;
}

function dnsOrigins({ zones, at }: Extract<AsServer, { kind: "dns" }>): Ask {
	const resolver = resolverAt(at);
	return async (address) => {
		const bytes = parseAddress(address);
		if (isDecodeError(bytes)) return null;
		const zone = bytes.length === 4 ? zones[4] : zones[6];
		const records = await resolver.resolveTxt(`${reversedName(bytes)}.${zone}`).catch(withoutRecord);
		return routeOfTxt(records.map((chunks) => chunks.join("")));
	};
}

/** That there is no record is an answer; anything else is none. */
function withoutRecord(thrown: NodeJS.ErrnoException): readonly string[][] {
	if (NO_RECORD.has(thrown.code)) return [];
	throw thrown;
}

function whoisOrigins({ host, port }: Extract<AsServer, { kind: "whois" }>): Ask {
	const lookup = openHostLookup({ timeoutMs: TIMEOUT_MS, tries: 1 });
	return (address) =>
		new Promise((resolve, reject) => {
			let said = "";
			const socket = connect({ host, port, lookup }, () => socket.write(`${address}\r\n`));
			const deadline = setTimeout(() => socket.destroy(new Error("timeout")), TIMEOUT_MS);
			// A host that does not answer must not hold up the process's end.
			socket.unref();
			socket.setEncoding("utf8").on("data", (text: string) => {
				said += text;
				if (said.length > MOST_WHOIS_BYTES) socket.end();
			});
			socket.once("error", reject);
			socket.once("close", () => {
				clearTimeout(deadline);
				resolve(routeOfWhois(said));
			});
		});
}
