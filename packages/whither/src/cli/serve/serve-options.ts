/** The option table of `whither serve`: places and roles here, what the API may do and what is kept in tables of their own. */
import { LIMITS, LISTEN_PORT } from "../../api/limits.ts";
import { flag, GENERAL, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import {
	addressRanges,
	endpoints,
	portRange,
	relayAddresses,
	secrets,
	token,
	userPassword,
} from "../arguments/relay-values.ts";
import { addresses, domainName, inputFile, wholeNumber } from "../arguments/values.ts";
import { API_OPTIONS } from "./api-options.ts";
import { STORE_OPTIONS } from "./store-options.ts";

const COUNT = [1, 1_000_000_000] as const;
/** Up to 100 gigabit a second. */
const RATE = [1_000, 12_500_000_000] as const;
const WORKERS = [0, 64] as const;
/** A day. */
const DRAIN_SECONDS = [0, 86_400] as const;
const CODE_SECONDS = [10, 86_400] as const;

/** Options of `whither serve`. */
export const SERVE_OPTIONS = {
	listen: valued(
		null,
		addresses,
		"Server",
		"Address to listen on, or * for all; given twice for one family, STUN answers behaviour discovery (RFC 5780)",
		"loopback",
	),
	alternate: valued(
		null,
		addresses,
		"Server",
		"The second address for behaviour discovery; the same as --listen again",
	),
	"stun-port": valued(null, wholeNumber(LISTEN_PORT, "PORT"), "Server", "UDP and TCP port of STUN and TURN", "3478"),
	"alternate-port": valued(
		null,
		wholeNumber(LIMITS.port, "PORT"),
		"Server",
		"The second port for behaviour discovery",
		"the one after --stun-port",
	),
	cert: valued(null, inputFile, "Server", "Certificate chain (PEM); with --key it switches TLS on"),
	key: valued(null, inputFile, "Server", "Its private key (PEM)"),
	"tls-port": valued(null, wholeNumber(LISTEN_PORT, "PORT"), "Server", "TLS port of STUN and TURN", "5349"),
	classic: flag(
		null,
		"Server",
		"Answer RFC 3489 too, whose answers are longer than its requests, and serve relays of its time",
	),
	port: valued(
		null,
		wholeNumber(LISTEN_PORT, "PORT"),
		"Server",
		"Port of HTTP: the page, /api/v1, `whither meet`, /metrics and /healthz",
		"8088",
	),
	token: valued(
		null,
		token,
		"Server",
		"What HTTP wants to be shown (Authorization: Bearer TOKEN)",
		"none on loopback, elsewhere one that is made up and printed",
	),
	insecure: flag(null, "Server", "HTTP wants no token, wherever it listens"),
	"code-lifetime": valued(
		null,
		wholeNumber(CODE_SECONDS, "SECONDS"),
		"Server",
		"How long a code of `whither meet` waits for the other end",
		"600",
	),
	"no-http": flag(null, "Server", "Serve no HTTP, and no codes"),
	"no-turn": flag(null, "Relay", "Serve STUN alone"),
	realm: valued(null, domainName, "Relay", "Realm of the users", "whither"),
	user: valued(null, userPassword, "Relay", "A user who may relay; may be given again"),
	users: valued(
		null,
		inputFile,
		"Relay",
		"Users, one NAME:PASSWORD or NAME:0xKEY a line; read again at SIGHUP, as certificate and key are",
	),
	secret: valued(
		null,
		secrets,
		"Relay",
		"Secret of time-limited credentials (TURN REST), shared with whatever gives them out; may be given again",
	),
	"relay-address": valued(
		null,
		relayAddresses,
		"Relay",
		"Address to relay from, and how peers see it where it is translated; may be given again",
		"those of --listen",
	),
	"early-relay-port": valued(
		null,
		wholeNumber(LISTEN_PORT, "PORT"),
		"Relay",
		"With --classic: UDP port where relays of before RFC 5766 are asked for; 0: nowhere",
		"5556",
	),
	"relay-ports": valued(null, portRange, "Relay", "Ports of relays", "49152-65535"),
	"allow-peer": valued(
		null,
		addressRanges,
		"Relay",
		"Peers that may be reached though their addresses are private, or of this machine; may be given again",
	),
	"deny-peer": valued(null, addressRanges, "Relay", "Peers that may not be reached; may be given again"),
	"max-allocations": valued(null, wholeNumber(COUNT), "Relay", "Allocations at one time", "as many as there are ports"),
	"max-per-user": valued(null, wholeNumber(COUNT), "Relay", "Allocations of one user at one time", "no bound"),
	"max-bandwidth": valued(
		null,
		wholeNumber(RATE, "BYTES/S"),
		"Relay",
		"Bytes a second that one allocation relays, each way",
		"no bound",
	),
	workers: valued(
		null,
		wholeNumber(WORKERS),
		"Relay",
		"Threads for UDP clients; 0: none but the main one",
		"one a core",
	),
	drain: valued(
		null,
		wholeNumber(DRAIN_SECONDS, "SECONDS"),
		"Relay",
		"After SIGTERM, how long allocations go on; it ends as soon as none is left, or at a second signal",
		"30",
	),
	"alternate-server": valued(
		null,
		endpoints,
		"Relay",
		"Where clients are sent meanwhile (300), one of each family; may be given again",
	),
	...API_OPTIONS,
	...STORE_OPTIONS,
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line of `whither serve`. */
export type ServeFlags = Parsed<typeof SERVE_OPTIONS>;
