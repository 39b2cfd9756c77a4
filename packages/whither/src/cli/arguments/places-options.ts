/** Options about what else is to be known of addresses; `trace`, `live` and `serve` share them. */
import { type OptionTable, type Parsed, valued } from "./option-table.ts";
import { asNameServer, inputFiles } from "./values.ts";

/** Nothing is asked and no file is read without them. */
export const PLACES_OPTIONS = {
	"geoip-mmdb": valued(
		null,
		inputFiles,
		"Output",
		"Where addresses are, and whose, by this file (MaxMind, DB-IP or IPinfo); may be given again",
	),
	ixp: valued(
		null,
		inputFiles,
		"Output",
		"Which exchange a router answers from, by this file: tables of PeeringDB in JSON, or prefixes with names",
	),
	"as-names": valued(
		null,
		asNameServer,
		"Output",
		"Where to ask what autonomous systems are called: dns or dns:ZONE[@SERVER]",
	),
} as const satisfies OptionTable;

/** All data sets that a command line names. */
export function dataSets(flags: Pick<Parsed<typeof PLACES_OPTIONS>, "geoip-mmdb" | "ixp">): readonly string[] {
	return [...(flags["geoip-mmdb"] ?? []), ...(flags.ixp ?? [])];
}
