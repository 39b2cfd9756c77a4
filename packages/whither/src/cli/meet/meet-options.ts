/** Options of the command that connects two machines. */
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { servers, token } from "../arguments/relay-values.ts";
import { inputFile, oneOf, plainText, seconds, wholeNumber } from "../arguments/values.ts";

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
	sip: valued(
		null,
		plainText("URI"),
		"Call",
		"No code: the ends hear of each other by a SIP call; who we are, such as sip:me@example.net",
	),
	call: valued(null, plainText("URI"), "Call", "Whom to call; without it the first call that comes is taken"),
	ice: valued(
		null,
		oneOf(["modern", "trickle", "first-draft"], "WHICH"),
		"Call",
		"ICE that is offered: modern (RFC 8839), trickle (late candidates by INFO), or first-draft (of 2003; --turn then names early relays)",
		"modern",
	),
	precondition: flag(null, "Call", "Nobody's phone rings before media is proved to flow both ways (RFC 5898)"),
	"sip-proxy": valued(
		null,
		plainText("URI"),
		"Call",
		"Where all SIP goes first, such as sip:proxy.example.net;transport=tcp",
	),
	"sip-transport": valued(null, oneOf(["udp", "tcp", "tls"], "HOW"), "Call", "What SIP goes by first", "as names say"),
	"sip-port": valued(
		null,
		wholeNumber([0, 65_535]),
		"Call",
		"Our own port of SIP (0: any)",
		"any; 5060 with --no-register",
	),
	"sip-user": valued(null, plainText("NAME"), "Call", "User that the registrar knows us by", "that of --sip"),
	"sip-password-file": valued(
		null,
		inputFile,
		"Call",
		"File whose first line is its password (-: stdin); or WHITHER_SIP_PASSWORD",
	),
	"no-register": flag(null, "Call", "Wait for a call without a registrar, where callers know our address"),
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
