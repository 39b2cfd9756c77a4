/** What one hop shows, in a sentence for somebody who has never read a trace; the demo puts it under the line. */
import type { HopResult, ProbeResult } from "@whither/core";

/** What a hop shows: a code for programs, a sentence for people. */
export interface HopExplanation {
	readonly code:
		| "silent"
		| "severalRouters"
		| "missing"
		| "tunnel"
		| "enriched"
		| "interface"
		| "translator"
		| "target";
	readonly sentence: string;
}

/** The sentence, or null for an ordinary hop. `target` is the traced address, `queries` the probes a hop. */
export function explainHop(hop: HopResult, target: string, queries: number): HopExplanation | null {
	const code = findingOf(hop, target, queries);
	return code === null ? null : { code, sentence: SENTENCES[code] };
}

const SENTENCES: Readonly<Record<HopExplanation["code"], string>> = {
	silent: "Nobody answers here, yet later hops do: this one forwards but sends no ICMP.",
	severalRouters: "Several routers at one distance: a load balancer before them spread the probes over its links.",
	missing: "Missing answers (*) are loss only if every later hop misses some too; often the router limits its ICMP.",
	tunnel: "Inside an MPLS tunnel: the router quotes the labels (L=) that the packet came with.",
	enriched:
		"This router tells in STUN what its link can carry (enriched ICMP). Nothing proves it, so it is a hint and no more.",
	interface: "This router names the interface the packet came in by (RFC 5837).",
	translator: "The NAT before the target: it speaks by the same address, and passes packets on.",
	target: "The target itself: its answer ends the trace.",
};

function findingOf(hop: HopResult, target: string, queries: number): HopExplanation["code"] | null {
	const probes = hop.probes.slice(0, queries);
	const replies = probes.filter((probe) => probe.status === "reply");
	if (replies.length === 0) return "silent";
	if (new Set(replies.map((probe) => probe.from)).size > 1) return "severalRouters";
	if (replies.length < probes.length) return "missing";
	if (replies.some((probe) => carries(probe, "mpls"))) return "tunnel";
	if (replies.some((probe) => carries(probe, "stun"))) return "enriched";
	if (replies.some((probe) => carries(probe, "interface"))) return "interface";
	if (!replies.some((probe) => probe.from === target)) return null;
	return replies.every((probe) => probe.reply?.kind === "timeExceeded") ? "translator" : "target";
}

function carries(probe: ProbeResult, object: "mpls" | "interface" | "stun"): boolean {
	return probe.extensions.some((extension) => extension[object] !== undefined);
}
