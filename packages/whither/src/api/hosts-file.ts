/** /etc/hosts (hosts(5)) read backwards: the system's resolver library looks there before it asks a name server, so do we. */
import { readFileSync } from "node:fs";

const HOSTS_FILE = "/etc/hosts";

/** Address to its first name; the first line of an address counts. */
export function parseHosts(text: string): ReadonlyMap<string, string> {
	const names = new Map<string, string>();
	for (const line of text.split("\n")) {
		const [address, name] = line.replace(/#.*/, "").trim().split(/\s+/);
		if (address && name && !names.has(address)) names.set(address, name);
	}
	return names;
}

/** The machine's own file; empty where there is none. */
export function readHosts(): ReadonlyMap<string, string> {
	try {
		return parseHosts(readFileSync(HOSTS_FILE, "utf8"));
	} catch {
		return new Map();
	}
}
