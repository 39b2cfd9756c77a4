/** Options of the command that connects two machines. */
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { servers, token } from "../arguments/relay-values.ts";
import { inputFile, oneOf, plainText, seconds } from "../arguments/values.ts";

/** Options of `whither meet`. */
export const MEET_OPTIONS = {
	server: valued(null, plainText("URL"), "Server", "Rendezvous server (`whither serve`); or WHITHER_SERVER"),
	token: valued(null, token, "Server", "What that server wants to be shown; or WHITHER_TOKEN"),
	code: valued(null, plainText("CODE"), "Server", "Make this code instead of one that is made up"),
	"copy-paste": flag(
		null,
		"Server",
		"No code: each end prints a line for the other, and reads the other's; a --server then lends STUN and TURN alone",
	),
	stun: valued(null, servers, "Server", "STUN server; may be given again", "the rendezvous server's own"),
	turn: valued(
		null,
		servers,
		"Relay",
		"TURN server, such as turn:HOST:PORT?transport=udp or turns:HOST; may be given again",
		"the rendezvous server's own",
	),
	user: valued(
		null,
		plainText("NAME"),
		"Relay",
		"User of the --turn servers; with a secret, whose credentials are made",
	),
	password: valued(null, plainText("P"), "Relay", "Its password, which other users of this machine can see"),
	"password-file": valued(
		null,
		inputFile,
		"Relay",
		"File whose first line is the password (-: stdin); or WHITHER_TURN_PASSWORD",
	),
	secret: valued(
		null,
		plainText("S"),
		"Relay",
		"Secret of the --turn servers, that credentials for an hour are made of",
	),
	"secret-file": valued(
		null,
		inputFile,
		"Relay",
		"File whose first line is the secret (-: stdin); or WHITHER_TURN_SECRET",
	),
	ca: valued(null, inputFile, "Relay", "TLS: certificates (PEM) to trust, of servers and relays", "the system's"),
	ipv4: flag("4", "Path", "IPv4 addresses only"),
	ipv6: flag("6", "Path", "IPv6 addresses only"),
	policy: valued(null, oneOf(["all", "relay"], "WHICH"), "Path", "relay: tell and use relays only", "all"),
	"no-trace": flag(null, "Probes", "Connect, and do not trace the way"),
	wait: valued("w", seconds, "Timing", "Wait S seconds for the other end", "60; 600 with --copy-paste"),
	live: flag(null, "Output", "On a full screen: the pairs as lanes over time, and the way; `h` there lists the keys"),
	json: flag(null, "Output", "One JSON document on stdout (schema whither.meet/1)"),
	...COLOR,
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line of `whither meet`. */
export type MeetFlags = Parsed<typeof MEET_OPTIONS>;
