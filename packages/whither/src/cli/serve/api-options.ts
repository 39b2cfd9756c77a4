/** Options of what may be asked of a server over HTTP: what it traces, how much of it, and where that is written down. */

import type { ServeOptions } from "../../server/serve-options.ts";
import { flag, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { dataSets, PLACES_OPTIONS } from "../arguments/places-options.ts";
import { list } from "../arguments/relay-values.ts";
import { inputFile, type ValueKind, wholeNumber } from "../arguments/values.ts";

/** Probes a second that a machine sends at most. */
const RATE = [1, 100_000] as const;
const SESSIONS = [1, 10_000] as const;

/** Addresses, ranges and names; which of them, the library says. */
const targets: ValueKind<readonly string[]> = list(
	"CIDR|NAME",
	"an address, a range such as 10.0.0.0/8, or a name",
	(text) => /^[\w.:-]+(\/\d{1,3})?$/.test(text),
);

/** The table. */
export const API_OPTIONS = {
	"allow-target": valued(
		null,
		targets,
		"Targets",
		"Targets that may be traced though they are private, or this machine; may be given again",
		"all where HTTP is on loopback alone, else public addresses",
	),
	"deny-target": valued(null, targets, "Targets", "Targets that may not be traced; may be given again"),
	"client-rate": valued(
		null,
		wholeNumber(RATE),
		"Targets",
		"Probes a second for one client (IPv4 address, IPv6 /64)",
		"500",
	),
	"probe-rate": valued(null, wholeNumber(RATE), "Targets", "Probes a second for all", "2000"),
	"client-sessions": valued(null, wholeNumber(SESSIONS), "Targets", "Traces of one client at one time", "64"),
	"max-sessions": valued(null, wholeNumber(SESSIONS), "Targets", "Traces of all at one time", "256"),
	whois: flag(null, "Targets", "Whoever asks may have registries searched; on loopback alone without it"),
	origins: flag(null, "Targets", "Whoever asks may have the networks of routers looked up, in Team Cymru's DNS zones"),
	"geoip-mmdb": { ...PLACES_OPTIONS["geoip-mmdb"], group: "Targets" },
	ixp: { ...PLACES_OPTIONS.ixp, group: "Targets" },
	"as-names": { ...PLACES_OPTIONS["as-names"], group: "Targets" },
	audit: valued(
		null,
		inputFile,
		"Store",
		"File with a line for everything that somebody has asked for",
		"audit.ndjson in the folder of --data",
	),
} as const satisfies OptionTable;

/** What the server is told. */
export function apiOptions(flags: Parsed<typeof API_OPTIONS>): ServeOptions {
	const limits = {
		clientProbesPerSecond: flags["client-rate"],
		probesPerSecond: flags["probe-rate"],
		sessionsPerClient: flags["client-sessions"],
		sessions: flags["max-sessions"],
	};
	return {
		allowTargets: flags["allow-target"],
		denyTargets: flags["deny-target"],
		whois: flags.whois,
		origins: flags.origins,
		places: dataSets(flags),
		asNames: flags["as-names"],
		limits: Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)),
	};
}
