/** The options of `whither whois`. */
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { inputFile, oneOf, plainText, seconds } from "../arguments/values.ts";

/** Options of `whither whois`. */
export const WHOIS_OPTIONS = {
	protocol: valued(
		null,
		oneOf(["rdap", "whois"], "PROTOCOL"),
		"Server",
		"Ask by this protocol alone",
		"rdap, else whois",
	),
	rdap: valued(
		null,
		plainText("URL"),
		"Server",
		"The RDAP server to ask, such as a private registry's",
		"as IANA says",
	),
	"whois-server": valued(null, plainText("HOST[:PORT]"), "Server", "The WHOIS server to ask first", "whois.iana.org"),
	"allow-private": flag(
		null,
		"Server",
		"Follow redirects and referrals to private addresses and plain http too; servers named here may be anywhere",
	),
	ca: valued(null, inputFile, "Server", "TLS: certificates (PEM) to trust beside the usual ones"),
	timeout: valued("Q", seconds, "Timing", "End after S seconds", "30"),
	"no-cache": flag(null, "Output", "Ask anew, and keep nothing; answers are kept for an hour otherwise"),
	json: flag(null, "Output", "One JSON document on stdout (schema whither.whois/1)"),
	raw: flag(null, "Output", "What the server said, as it said it"),
	...COLOR,
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line of `whither whois`. */
export type WhoisFlags = Parsed<typeof WHOIS_OPTIONS>;
