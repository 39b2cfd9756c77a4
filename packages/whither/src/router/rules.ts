/**
 * The firewall rule that hands STUN datagrams to the node: UDP whose bytes 4 to 7 behind the UDP header are the magic
 * cookie, as they come in and before they are routed. Pure: words for iptables(8) and ip6tables(8).
 */

import { STUN_COOKIE } from "@whither/wire";

/** Which packets go to which queue. */
export interface RuleRequest {
	readonly queue: number;
	/** Only what comes in by this interface; null: by any. */
	readonly interface: string | null;
}

/** Marks the rules that `--install` made, so that a later start knows what a killed one left behind. */
export const RULE_COMMENT = "whither router";

/** One command for each family. */
export const RULE_COMMANDS = { 4: "iptables", 6: "ip6tables" } as const;

const COOKIE = `0x${STUN_COOKIE.toString(16)}`;

/**
 * The u32 match counts from the IP header: over IPv4 the header's own length is added, over IPv6 it is fixed (40), so
 * datagrams behind extension headers do not match. Fragments but the first have no UDP header.
 */
const MATCH = {
	4: ["!", "-f", "-m", "u32", "--u32", `0>>22&0x3C@12=${COOKIE}`],
	6: ["-m", "u32", "--u32", `52=${COOKIE}`],
} as const;
const CHAIN = "PREROUTING";
const TABLE = ["-t", "mangle"] as const;
/** Seconds to wait for somebody else who is changing rules. */
const LOCK_WAIT = ["-w", "5"] as const;

/** Arguments that add or delete our rule. At the end of the chain: what stands behind a queue would be passed over. */
export function ruleArguments(family: 4 | 6, action: "-A" | "-D", request: RuleRequest): readonly string[] {
	return [...LOCK_WAIT, ...TABLE, action, CHAIN, ...matchWords(family, request), ...commentWords(), ...target(request)];
}

/** Arguments that list the chain in the form that `strayRules` reads. */
export const LIST_ARGUMENTS: readonly string[] = [...LOCK_WAIT, ...TABLE, "-S", CHAIN];

/** The command to type for the same rule by hand; it bears no mark, so that nobody but its maker takes it away. */
export function manualRule(family: 4 | 6, request: RuleRequest): string {
	const words = [...TABLE, "-A", CHAIN, ...matchWords(family, request), ...target(request)];
	return [RULE_COMMANDS[family], ...words.map(quoted)].join(" ");
}

/** Arguments that delete each of the rules with our mark in a listing whose queue `isStray`. */
export function strayRules(listing: string, isStray: (queue: number) => boolean): readonly (readonly string[])[] {
	return listing.split("\n").flatMap((line) => {
		const words = wordsOf(line);
		const [action, ...rule] = words;
		const queue = Number(words[words.indexOf("--queue-num") + 1]);
		const isOurs = words[words.indexOf("--comment") + 1] === RULE_COMMENT && words.includes("NFQUEUE");
		return action === "-A" && isOurs && isStray(queue) ? [[...LOCK_WAIT, ...TABLE, "-D", ...rule]] : [];
	});
}

function matchWords(family: 4 | 6, { interface: device }: RuleRequest): readonly string[] {
	return [...(device === null ? [] : ["-i", device]), "-p", "udp", ...MATCH[family]];
}

/** Without a program on the queue packets go on: --queue-bypass. */
function target({ queue }: RuleRequest): readonly string[] {
	return ["-j", "NFQUEUE", "--queue-num", String(queue), "--queue-bypass"];
}

function commentWords(): readonly string[] {
	return ["-m", "comment", "--comment", RULE_COMMENT];
}

function quoted(word: string): string {
	return /^[\w./-]+$/.test(word) ? word : `'${word}'`;
}

/** The words of a listed rule; those with spaces in them stand in double quotes. */
function wordsOf(line: string): readonly string[] {
	return (line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1"));
}
