/**
 * The one table of options. Parsing, `--help`, shell completion, the man page and docs/cli.md are all made from it;
 * the type of a parsed command line is derived from its rows.
 */
import { OPENABLE_CHANNELS, TRACE_METHODS } from "@whither/core";
import { LIMITS, LISTEN_PORT, PING_LIMITS, STUN_LIFETIME, TURN_LIMITS } from "../api/limits.ts";
import {
	address,
	addresses,
	addressRanges,
	asServer,
	domainName,
	endpoints,
	fileName,
	gateways,
	inputFile,
	interfaceName,
	methodOptions,
	oneOf,
	place,
	plainText,
	portRange,
	relayAddresses,
	seconds,
	secondsOrNone,
	secrets,
	sendWait,
	token,
	transports,
	userPassword,
	type ValueKind,
	waits,
	wholeNumber,
} from "./values.ts";

/** Heading under which help lists an option. */
export type OptionGroup =
	| "Method"
	| "Path"
	| "Probes"
	| "Timing"
	| "Server"
	| "Relay"
	| "Router"
	| "Output"
	| "General";

/** One option; its long name is its key in the table. `value` null: a flag. */
export interface OptionRow<T = unknown> {
	/** One letter; or, for a flag that traceroute(8) spells so, two after one hyphen (`-UL`), which stand alone. */
	readonly short: string | null;
	readonly value: ValueKind<T> | null;
	readonly group: OptionGroup;
	readonly summary: string;
	/** The default as help shows it; null: none worth a word. */
	readonly byDefault: string | null;
}

/** Options by long name. */
export type OptionTable = Readonly<Record<string, OptionRow>>;

/** What a command line says, by long name; what it does not mention is absent. */
export type Parsed<Table extends OptionTable> = {
	readonly [Name in keyof Table]?: Table[Name] extends OptionRow<infer T> ? T : never;
};

function flag(short: string | null, group: OptionGroup, summary: string): OptionRow<true> {
	return { short, value: null, group, summary, byDefault: null };
}

function valued<T>(
	short: string | null,
	value: ValueKind<T>,
	group: OptionGroup,
	summary: string,
	byDefault: string | null = null,
): OptionRow<T> {
	return { short, value, group, summary, byDefault };
}

const METHOD_NAMES: readonly string[] = TRACE_METHODS.map((method) => method.name);

/** IP protocol numbers (RFC 5237). */
const PROTOCOL_NUMBERS = [0, 255] as const;

/** More probes than a hop may have are for ping mode: whether that is asked for is known when all options are read. */
const probes: ValueKind<number> = {
	...wholeNumber(LIMITS.queries),
	read: (text, option) => wholeNumber(/^\d{3,}$/.test(text) ? PING_LIMITS.count : LIMITS.queries).read(text, option),
};

const GENERAL = {
	help: flag("h", "General", "Show this help and exit"),
} as const satisfies OptionTable;

const COLOR = {
	color: valued(
		null,
		oneOf(["auto", "always", "never"], "WHEN"),
		"Output",
		"Colour: auto, always or never; NO_COLOR is heeded",
		"auto",
	),
} as const satisfies OptionTable;

const FORMATS = {
	json: flag(null, "Output", "One JSON document a target on stdout (schema whither.trace/1)"),
	ndjson: flag(null, "Output", "One JSON event a line as it happens; the last carries the result"),
	format: valued(
		null,
		oneOf(["text", "csv", "json", "ndjson"], "FORMAT"),
		"Output",
		"text, csv, json or ndjson",
		"text",
	),
	extensions: flag("e", "Output", "Show ICMP extensions: MPLS labels, interfaces (JSON always has them)"),
	numeric: flag("n", "Output", "Addresses only, no names"),
	back: flag(null, "Output", "Show the guessed number of hops back where it differs: '-N'"),
	explain: flag(null, "Output", "Say on stderr in words what the trace shows (a terminal gets it anyway)"),
	...COLOR,
} as const satisfies OptionTable;

/** Options of `whither trace`. */
export const TRACE_OPTIONS = {
	method: valued("M", oneOf(METHOD_NAMES, "NAME"), "Method", "How to probe; the names are listed below", "udp"),
	icmp: flag("I", "Method", "ICMP echo; same as --method icmp"),
	tcp: flag("T", "Method", "TCP SYN; same as --method tcp, or tcpconnect where CAP_NET_RAW is missing"),
	udp: flag("U", "Method", "UDP to one port, 53 by default; same as --method udp-port"),
	udplite: flag("UL", "Method", "UDP-Lite; same as --method udplite"),
	dccp: flag("D", "Method", "DCCP request; same as --method dccp"),
	sctp: flag(null, "Method", "SCTP INIT; same as --method sctp"),
	protocol: valued(
		"P",
		wholeNumber(PROTOCOL_NUMBERS),
		"Method",
		"Plain packets of IP protocol N; same as --method raw --options protocol=N",
	),
	tcpinsession: flag(null, "Method", "Inside one TCP connection, by SACK; same as --method tcpinsession"),
	quic: flag(null, "Method", "QUIC, UDP port 443; same as --method quic"),
	stun: flag(null, "Method", "STUN, UDP port 3478, as ICE checks the way of media; same as --method stun"),
	dns: valued(null, domainName, "Method", "DNS query for NAME; same as --method dns --options domain=NAME"),
	options: valued("O", methodOptions, "Method", "The method's own options; `-O help` lists them"),
	"disable-extra-ping": flag(
		null,
		"Method",
		"No SYNs without ECN beside those with it; same as --options no-extra-ping",
	),
	port: valued(
		"p",
		wholeNumber(LIMITS.port, "PORT"),
		"Method",
		"Destination port; udp-classic counts up from it",
		"the method's own",
	),
	ipv4: flag("4", "Path", "IPv4 only; a name with addresses of both kinds is traced over IPv4 anyway"),
	ipv6: flag("6", "Path", "IPv6 only; needed for a name that has IPv4 addresses too"),
	first: valued("f", wholeNumber(LIMITS.firstTtl), "Path", "First TTL", "1"),
	"max-hops": valued("m", wholeNumber(LIMITS.maxTtl), "Path", "Last TTL", "30"),
	source: valued("s", address, "Path", "Source address", "as routed"),
	interface: valued("i", interfaceName, "Path", "Send and receive on this interface only"),
	gateway: valued("g", gateways, "Path", "Packets are to pass these hosts, in order (source route)"),
	"bypass-routing": flag("r", "Path", "Straight to a host on an attached network, past the routing table"),
	fwmark: valued(null, wholeNumber(LIMITS.fwmark), "Path", "Firewall mark, for policy routing"),
	queries: valued(
		"q",
		probes,
		"Probes",
		"Probes a hop, 100 at most and with --mtu 2 at least; with --ping, in all",
		"3",
	),
	"sim-queries": valued("N", wholeNumber(LIMITS.simultaneous), "Probes", "Probes in flight at most", "adaptive"),
	tos: valued("t", wholeNumber(LIMITS.tos), "Probes", "The whole TOS (IPv4) or traffic class (IPv6) byte", "0"),
	dscp: valued(null, wholeNumber(LIMITS.dscp), "Probes", "The upper six bits of that byte"),
	ecn: valued(null, wholeNumber(LIMITS.ecn), "Probes", "The lower two bits of that byte"),
	flowlabel: valued("l", wholeNumber(LIMITS.flowLabel), "Probes", "IPv6 flow label", "0"),
	"dont-fragment": flag("F", "Probes", "Forbid fragmenting the probes"),
	sport: valued(null, wholeNumber(LIMITS.sourcePort, "PORT"), "Probes", "Source port"),
	mtu: flag(null, "Probes", "Find the path MTU and the hop behind which each smaller one begins: F=NUM"),
	"loose-match": flag(
		null,
		"Probes",
		"Know probes by their key alone, whatever addresses are quoted (1:1 NAT; needs CAP_NET_RAW)",
	),
	channel: valued(null, oneOf(OPENABLE_CHANNELS, "KIND"), "Probes", "Only this kind of socket", "best allowed"),
	wait: valued(
		"w",
		waits,
		"Timing",
		"Wait MAX seconds for an answer; less (HERE or NEAR round trips) once this or a later hop has answered",
		"3,3,10",
	),
	timeout: valued("Q", seconds, "Timing", "End the whole trace after S seconds"),
	failures: valued("H", wholeNumber(LIMITS.maxSilentHops), "Timing", "Stop after N silent hops in a row"),
	sendwait: valued(
		"z",
		sendWait,
		"Timing",
		"Least time between probes: seconds, from 10 on milliseconds",
		"0; with --ping, 1",
	),
	ping: valued(
		"x",
		wholeNumber(PING_LIMITS.ttl, "TTL"),
		"Timing",
		"Ping mode: a probe to this TTL every -z seconds, until Ctrl-C, -q, -Q or too much loss; not with --pcap",
	),
	"packet-loss-threshold": valued(
		null,
		wholeNumber(PING_LIMITS.lossThresholdPercent, "PERCENT"),
		"Timing",
		"Ping mode ends, with exit code 1, when so many of the last probes were lost",
	),
	"packet-loss-window-size": valued(
		null,
		wholeNumber(PING_LIMITS.lossWindow),
		"Timing",
		"How many of the last probes that counts",
		"10",
	),
	...FORMATS,
	changes: flag(
		null,
		"Output",
		"Show what became of packets on the way, such as [dscp 10 -> 0], and NAT; needs CAP_NET_RAW",
	),
	summary: flag(null, "Output", "After the hops: Timedout, Duration, DestinationReached and, with --mtu, Path MTU"),
	"as-path-lookups": flag(
		"A",
		"Output",
		"Show the autonomous systems that routers belong to: [AS64500], [*] if unknown",
	),
	"as-server": valued(
		null,
		asServer,
		"Output",
		"Where -A looks (implies -A): dns, dns:ZONE or whois:HOST; these two for private addresses too",
		"dns",
	),
	pcap: valued(
		null,
		fileName,
		"Output",
		"Write probes and replies to FILE (pcapng), each with a comment on what it was; not with --ping",
	),
	strict: flag(null, "Output", "Exit with 1 when the target was not reached"),
	...GENERAL,
} as const satisfies OptionTable;

/** Options of `whither doctor`. */
export const DOCTOR_OPTIONS = {
	json: flag(null, "Output", "One JSON document on stdout"),
	...COLOR,
	...GENERAL,
} as const satisfies OptionTable;

/** Options of `whither demo`. */
export const DEMO_OPTIONS = {
	fast: flag(null, "Output", "Everything at once instead of line by line (as on a pipe)"),
	realtime: flag(null, "Output", "Line by line, eight times slower than life, even when stdout is no terminal"),
	...FORMATS,
	...GENERAL,
} as const satisfies OptionTable;

/** Options of `whither stun`. */
export const STUN_OPTIONS = {
	ipv4: flag("4", "Path", "IPv4 only; a server with addresses of both kinds is asked over both"),
	ipv6: flag("6", "Path", "IPv6 only"),
	tcp: flag(null, "Path", "Over TCP, which tells the public address alone"),
	tls: flag(null, "Path", "Over TLS, likewise; as a stuns: URI asks for"),
	ca: valued(null, inputFile, "Path", "TLS: certificates (PEM) to trust", "the system's"),
	source: valued("s", address, "Path", "Source address", "as routed"),
	classic: flag(null, "Probes", "Requests of RFC 3489, for servers that answer no others"),
	lifetime: flag(null, "Probes", "Measure how long a binding lasts unused; takes minutes"),
	longest: valued(
		null,
		wholeNumber(STUN_LIFETIME),
		"Probes",
		"The longest wait that --lifetime tries, in seconds",
		"300",
	),
	timeout: valued("Q", seconds, "Timing", "End after S seconds with what is known"),
	json: flag(null, "Output", "One JSON document on stdout (schema whither.stun/1)"),
	...COLOR,
	...GENERAL,
} as const satisfies OptionTable;

const COUNT = [1, 1_000_000_000] as const;
/** Up to 100 gigabit a second. */
const RATE = [1_000, 12_500_000_000] as const;
const WORKERS = [0, 64] as const;
/** A day. */
const DRAIN_SECONDS = [0, 86_400] as const;
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
	classic: flag(null, "Server", "Answer RFC 3489 too, whose answers are longer than its requests"),
	port: valued(null, wholeNumber(LISTEN_PORT, "PORT"), "Server", "Port of HTTP: /metrics and /healthz", "8088"),
	token: valued(
		null,
		token,
		"Server",
		"What HTTP wants to be shown (Authorization: Bearer TOKEN)",
		"none on loopback, elsewhere one that is made up and printed",
	),
	insecure: flag(null, "Server", "HTTP wants no token, wherever it listens"),
	"no-http": flag(null, "Server", "Serve no HTTP"),
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
	...GENERAL,
} as const satisfies OptionTable;

/** NFQUEUE numbers have 16 bits. */
const QUEUES = [0, 65_535] as const;
/** Up to a terabit a second. */
const KBPS = [1, 1_000_000_000] as const;

/** Options of `whither router`. */
export const ROUTER_OPTIONS = {
	install: flag(null, "Router", "Set the rules up that send packets here, and take them away at the end"),
	queue: valued(null, wholeNumber(QUEUES), "Router", "Number of the NFQUEUE", "0"),
	interface: valued("i", interfaceName, "Router", "Only packets that come in by this interface", "every interface"),
	up: valued(
		null,
		wholeNumber(KBPS, "KBPS"),
		"Router",
		"What the interface that packets come in by takes in their direction, kbit/s",
		"the link's speed",
	),
	down: valued(null, wholeNumber(KBPS, "KBPS"), "Router", "The same against their direction", "the link's speed"),
	...GENERAL,
} as const satisfies OptionTable;

/** Options of the commands that have none of their own. */
export const PLAIN_OPTIONS = { ...GENERAL } as const satisfies OptionTable;

/** A parsed command line of `whither trace`. */
export type TraceFlags = Parsed<typeof TRACE_OPTIONS>;
/** A parsed command line of `whither stun`. */
export type StunFlags = Parsed<typeof STUN_OPTIONS>;
/** A parsed command line of `whither turn`. */
export type TurnFlags = Parsed<typeof TURN_OPTIONS>;
/** A parsed command line of `whither serve`. */
export type ServeFlags = Parsed<typeof SERVE_OPTIONS>;
/** A parsed command line of `whither demo`. */
export type DemoFlags = Parsed<typeof DEMO_OPTIONS>;
