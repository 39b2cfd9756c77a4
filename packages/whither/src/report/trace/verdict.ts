/** The diagnosis: what a trace shows, in one sentence, and what else a reader may misread in it. */
import { findMethod, type TraceResult } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";
import { printable } from "../printable.ts";
import { annotation } from "./annotation.ts";
import { findLoop, type HopFacts, hopFacts, lastAnswered } from "./facts.ts";
import { hopNotes } from "./verdict-notes.ts";
import { sessionFailure } from "./warning-words.ts";

/** How the trace ended, for programs. */
export type VerdictCode =
	| "reached"
	| "noConnection"
	| "connectionReset"
	| "marksDropped"
	| "blackHole"
	| "unreachable"
	| "loop"
	| "silentAfter"
	| "nothingAnswers"
	| "moreHops"
	| "timeout"
	| "interrupted"
	| "error";

/** Something that is often misread. */
export interface Note {
	readonly code:
		| "rateLimited"
		| "silentHop"
		| "severalRouters"
		| "tunnel"
		| "nat"
		| "pathMtu"
		| "lossFromHop"
		| "refused"
		| "privilege";
	readonly sentence: string;
}

/** The diagnosis; the sentences are English and end in a full stop. */
export interface Verdict {
	readonly code: VerdictCode;
	readonly sentence: string;
	readonly notes: readonly Note[];
}

/** What the result says about the path. Pure; the sentences are English and end in a full stop. */
export function verdict(result: TraceResult): Verdict {
	const hops = hopFacts(result);
	return { ...conclusion(result, hops), notes: hopNotes(result, hops) };
}

function conclusion(result: TraceResult, hops: readonly HopFacts[]): Omit<Verdict, "notes"> {
	const last = lastAnswered(hops);
	const loop = findLoop(hops);
	const warned = warnedConclusion(result, last);
	if (warned !== null) return warned;
	if (result.reached) return { code: "reached", sentence: reachedSentence(result, hops, last) };
	if (loop !== null) {
		const among = loop.addresses.length === 2 ? "between" : "among";
		return {
			code: "loop",
			sentence: `Packets go round in a loop ${among} ${loop.addresses.join(" and ")} from hop ${loop.fromTtl} on: those routers send them to each other.`,
		};
	}
	if (result.stopReason === "unreachable") return { code: "unreachable", sentence: unreachableSentence(result, last) };
	if (result.stopReason === "interrupted") return { code: "interrupted", sentence: `Interrupted; ${farthest(last)}.` };
	if (result.stopReason === "timeout")
		return { code: "timeout", sentence: `Out of time (--timeout); ${farthest(last)}.` };
	if (result.stopReason === "error") return { code: "error", sentence: `The trace broke off; ${farthest(last)}.` };
	return silence(result, hops, last);
}

/** What the tracer has found out about the path by other means than the hops' answers. */
function warnedConclusion(result: TraceResult, last: HopFacts | null): Omit<Verdict, "notes"> | null {
	for (const warning of result.warnings) {
		if (warning.code === "sessionFailed") {
			const why = `${sessionFailure(warning.port, warning.failure)}, so there was no connection to trace in.`;
			return { code: "noConnection", sentence: sentenceCase(why) };
		}
		if (warning.code === "mtuBlackHole") {
			const { ttl, mtu } = warning;
			const reached = result.reached ? "Small packets reach the target" : farthestWords(last);
			const sentence = `${reached}, but those longer than ${mtu} bytes vanish behind hop ${ttl} without a word: an MTU black hole.`;
			return { code: "blackHole", sentence };
		}
		if (result.reached) continue;
		if (warning.code === "ecnDropped") {
			const sentence =
				"The target answers SYNs without ECN, and none with it: something on the way, or the target, drops those with it.";
			return { code: "marksDropped", sentence };
		}
		if (warning.code === "sessionReset") {
			const sentence = `The connection was reset by ${warning.from} before the target had answered in it; ${farthest(last)}.`;
			return { code: "connectionReset", sentence };
		}
	}
	return null;
}

function farthestWords(last: HopFacts | null): string {
	return last === null ? "Nobody answered" : `Small packets come as far as hop ${last.ttl} (${describeHop(last)})`;
}

function sentenceCase(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

function reachedSentence(result: TraceResult, hops: readonly HopFacts[], last: HopFacts | null): string {
	const target = nameAndAddress(result.target.name, result.target.address);
	const count = last?.ttl ?? hops.length;
	const rtt = last === null || last.bestRttNs === null ? "" : `, ${milliseconds(last.bestRttNs)} away`;
	const missing = last === null ? 0 : last.sent - last.answered;
	const loss = missing === 0 || last === null ? "" : `; ${missing} of its ${last.sent} probes went unanswered`;
	return `Reached ${target} in ${count} ${count === 1 ? "hop" : "hops"}${rtt}${loss}.`;
}

/** traceroute's marks in words; the rest say their number. */
const MARK_WORDS: Readonly<Record<string, string>> = {
	"!N": "has no route to that network",
	"!H": "cannot find that host (switched off, or no such address)",
	"!P": "says the target does not speak this protocol; try another --method",
	"!X": "refuses this traffic (a filter there); try another --method or port",
	"!S": "could not follow the source route",
	"!V": "refuses it for its precedence (RFC 1812 host precedence violation)",
	"!C": "refuses it for its precedence (RFC 1812 precedence cutoff)",
};

function unreachableSentence(result: TraceResult, last: HopFacts | null): string {
	const probes = result.hops.flatMap((hop) => hop.probes.map((probe) => ({ hop, probe })));
	const refusal = probes.findLast(({ probe }) => annotation(result.family, probe) !== "");
	if (refusal === undefined) return `The target cannot be reached; ${farthest(last)}.`;
	const mark = annotation(result.family, refusal.probe);
	const words = mark.startsWith("!F")
		? `lets no packet of this length through${mtuWords(mark)}`
		: (MARK_WORDS[mark] ?? `answers that it cannot be reached (${mark})`);
	return `Hop ${refusal.hop.ttl} (${refusal.probe.from ?? "this machine"}) ${words}.`;
}

function mtuWords(mark: string): string {
	const mtu = mark.slice("!F-".length);
	return mtu === "" || mtu === "0" ? "; ask for a smaller LENGTH" : ` (its next link takes ${mtu} bytes)`;
}

function silence(result: TraceResult, hops: readonly HopFacts[], last: HopFacts | null): Omit<Verdict, "notes"> {
	if (last === null && result.channel === "portable") {
		const sentence = "The target did not answer; what routers say is not heard here.";
		return { code: "nothingAnswers", sentence };
	}
	if (last === null) {
		const sentence =
			"Nobody answered at all: a firewall close to here drops the probes or their answers, or the link is dead.";
		return { code: "nothingAnswers", sentence };
	}
	if (last.ttl === hops.at(-1)?.ttl) {
		const sentence = `${result.options.maxTtl} hops were not enough and routers still answer; allow more with --max-hops.`;
		return { code: "moreHops", sentence };
	}
	const sentence = `Nothing answers after hop ${last.ttl} (${describeHop(last)}): the target is down, or a firewall drops these probes${advice(result.method)}.`;
	return { code: "silentAfter", sentence };
}

/** Another method that firewalls often let through. */
function advice(method: string): string {
	const isTcp = findMethod(method)?.channels.some((need) => need.protocol === IP_PROTOCOL.tcp) ?? false;
	return isTcp ? "; try -I" : "; try -T --port 443";
}

function farthest(last: HopFacts | null): string {
	return last === null
		? "nobody had answered by then"
		: `the farthest answer came from hop ${last.ttl} (${describeHop(last)})`;
}

function describeHop(hop: HopFacts): string {
	const address = hop.addresses[0] ?? "";
	return hop.name === null ? address : nameAndAddress(hop.name, address);
}

function nameAndAddress(name: string, address: string): string {
	return name === address ? address : `${printable(name)} (${address})`;
}

function milliseconds(nanoseconds: number): string {
	const value = nanoseconds / 1e6;
	return `${value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}
