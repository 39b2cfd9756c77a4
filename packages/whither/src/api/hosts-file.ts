/** /etc/hosts (hosts(5)), read backwards for the most part: the system's resolver library looks there before it asks a name server, so do we. */
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

/** The addresses of a name in the text of such a file; empty where it is not there. */
export function hostsAddresses(text: string, name: string): readonly string[] {
	const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim().split(/\s+/));
	const wanted = name.toLowerCase();
	return lines.flatMap(([address = "", ...names]) =>
		canonicalAddress(address) !== null && names.some((one) => one.toLowerCase() === wanted) ? [address] : [],
	);
}

/** IPv6 has many spellings (RFC 5952). */
function canonicalAddress(text: string): string | null {
	const bytes = parseAddress(text);
	return isDecodeError(bytes) ? null : formatAddress(bytes);
}

/** The names in the machine's own file; empty where there is none. */
export function readHosts(): ReadonlyMap<string, string> {
	return parseHosts(readHostsText());
}

/** The machine's own file as it is; empty where there is none. */
export function readHostsText(): string {
	try {
		return readFileSync(HOSTS_FILE, "utf8");
	} catch {
		return "";
	}
}
