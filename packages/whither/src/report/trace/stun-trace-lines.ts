/**
 * What a trace by STUN tells beside its hops, a line each: transactions and how many ran at once, what was sent again
 * (crude loss), our public address, what nodes on the way said of themselves, and how long all of it took. Lines are
 * indented and hold neither a star nor a time in ms, so that programs that read traceroute's hops find none in them.
 */
import type { ExtensionJson, HopResult, ProbeResult, TraceResult } from "@whither/core";
import { printable } from "../printable.ts";
import { formatExtensions } from "./extension-text.ts";
import { formatNetworkStatus } from "./stun-trace-words.ts";

const NANOSECONDS_PER_SECOND = 1e9;

/** Each line with its newline. */
export function formatStunLines(result: TraceResult): string {
	const lines = [
		transactionsLine(result),
		retransmitsLine(result.hops),
		...publicAddressLine(result),
		...result.hops.flatMap(nodeLines),
		...pathLines(result),
		`Complete: ${(result.durationNs / NANOSECONDS_PER_SECOND).toFixed(6)} s`,
	];
	return lines.map((line) => `   ${line}\n`).join("");
}

function transactionsLine({ counters, hops, durationNs }: TraceResult): string {
	const transactions = counters.sent - hops.reduce((sum, hop) => sum + retransmitsOf(hop), 0);
	return `Transactions: ${transactions}, ${mostAtOnce(hops, durationNs)} at once`;
}

/** Most transactions that had left and had no answer yet; one without any was under way to the end. */
function mostAtOnce(hops: readonly HopResult[], durationNs: number): number {
	const changes = hops
		.flatMap(({ probes }) => probes)
		.filter(({ status }) => status !== "sendError")
		.flatMap(({ sentAtNs, rttNs }) => [
			{ at: sentAtNs, by: 1 },
			{ at: rttNs === null ? Math.max(durationNs, sentAtNs) : sentAtNs + rttNs, by: -1 },
		])
		.sort((a, b) => a.at - b.at || a.by - b.by);
	let [under, most] = [0, 0];
	for (const { by } of changes) {
		under += by;
		most = Math.max(most, under);
	}
	return most;
}

function retransmitsOf({ probes }: HopResult): number {
	return probes.reduce((sum, { retransmissions = 0 }) => sum + retransmissions, 0);
}

function retransmitsLine(hops: readonly HopResult[]): string {
	const counts = hops.map((hop) => ({ ttl: hop.ttl, count: retransmitsOf(hop) })).filter(({ count }) => count > 0);
	const all = counts.reduce((sum, { count }) => sum + count, 0);
	const where = counts.map(({ ttl, count }) => `hop ${ttl}: ${count}`).join(", ");
	return where === "" ? "Retransmits: 0" : `Retransmits: ${all} (${where})`;
}

function publicAddressLine({ source }: TraceResult): readonly string[] {
	return source.publicAddress === null ? [] : [`Public address: ${source.publicAddress}`];
}

/** What one node said of itself: each different thing once, however often it was said. */
function nodeLines({ ttl, probes }: HopResult): readonly string[] {
	const said = probes.flatMap(({ from, name, extensions }) => {
		const parts = extensions.map(nodeText).filter((part) => part !== "");
		const who = name === null || name === from ? from : `${printable(name)} (${from})`;
		return parts.length === 0 ? [] : [`Hop ${ttl}, ${who}: ${parts.join("; ")}`];
	});
	return [...new Set(said)];
}

/** Label stacks are of the path, and stand with the hops. */
function nodeText(extension: ExtensionJson): string {
	const { mpls, stun } = extension;
	if (mpls !== undefined) return "";
	if (typeof stun !== "object" || stun === null) return formatExtensions([extension]);
	const status = formatNetworkStatus("networkStatus" in stun ? stun.networkStatus : undefined);
	return status === "" ? "" : `${status} (a hint, unauthenticated)`;
}

/** What the target's answers brought home of the whole way, there and back. */
function pathLines({ hops }: TraceResult): readonly string[] {
	const answers = hops.at(-1)?.probes ?? [];
	const said = answers.flatMap(({ reply }) => {
		const { upstream, downstream } = statusesOf(reply);
		return [...wayLine("there", upstream), ...wayLine("back", downstream)];
	});
	return [...new Set(said)];
}

function statusesOf(reply: ProbeResult["reply"]): { readonly upstream?: unknown; readonly downstream?: unknown } {
	const status = reply?.kind === "stun" ? reply.detail.networkStatus : undefined;
	return typeof status === "object" && status !== null ? status : {};
}

function wayLine(way: string, status: unknown): readonly string[] {
	const text = formatNetworkStatus(status);
	return text === "" ? [] : [`Way ${way}: ${text}`];
}
