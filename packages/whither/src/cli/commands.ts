/** The commands, as one table beside the options. */

import type { OptionTable } from "./arguments/option-table.ts";
import {
	COMPLETION_OPTIONS,
	DEMO_OPTIONS,
	DOCTOR_OPTIONS,
	PLAIN_OPTIONS,
	ROUTER_OPTIONS,
	STUN_OPTIONS,
	TRACE_OPTIONS,
} from "./arguments/options.ts";
import { CHECK_OPTIONS } from "./check/check-options.ts";
import { LIVE_OPTIONS } from "./live/live-options.ts";
import { MEET_OPTIONS } from "./meet/meet-options.ts";
import { SERVE_OPTIONS } from "./serve/serve-options.ts";
import { SHOW_OPTIONS } from "./show/show-options.ts";
import { TURN_OPTIONS } from "./turn-options.ts";
import { WHOIS_OPTIONS } from "./whois/whois-options.ts";

/** First word of a command line. */
export type CommandName =
	| "trace"
	| "live"
	| "meet"
	| "stun"
	| "turn"
	| "serve"
	| "check"
	| "router"
	| "whois"
	| "show"
	| "doctor"
	| "demo"
	| "completion"
	| "man"
	| "help";

/** One command. */
export interface CommandRow {
	readonly name: CommandName;
	readonly usage: string;
	readonly summary: string;
	/** What a reader should know beyond the options; one paragraph a string. */
	readonly about: readonly string[];
	readonly options: OptionTable;
	/** Fewest and most positional arguments. */
	readonly operands: readonly [number, number];
	/** Options that a later version will have, and what for: until then they are refused, not ignored. */
	readonly later?: Readonly<Record<string, string>>;
	/** Words the first operand is one of, for completion; "host": a host name. */
	readonly completes: readonly string[] | "host" | null;
}

/** Shells that completion is made for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

const TABLE: readonly CommandRow[] = [
	{
		name: "trace",
		usage: "whither [trace] [OPTION]... HOST... [LENGTH]",
		summary: "Trace the path to each HOST (the default command)",
		about: [
			"Prints every router between here and HOST with the round trips to it, in the form of traceroute(8). The default method keeps the whole trace on one flow, so a load balancer shows one path, and needs no privilege.",
			"LENGTH is the size of the probe's IP packet in bytes: the last operand, if it is all digits and not alone. Several hosts are traced at the same time and printed in order. A host named like a command is traced with `whither trace NAME`.",
		],
		options: TRACE_OPTIONS,
		operands: [1, Number.POSITIVE_INFINITY],
		completes: "host",
	},
	{
		name: "live",
		usage: "whither live [OPTION]... HOST...",
		summary: "Watch the path to each HOST, round after round, on a full screen with mtr's keys",
		about: [
			"One probe a second to every hop: who answers, loss and what it means (the target's, that of the way, or a router that says less than it could), round trips, jitter, percentiles and their history; a chart, the paths that were seen, all about one hop, and a map. `h` lists the keys; docs/live.md has pictures.",
			"Where stdin or stdout is no terminal, or TERM is dumb, and with --report: ten rounds (-c), then mtr's report. The options are mtr's where it has them, and so differ from those of `whither trace`. UDP, the default, needs no privilege.",
		],
		options: LIVE_OPTIONS,
		operands: [0, Number.POSITIVE_INFINITY],
		completes: "host",
	},
	{
		name: "meet",
		usage: "whither meet [OPTION]... [CODE]",
		summary: "Connect two machines through whatever NATs lie between, and trace the way from both ends",
		about: [
			"Without CODE it makes one, prints it and waits; with CODE it joins. Both ends name the same rendezvous server (`whither serve`), which lends them STUN and TURN and can read nothing of what they tell each other. With --copy-paste there is no server: each end prints a line for the other; who begins says nothing behind the command, and the other end runs `whither meet --copy-paste LINE`.",
			"With --sip the two hear of each other by a SIP call, which any phone can take: `whither meet --sip sip:me@example.net` waits for one, and --call places one. A --server then lends STUN and TURN alone; docs/sip.md has the rest.",
			"Shows what addresses are found, the pairs of them as they are tried (ICE, RFC 8445), by which way the two came together and why by that one, and then that way as both ends trace it on the connection's own socket: routers, NATs, a relay, and where the way there differs from the way back.",
		],
		options: MEET_OPTIONS,
		operands: [0, 1],
		completes: null,
	},
	{
		name: "stun",
		usage: "whither stun [OPTION]... [SERVER[:PORT]]",
		summary: "Show this machine's public address and how the NAT in front of it behaves",
		about: [
			"Asks a STUN server, named as HOST, HOST:PORT, stun:HOST:PORT or stuns:HOST, or in WHITHER_STUN. One with two addresses (RFC 5780, or RFC 3489) also tells what the mapping and the filter go by, and so with which peers direct calls work; any other tells the address alone. What could not be found out is said with the reason.",
			"Where UDP goes unanswered, TCP to the same place is tried, to tell a filter from a dead server.",
		],
		options: STUN_OPTIONS,
		operands: [0, 1],
		completes: "host",
	},
	{
		name: "turn",
		usage: "whither turn [OPTION]... SERVER",
		summary: "Try a relay: allocate over UDP, TCP and TLS, relay packets, measure",
		about: [
			"SERVER is HOST, HOST:PORT, or a URI such as turn:HOST:PORT?transport=udp or turns:HOST. Every leg is tried at once, over IPv4 and IPv6: whether it is reached and lets the user in, how long an allocation takes, the round trip of relayed packets, their loss and throughput. A leg that fails says in one sentence why, and so does the whole.",
			"Relayed packets go to a second relay on the same server and back, or where it forbids that, to a socket of our own, or to --peer. The round trip is all of that way. With --trace the path of these packets is traced on their own 5-tuple while they are relayed.",
		],
		options: TURN_OPTIONS,
		operands: [1, 1],
		completes: "host",
	},
	{
		name: "serve",
		usage: "whither serve [--listen ADDR]... [OPTION]...",
		summary: "Serve the page and its API, STUN and TURN: trace from a browser, and help others to meet",
		about: [
			"The page and the API (docs/page.md, docs/serve-api.md) trace, watch paths, meet and keep what came of it in the folder of --data. On this machine alone they want no token; anywhere else they do, and trace nothing but the public internet unless --allow-target says so. What somebody had it do is written to the audit log.",
			"Answers Binding requests over UDP, TCP and, with a certificate, TLS; on two addresses of one family also those of behaviour discovery (RFC 5780), with which clients find out what kind of NAT they are behind. On the same places it relays (TURN, RFC 8656 and RFC 6062) for the users of --user, --users and --secret, and for nobody without them. Relays reach no private, loopback or otherwise special address, nor this machine, unless --allow-peer says so.",
			"Prints one line on stdout for each place that a role listens on. SIGTERM drains: no new allocations, those there are go on until --drain is over. SIGHUP reads --users, --cert and --key again. docs/turn.md has a server for production.",
		],
		options: SERVE_OPTIONS,
		operands: [0, 0],
		completes: null,
	},
	{
		name: "check",
		usage: "whither check [OPTION]... FILE",
		summary: "Assert what paths have to be like, for CI: exit code 1 and the reasons where one is not",
		about: [
			"FILE is JSON (comments allowed): a list of checks, each with a `target` to trace, or a `file` that was saved, and what to `expect`: that it is reached, how many hops, what it must and must not cross (AS, range, country, name), round trips, loss, MTU, a baseline that it equals, or of a meeting how two ends came together. docs/check.md lists them all; docs/schema/check-file-1.json lets an editor help.",
			"Traces run at the same time, and are told in the order of FILE. With --json, stdout holds one document; --junit writes what CI systems read; in GitHub Actions what does not hold is annotated at its line.",
		],
		options: CHECK_OPTIONS,
		operands: [1, 1],
		completes: null,
	},
	{
		name: "show",
		usage: "whither show [OPTION]... FILE...",
		summary: "Show what was recorded once more, in any format",
		about: [
			"Reads JSON and NDJSON of whither (traces, pings, meetings, tests, sessions of the server, also where the end is torn off), pages saved as one file, RIPE Atlas traceroute results, scamper's JSON and the lines of mtr --raw, packed by gzip or not; `-` is stdin. Prints what was printed then, or with --format any other report.",
			"What is no such recording is refused with its line and the reason. --live replays traces on the live screen at the pace at which they came.",
		],
		options: SHOW_OPTIONS,
		operands: [1, Number.POSITIVE_INFINITY],
		completes: null,
	},
	{
		name: "doctor",
		usage: "whither doctor [--json]",
		summary: "Try every method on this machine and print the fix for what does not work",
		about: [
			"Opens each method's sockets, sends nothing beyond this machine, and says which work, which do not, why, and the one line that changes it.",
		],
		options: DOCTOR_OPTIONS,
		operands: [0, 0],
		completes: null,
	},
	{
		name: "demo",
		usage: "whither demo [--fast] [--meet] [--json]",
		summary: "The whole story on a simulated internet: no network, no privilege",
		about: [
			"Runs the same tracer, the same meeting and the same reports over an internet in memory, and explains what they show: a path a dozen hops long, that of a call, and at last two people behind NATs who meet and see the way between them from both ends.",
			"--json, --ndjson and --format tell the first trace alone; with --meet, --json tells the meeting.",
		],
		options: DEMO_OPTIONS,
		operands: [0, 0],
		completes: null,
	},
	{
		name: "router",
		usage: "whither router [--install] [--queue=N] [--interface=DEV] [--up=KBPS] [--down=KBPS]",
		summary: "Answer STUN requests whose TTL ends at this router with what it knows (enriched ICMP)",
		about: [
			"Takes STUN packets from an NFQUEUE. A Binding request whose TTL ends here is answered with Time Exceeded that carries a STUN response: number of nodes, congestion, bandwidth each way; and the interfaces. A message that passes with a NETWORK-STATUS attribute gets this node's word written into it. All else passes untouched, and so does everything when this program is gone or too slow.",
			"Runs until a signal, then prints what it did on stderr. Needs CAP_NET_ADMIN and CAP_NET_RAW. Without --install it prints the rules that send it packets; docs/router.md has a drawing of the answer.",
		],
		options: ROUTER_OPTIONS,
		operands: [0, 0],
		completes: null,
	},
	{
		name: "whois",
		usage: "whither whois [OPTION]... NAME|ADDRESS|ASN",
		summary: "Show who a name, an address or an AS number is registered to",
		about: [
			"Asks the registry that IANA names, by RDAP over https, and by WHOIS where there is no RDAP server or it fails. Special-purpose addresses, numbers and names (private, loopback, documentation, ...) are answered without asking anybody. A host is looked up as the domain that it is in. The country is where a network is registered, not where it is.",
			"Answers are kept for an hour in the user's cache folder (XDG_CACHE_HOME), IANA's lists of registries for a day. WHITHER_RDAP_BOOTSTRAP names another place for these lists.",
		],
		options: WHOIS_OPTIONS,
		operands: [1, 2],
		completes: "host",
	},
	{
		name: "completion",
		usage: "whither completion [--install] bash|zsh|fish",
		summary: "Print a completion script for the shell, or install it for this user",
		about: [
			"With --install it goes to ~/.local/share/bash-completion/completions/whither, ~/.local/share/zsh/site-functions/_whither (which $fpath has to name) or ~/.config/fish/completions/whither.fish; the shell may be left out where $SHELL is one of them. A file there that is not whither's stays as it is.",
		],
		options: COMPLETION_OPTIONS,
		operands: [0, 1],
		completes: SHELLS,
	},
	{
		name: "man",
		usage: "whither man",
		summary: "Print the manual page (roff); read it with `whither man | man -l -`",
		about: [],
		options: PLAIN_OPTIONS,
		operands: [0, 0],
		completes: null,
	},
];

/** The one table of commands; the first is meant when none is named. */
export const COMMANDS: readonly CommandRow[] = [
	...TABLE,
	{
		name: "help",
		usage: "whither help [COMMAND]",
		summary: "Show help for a command",
		about: [],
		options: PLAIN_OPTIONS,
		operands: [0, 1],
		completes: TABLE.map(({ name }) => name),
	},
];

/** What the exit code says (the same for every command). */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
	[0, "measured"],
	[
		1,
		"target not reached, under --strict; loss threshold of ping mode reached; two ends not connected; no answer of the STUN server; a server that relays nothing; a registry that has no such object; an assertion that does not hold",
	],
	[2, "wrong usage, or a name that does not resolve"],
	[3, "a privilege is missing and nothing else would do"],
	[4, "the system or the network failed: no route, interface down"],
	[70, "a bug of ours"],
	[130, "interrupted, after the partial result (143: terminated; 129, 131: `whither router` hung up or quit)"],
];

/** The row of a command, or null if the word names none. */
export function findCommand(word: string | undefined): CommandRow | null {
	return COMMANDS.find((command) => command.name === word) ?? null;
}
