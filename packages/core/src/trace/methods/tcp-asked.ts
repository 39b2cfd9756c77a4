/** What `-O` asks of a TCP probe, and what the flags of an answer agree to. */
import { TCP_FLAGS } from "@whither/wire";
import type { MethodOption, ProbeContext } from "../method.ts";

type Options = ProbeContext["options"];
type TcpFlagName = keyof typeof TCP_FLAGS;

/** Names of the nine flags, in the order of their bits from the right. */
const TCP_FLAG_NAMES = Object.keys(TCP_FLAGS) as readonly TcpFlagName[];
const MOST_FLAGS = 0x1ff;
const MOST_16_BITS = 0xffff;

/** The flags by which a SYN offers ECN (RFC 3168 section 6.1.1) and Accurate ECN (RFC 9768 section 3.1.1). */
const ECN_SETUP = TCP_FLAGS.ece | TCP_FLAGS.cwr;
const ACC_ECN_SETUP = ECN_SETUP | TCP_FLAGS.ae;

/** Rows of `-O help` for flags and fields. */
export const TCP_OPTIONS: readonly MethodOption[] = [
	...TCP_FLAG_NAMES.map((name) => ({ name, value: null, summary: `Set the flag ${name.toUpperCase()}` })),
	{
		name: "flags",
		value: "NUM",
		summary: "All nine flags as one number (default: SYN alone)",
		check: (value) => checkNumber(value, 0, MOST_FLAGS),
		excludes: [...TCP_FLAG_NAMES, "ecn", "acc-ecn", "sysctl"],
	},
	// With AE as well it would be an offer of Accurate ECN.
	{
		name: "ecn",
		value: null,
		summary: "Offer ECN, as SYN, ECE and CWR do",
		excludes: ["acc-ecn", "sysctl", "ae"],
	},
	{
		name: "acc-ecn",
		value: null,
		summary: "Offer Accurate ECN, as SYN, AE, CWR and ECE do",
		excludes: ["sysctl"],
	},
	{ name: "sysctl", value: null, summary: "Offer what net.ipv4.tcp_ecn has this machine offer" },
	{
		name: "mss",
		value: "N",
		summary: "Maximum segment size to offer in a SYN; text shows that of the answer",
		check: (value) => checkNumber(value, 1, MOST_16_BITS),
	},
	{
		name: "window",
		value: "N",
		summary: "Receive window to offer",
		check: (value) => checkNumber(value, 0, MOST_16_BITS),
	},
	{ name: "no-extra-ping", value: null, summary: "Do without the SYNs free of ECN that go beside those with it" },
	// For the report alone, which reads it from the orders; no probe is another for it.
	{ name: "info", value: null, summary: "Show the flags and the maximum segment size of TCP answers in text" },
];

/** A decimal or 0x-hexadecimal number; null for anything else. */
function parseNumber(text: string): number | null {
	return /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : null;
}

function checkNumber(text: string, least: number, most: number): string | null {
	const value = parseNumber(text);
	return value === null || value < least || value > most ? `not a number from ${least} to ${most}` : null;
}

/** The value of a numeric option, or what holds without it. */
export function numberOption<Default>(options: Options, name: string, otherwise: Default): number | Default {
	const value = options[name];
	return typeof value === "string" ? (parseNumber(value) ?? otherwise) : otherwise;
}

/** The nine bits that `-O` asks for; SYN alone where it names none. */
export function askedFlags(options: Options): number {
	const number = numberOption(options, "flags", null);
	let flags = number ?? 0;
	for (const name of TCP_FLAG_NAMES) if (options[name] === true) flags |= TCP_FLAGS[name];
	if (options.ecn === true) flags |= TCP_FLAGS.syn | ECN_SETUP;
	if (options["acc-ecn"] === true) flags |= TCP_FLAGS.syn | ACC_ECN_SETUP;
	return flags === 0 && number === null ? TCP_FLAGS.syn : flags;
}

/** The same flags without what offers ECN of either kind. */
export function withoutEcnSetup(flags: number): number {
	return flags & ~ACC_ECN_SETUP;
}

/** What a SYN with these flags offers; null: no ECN, or no SYN. */
export function ecnOffer(flags: number): "ecn" | "accEcn" | null {
	if ((flags & TCP_FLAGS.syn) === 0 || (flags & TCP_FLAGS.ack) !== 0) return null;
	const setup = flags & ACC_ECN_SETUP;
	return setup === ACC_ECN_SETUP ? "accEcn" : setup === ECN_SETUP ? "ecn" : null;
}

/** What a SYN/ACK agreed to; `ecnSeen` is the ECN field of our SYN as the other end says that it came. */
interface EcnAgreement {
	readonly ecn: "ecn" | "accEcn" | "none";
	readonly ecnSeen?: "not-ect" | "ect0" | "ect1" | "ce";
}

/** AE, CWR and ECE of a SYN/ACK to an Accurate ECN offer, read as one number (RFC 9768 section 3.1.2, table 2). */
const ACC_ECN_ANSWERS: readonly EcnAgreement[] = [
	{ ecn: "none" },
	{ ecn: "ecn" },
	{ ecn: "accEcn", ecnSeen: "not-ect" },
	{ ecn: "accEcn", ecnSeen: "ect1" },
	{ ecn: "accEcn", ecnSeen: "ect0" },
	{ ecn: "ecn" },
	{ ecn: "accEcn", ecnSeen: "ce" },
	{ ecn: "none" },
];

/** What the flags of a SYN/ACK make of an offer (RFC 3168 section 6.1.1, RFC 9768 section 3.1.2). */
export function ecnAgreement(offer: "ecn" | "accEcn", flags: number): EcnAgreement {
	if (offer === "ecn") return { ecn: (flags & ECN_SETUP) === TCP_FLAGS.ece ? "ecn" : "none" };
	const bit = (flag: number, value: number) => ((flags & flag) === 0 ? 0 : value);
	const answer = bit(TCP_FLAGS.ae, 4) | bit(TCP_FLAGS.cwr, 2) | bit(TCP_FLAGS.ece, 1);
	return ACC_ECN_ANSWERS[answer] ?? { ecn: "none" };
}

/** Values of net.ipv4.tcp_ecn that make the kernel offer something (Linux, Documentation/networking/ip-sysctl). */
const OFFER_BY_SYSCTL: ReadonlyMap<number, "ecn" | "acc-ecn"> = new Map([
	[1, "ecn"],
	[3, "acc-ecn"],
]);

/** The options with `sysctl` replaced by what this value of net.ipv4.tcp_ecn stands for. */
export function tcpOptionsWithSysctl(options: Options, tcpEcn: number): Options {
	if (options.sysctl === undefined) return options;
	const { sysctl: _replaced, ...others } = options;
	const offer = OFFER_BY_SYSCTL.get(tcpEcn);
	return offer === undefined ? others : { ...others, [offer]: true };
}

/** Names of the flags that are set. */
export function flagNames(flags: number): readonly TcpFlagName[] {
	return TCP_FLAG_NAMES.filter((name) => (flags & TCP_FLAGS[name]) !== 0);
}
