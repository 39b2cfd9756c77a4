/** Options of the command that watches paths: mtr's letters, so that fingers need not relearn. */
import { TRACE_METHODS } from "@whither/core";
import { LIMITS, LIVE_LEAST_INTERVAL_MS, LIVE_LIMITS, MOST_MS } from "../../api/limits.ts";
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { PLACES_OPTIONS } from "../arguments/places-options.ts";
import {
	address,
	asServer,
	inputFile,
	interfaceName,
	methodOptions,
	oneOf,
	refuse,
	seconds,
	type ValueKind,
	wholeNumber,
} from "../arguments/values.ts";

const METHOD_NAMES: readonly string[] = TRACE_METHODS.map((method) => method.name);

/** mtr's columns, and three of our own (`screen/model/columns.ts` says what they are). */
const COLUMN_LETTERS = "LDRSNBAWVGJMXImut";

const columnLetters: ValueKind<string> = {
	placeholder: "FIELDS",
	completes: null,
	read: (text, option) => {
		const isKnown =
			text.trim() !== "" && [...text].every((letter) => letter === " " || COLUMN_LETTERS.includes(letter));
		return isKnown ? text : refuse(option, `letters of ${COLUMN_LETTERS} and blanks`, text);
	},
};

const interval: ValueKind<number> = {
	...seconds,
	read: (text, option) => {
		const ms = seconds.read(text, option);
		const least = LIVE_LEAST_INTERVAL_MS / 1000;
		return ms >= LIVE_LEAST_INTERVAL_MS && ms <= MOST_MS ? ms : refuse(option, `seconds, ${least} at least`, text);
	},
};

/** Hops that are not named. */
const HIDDEN_HOPS = [0, 255] as const;
const IP_INFOS = [0, 4] as const;
const DISPLAY_MODES = [0, 2] as const;

/** Options of `whither live`. */
export const LIVE_OPTIONS = {
	method: valued(null, oneOf(METHOD_NAMES, "NAME"), "Method", "How to probe, as of `whither trace`", "udp"),
	udp: flag("u", "Method", "UDP on one flow, which needs no privilege; same as --method udp"),
	icmp: flag(null, "Method", "ICMP echo; same as --method icmp"),
	tcp: flag("T", "Method", "TCP SYN; same as --method tcp, or tcpconnect where CAP_NET_RAW is missing"),
	sctp: flag("S", "Method", "SCTP INIT; same as --method sctp"),
	quic: flag(null, "Method", "QUIC, UDP port 443; same as --method quic"),
	stun: flag(null, "Method", "STUN, UDP port 3478; same as --method stun"),
	options: valued("O", methodOptions, "Method", "The method's own options; `whither -O help` lists them"),
	port: valued("P", wholeNumber(LIMITS.port, "PORT"), "Method", "Destination port", "the method's own"),
	ipv4: flag("4", "Path", "IPv4 only"),
	ipv6: flag("6", "Path", "IPv6 only"),
	"first-ttl": valued("f", wholeNumber(LIMITS.firstTtl), "Path", "First TTL", "1"),
	"max-ttl": valued("m", wholeNumber(LIMITS.maxTtl), "Path", "Last TTL", "30"),
	"max-unknown": valued(
		"U",
		wholeNumber(LIMITS.maxSilentHops),
		"Path",
		"Silent hops in a row that are asked beyond the last that answers",
		"12",
	),
	address: valued("a", address, "Path", "Source address", "as routed"),
	interface: valued("I", interfaceName, "Path", "Send and receive on this interface only"),
	mark: valued("M", wholeNumber(LIMITS.fwmark), "Path", "Firewall mark, for policy routing"),
	filename: valued("F", inputFile, "Path", "Hosts to watch, one a line (-: stdin)"),
	psize: valued("s", wholeNumber(LIMITS.length), "Probes", "Size of the probe's IP packet in bytes"),
	tos: valued("Q", wholeNumber(LIMITS.tos), "Probes", "The whole TOS (IPv4) or traffic class (IPv6) byte", "0"),
	dscp: valued(null, wholeNumber(LIMITS.dscp), "Probes", "The upper six bits of that byte"),
	localport: valued("L", wholeNumber(LIMITS.sourcePort, "PORT"), "Probes", "Source port"),
	interval: valued("i", interval, "Timing", "From one round to the next", "1"),
	"report-cycles": valued("c", wholeNumber(LIVE_LIMITS.rounds), "Timing", "Rounds", "until q; of a report 10"),
	timeout: valued("Z", seconds, "Timing", "Wait S seconds for an answer", "3"),
	report: flag("r", "Output", "No screen: -c rounds, then mtr's report (so it is too where stdout is no terminal)"),
	"report-wide": flag("w", "Output", "The same, names not cut"),
	json: flag("j", "Output", "The same as mtr's JSON"),
	csv: flag("C", "Output", "The same as mtr's CSV"),
	xml: flag("x", "Output", "The same as mtr's XML"),
	raw: flag("l", "Output", "mtr's raw lines, as it happens"),
	order: valued("o", columnLetters, "Output", "Columns by their letters; `h` on the screen lists them", "LS NABWV"),
	displaymode: valued(
		null,
		wholeNumber(DISPLAY_MODES, "MODE"),
		"Output",
		"0: figures, 1: history of answers, 2: of round trips",
		"0",
	),
	"no-dns": flag("n", "Output", "Addresses only, no names"),
	"show-ips": flag("b", "Output", "Names and addresses"),
	mpls: flag("e", "Output", "Show MPLS labels"),
	aslookup: flag("z", "Output", "Show autonomous systems; same as --ipinfo 0"),
	ipinfo: valued(
		"y",
		wholeNumber(IP_INFOS),
		"Output",
		"Show registry data: 0 AS, 1 prefix, 2 country, 3 registry, 4 date; y goes on from there",
	),
	"as-server": valued(
		null,
		asServer,
		"Output",
		"Where that is looked up, once it is wanted: dns, dns:ZONE or whois:HOST",
		"dns",
	),
	...PLACES_OPTIONS,
	privacy: valued(null, wholeNumber(HIDDEN_HOPS), "Output", "Do not name the first N hops, nor this machine", "0"),
	ascii: flag(null, "Output", "Pictures of ASCII characters"),
	...COLOR,
	demo: flag(null, "General", "Watch a path of the simulated internet, which needs no network; HOST is a node of it"),
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line of `whither live`. */
export type LiveFlags = Parsed<typeof LIVE_OPTIONS>;
