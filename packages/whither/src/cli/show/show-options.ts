/** Options of `whither show`. */
import { DIALECT_FACTS } from "../../report/dialects/facts.ts";
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { fileName, oneOf } from "../arguments/values.ts";

const NAMES: readonly string[] = DIALECT_FACTS.map(({ name }) => name);

export const SHOW_OPTIONS = {
	json: flag(null, "Output", "One JSON document on stdout; of several recordings an array"),
	format: valued(null, oneOf(NAMES, "FORMAT"), "Output", NAMES.join(", "), "text"),
	output: valued(null, fileName, "Output", "Write to FILE instead of stdout"),
	live: flag(null, "Output", "Replay it on the live screen, as it happened"),
	explain: flag(null, "Output", "Say on stderr in words what a trace shows (a terminal gets it anyway)"),
	numeric: flag("n", "Output", "Addresses only, no names"),
	extensions: flag("e", "Output", "Show ICMP extensions: MPLS labels, interfaces"),
	changes: flag(null, "Output", "Show what became of packets on the way, such as [dscp 10 -> 0], and NAT"),
	back: flag(null, "Output", "Show the guessed number of hops back where it differs: '-N'"),
	...COLOR,
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line of `whither show`. */
export type ShowFlags = Parsed<typeof SHOW_OPTIONS>;
