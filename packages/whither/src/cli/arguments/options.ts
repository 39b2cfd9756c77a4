/**
 * The options of every command, but for those of relays. Parsing, `--help`, shell completion, the man page and docs/cli.md
 * are all made from these tables; the type of a parsed command line is derived from their rows.
 */
import { OPENABLE_CHANNELS, TRACE_METHODS } from "@whither/core";
import { LIMITS, PING_LIMITS, STUN_LIFETIME } from "../../api/limits.ts";
import { dialectNames } from "../../report/dialects/facts.ts";
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "./option-table.ts";
import { PLACES_OPTIONS } from "./places-options.ts";
import {
	address,
	asServer,
	domainName,
	fileName,
	gateways,
	inputFile,
	interfaceName,
	methodOptions,
	oneOf,
	seconds,
	sendWait,
	type ValueKind,
	waits,
	wholeNumber,
} from "./values.ts";

const METHOD_NAMES: readonly string[] = TRACE_METHODS.map((method) => method.name);

/** IP protocol numbers (RFC 5237). */
const PROTOCOL_NUMBERS = [0, 255] as const;

/** More probes than a hop may have are for ping mode: whether that is asked for is known when all options are read. */
const probes: ValueKind<number> = {
	...wholeNumber(LIMITS.queries),
	read: (text, option) => wholeNumber(/^\d{3,}$/.test(text) ? PING_LIMITS.count : LIMITS.queries).read(text, option),
};

/** All that can be made of traces, and the page around one. */
const FORMAT_NAMES = [...dialectNames("trace"), "html"] as const;

const FORMATS = {
	json: flag(null, "Output", "One JSON document a target on stdout (schema whither.trace/1)"),
	ndjson: flag(null, "Output", "One JSON event a line as it happens; the last carries the result"),
	format: valued(null, oneOf(FORMAT_NAMES, "FORMAT"), "Output", FORMAT_NAMES.join(", "), "text"),
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
	...PLACES_OPTIONS,
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
	meet: flag(
		null,
		"Output",
		"The meeting alone; with --json its document (schema whither.meet/1) instead of the first trace's",
	),
	live: flag(null, "Output", "With --meet: on a full screen, as `whither meet --live`"),
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

/** Of `whither completion`. */
export const COMPLETION_OPTIONS = {
	install: flag(
		null,
		"Output",
		"Write the script to where the shell looks for those of this user, and say where that is",
	),
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line of `whither trace`. */
export type TraceFlags = Parsed<typeof TRACE_OPTIONS>;
/** A parsed command line of `whither stun`. */
export type StunFlags = Parsed<typeof STUN_OPTIONS>;
/** A parsed command line of `whither demo`. */
export type DemoFlags = Parsed<typeof DEMO_OPTIONS>;
