/** The option table of `whither turn`. */
import { TURN_LIMITS } from "../api/limits.ts";
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "./arguments/option-table.ts";
import {
	address,
	inputFile,
	place,
	plainText,
	seconds,
	secondsOrNone,
	transports,
	wholeNumber,
} from "./arguments/values.ts";

/** Options of `whither turn`. */
export const TURN_OPTIONS = {
	ipv4: flag("4", "Path", "IPv4 only; a server with addresses of both kinds is tried over both"),
	ipv6: flag("6", "Path", "IPv6 only"),
	transport: valued(null, transports, "Path", "Only these of udp, tcp and tls", "all that SERVER allows"),
	"tls-port": valued(
		null,
		wholeNumber(TURN_LIMITS.tlsPort, "PORT"),
		"Path",
		"Port of TLS",
		"5349, and 443 if that fails",
	),
	ca: valued(null, inputFile, "Path", "TLS: certificates (PEM) to trust", "the system's"),
	source: valued("s", address, "Path", "Source address", "as routed"),
	user: valued(
		null,
		plainText("NAME"),
		"Server",
		"User that the server knows; with a secret, whose credentials are made",
	),
	password: valued(null, plainText("P"), "Server", "Its password, which other users of this machine can see"),
	"password-file": valued(
		null,
		inputFile,
		"Server",
		"File whose first line is the password (-: stdin); or WHITHER_TURN_PASSWORD",
	),
	secret: valued(
		null,
		plainText("S"),
		"Server",
		"The server's secret, that credentials for an hour are made of (REST)",
	),
	"secret-file": valued(
		null,
		inputFile,
		"Server",
		"File whose first line is the secret (-: stdin); or WHITHER_TURN_SECRET",
	),
	count: valued(
		"q",
		wholeNumber(TURN_LIMITS.count),
		"Probes",
		"Packets whose round trips are measured, each leg",
		"100",
	),
	size: valued(null, wholeNumber(TURN_LIMITS.size, "BYTES"), "Probes", "Bytes in each", "160"),
	rate: valued(null, wholeNumber(TURN_LIMITS.rate), "Probes", "Packets a second", "100"),
	duration: valued(null, secondsOrNone, "Probes", "How long throughput is measured, each leg; 0: not", "0.5"),
	peer: valued(
		null,
		place,
		"Probes",
		"Relay to this end, which sends back what comes",
		"a second relay, or a socket of ours",
	),
	trace: flag(null, "Probes", "Trace the path that the relayed packets take, on their own 5-tuple"),
	wait: valued("w", seconds, "Timing", "Give each leg S seconds to its allocation", "5"),
	timeout: valued("Q", seconds, "Timing", "End after S seconds with what is known"),
	json: flag(null, "Output", "One JSON document on stdout (schema whither.turn/1)"),
	...COLOR,
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line of `whither turn`. */
export type TurnFlags = Parsed<typeof TURN_OPTIONS>;
