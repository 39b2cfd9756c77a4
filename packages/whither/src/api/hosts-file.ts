/** /etc/hosts (hosts(5)) read backwards: the system's resolver library looks there before it asks a name server, so do we. */
import { readFileSync } from "node:fs";
import { formatAddress, isDecodeError, parseAddress } from "@whither/wire";

const HOSTS_FILE = "/etc/hosts";

/** Canonical address to its first name; the first line of an address counts. */
export function parseHosts(text: string): ReadonlyMap<string, string> {
	const names = new Map<string, string>();
	for (const line of text.split("\n")) {
		const [text = "", name] = line.replace(/#.*/, "").trim().split(/\s+/);
		const address = canonicalAddress(text);
		if (address !== null && name && !names.has(address)) names.set(address, name);
	}
	return names;
}

/** The name of an address however it is written, or null. */
export function hostsName(hosts: ReadonlyMap<string, string>, address: string): string | null {
	return hosts.get(canonicalAddress(address) ?? address) ?? null;
}

/** IPv6 has many spellings (RFC 5952). */
function canonicalAddress(text: string): string | null {
	const bytes = parseAddress(text);
	return isDecodeError(bytes) ? null : formatAddress(bytes);
}

/** The machine's own file; empty where there is none. */
export function readHosts(): ReadonlyMap<string, string> {
	try {
		return parseHosts(readFileSync(HOSTS_FILE, "utf8"));
	} catch {
		return new Map();
	}
}
