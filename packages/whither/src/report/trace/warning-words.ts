/** Words for the warnings of a result. */
import type { OpenFailure, TraceWarning } from "@whither/core";
import { systemErrorSentence } from "../../api/error-words.ts";

type WarningByCode = { readonly [Warning in TraceWarning as Warning["code"]]: Warning };
type WarningCode = keyof WarningByCode;

/** What the report that a warning stands beside shows already. */
export interface WarningSurroundings {
	/** --changes. */
	readonly changes?: boolean;
}

const SENTENCES: {
	readonly [Code in WarningCode]: (warning: WarningByCode[Code], beside: WarningSurroundings) => string;
} = {
	methodFallback: ({ from, to, reason }) =>
		reason === "permissionDenied"
			? `no privilege for ${from} (it needs CAP_NET_RAW); using ${to}, which needs none`
			: `${from} does not work here (${reason}); using ${to}`,
	shortQuotes: () =>
		"some routers quote too little of a probe to tell which it was; hops that they could be were probed one at a time",
	repliesDropped: ({ count }) =>
		`the kernel dropped ${count} packets before they could be read; missing answers may be its doing`,
	foreignStorm: ({ count }) =>
		`${count} packets came that answered no probe of ours; missing answers may have been crowded out by them`,
	hopsUnseen: () =>
		"these are Node's own sockets, which hear the target and no router: hops before it are unknown, not silent (`whither doctor` says why)",
	notApplied: ({ option, method }) =>
		option === "ecn"
			? `${method} cannot set the ECN bits: Linux keeps them to itself on TCP sockets`
			: `LENGTH does not apply to ${method}: a SYN has the length of its options`,
	sessionFailed: ({ port, failure }) =>
		failure.why === "reset"
			? `${sessionFailure(port, failure)}; choose another port with --port, or trace without a connection by --tcp`
			: `${sessionFailure(port, failure)}; choose an open port with --port, or trace without a connection by --tcp`,
	sessionReset: ({ from }) =>
		`the connection was reset by ${from} in the middle of the trace, so later probes were not sent; --tcp needs no connection`,
	publicAddress: ({ address }, { changes }) =>
		`routers see our packets come from ${address}: a NAT stands on the way out${changes === true ? "" : "; --changes shows behind which hop"}`,
	noSack: (warning) => `${NO_SACK[warning.lostAt](warning)}; answers of the target were told apart by duplicate ACKs`,
	mtuBlackHole: ({ ttl, from, mtu }) =>
		`packets longer than ${mtu} bytes vanish behind hop ${ttl}${from === null ? "" : ` (${from})`} without a word; let ICMP ${tooBig(from)} pass there, or clamp MSS and MTU to ${mtu}`,
	originsUnanswered: ({ server }) =>
		`${server === "dns" ? "the public zones of origins" : server} answered no question, so that origins are unknown; name another server with --as-server`,
	smallWindow: ({ window }) =>
		`the target has room for ${window} bytes only (its receive window): probes beyond that are dropped there, which looks like loss, and longer ones cannot be sent; ask less often (-q), or use --tcp`,
	imported: ({ format }) =>
		`measured by ${format === "atlas" ? "RIPE Atlas" : format} and read from its own format: what that does not hold is unknown here`,
	ecnDropped: () =>
		"SYNs with ECN go unanswered, those without are answered: something drops them; do without (--ecn, -O ecn, acc-ecn or sysctl), or let ECN pass there",
	channelFault: ({ error }) => systemErrorSentence(error, null),
};

/** What a router says that takes no packet of that length, in the words of the family that `from` is of; null: either. */
function tooBig(from: string | null): string {
	const [v4, v6] = ['"fragmentation needed"', '"packet too big"'];
	if (from === null) return `${v4} (IPv6: ${v6})`;
	return from.includes(":") ? v6 : v4;
}

/** Why there was no connection, in words that begin in lower case and end without a full stop. */
export function sessionFailure(port: number, failure: OpenFailure): string {
	switch (failure.why) {
		case "refused":
			return `the connection to TCP port ${port} was refused by ${failure.from}`;
		case "reset":
			return `the connection to TCP port ${port} was accepted and then reset by ${failure.from}`;
		case "unreachable":
			return `the connection to TCP port ${port} cannot be made, says ${failure.from} (ICMP ${failure.icmp.type}/${failure.icmp.code})`;
		case "timeout":
			return `the connection to TCP port ${port} was not answered`;
		case "failed":
			return systemErrorSentence(failure.error, null);
	}
}

type NoSack = WarningByCode["noSack"];

const NO_SACK: Readonly<Record<NoSack["lostAt"], (warning: NoSack) => string>> = {
	here: () => "SACK is switched off on this machine (net.ipv4.tcp_sack)",
	hop: (warning) => `SACK was taken out of our SYN ${strippedAt(warning)}: look at the middlebox there`,
	beyond: ({ ttl }) =>
		`the SYN/ACK came without SACK: the target does not speak it, or it was taken out ${ttl === null ? "on the way there" : `behind hop ${ttl}`} or back`,
	answers: () =>
		"the target agreed to SACK, but its acknowledgments come without blocks: a middlebox takes them out on the way back",
	unknown: () => "the SYN/ACK came without SACK, and nobody quotes enough of a SYN to tell where it was lost",
};

function strippedAt({ ttl, goneAtTtl }: NoSack): string {
	if (ttl === null) return `before hop ${goneAtTtl ?? 1}`;
	return goneAtTtl === undefined || goneAtTtl === ttl + 1
		? `behind hop ${ttl}`
		: `between hops ${ttl} and ${goneAtTtl}`;
}

/** One sentence without a full stop; a code of a later version, read from a file, is shown with its data. */
export function warningSentence(warning: TraceWarning, beside: WarningSurroundings = {}): string {
	return Object.hasOwn(SENTENCES, warning.code) ? sentenceOf(warning.code, warning, beside) : withData(warning);
}

function sentenceOf<Code extends WarningCode>(
	code: Code,
	warning: WarningByCode[Code],
	beside: WarningSurroundings,
): string {
	return SENTENCES[code](warning, beside);
}

function withData({ code, ...data }: TraceWarning): string {
	const rest = Object.keys(data).length === 0 ? "" : ` ${JSON.stringify(data)}`;
	return `${code}${rest}`;
}
