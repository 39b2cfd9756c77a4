/** Plain facts read off a result that the diagnosis is made from: who answered where, how much, how fast. */
import type { HopResult, ProbeResult, TraceResult } from "@whither/core";

/** One hop in numbers. */
export interface HopFacts {
	readonly ttl: number;
	readonly sent: number;
	readonly answered: number;
	/** Distinct addresses in the order first heard. */
	readonly addresses: readonly string[];
	readonly name: string | null;
	/** Smallest round trip, or null when nothing answered. */
	readonly bestRttNs: number | null;
}

/** The facts of every hop, in order. */
export function hopFacts(result: TraceResult): readonly HopFacts[] {
	return result.hops.map((hop) => factsOfHop(hop, result.options.queries));
}

/** Only the hop's own probes count: further answers of the target are there because they came, so they say nothing of loss. */
function factsOfHop(hop: HopResult, queries: number): HopFacts {
	const probes = hop.probes.slice(0, queries);
	const replies = probes.filter((probe) => probe.status === "reply");
	return {
		ttl: hop.ttl,
		sent: probes.length,
		answered: replies.length,
		addresses: [...new Set(replies.flatMap((probe) => (probe.from === null ? [] : [probe.from])))],
		name: replies.find((probe) => probe.name !== null)?.name ?? null,
		bestRttNs: replies.reduce(smallerRtt, null as number | null),
	};
}

function smallerRtt(best: number | null, probe: ProbeResult): number | null {
	if (probe.rttNs === null) return best;
	return best === null ? probe.rttNs : Math.min(best, probe.rttNs);
}

/** The last hop that anybody answered for, or null. */
export function lastAnswered(hops: readonly HopFacts[]): HopFacts | null {
	return hops.findLast((hop) => hop.answered > 0) ?? null;
}

/** Routers that send packets to each other, and the hop it begins at. */
export interface Loop {
	readonly fromTtl: number;
	readonly addresses: readonly string[];
}

/** Longest cycle looked for, in hops; real routing loops are mostly two routers long. */
const LONGEST_CYCLE = 4;

/**
 * A routing loop at the end of the path: the same routers in the same order at least twice over, up to the last
 * answer. One address twice in a row is no loop: some routers answer for the next one.
 */
export function findLoop(hops: readonly HopFacts[]): Loop | null {
	const answering = hops.filter((hop) => hop.addresses.length === 1);
	for (let period = 2; period <= LONGEST_CYCLE; period++) {
		const repeats = countRepeats(answering, period);
		if (repeats < period + 1) continue;
		const first = answering[answering.length - repeats - period];
		const cycle = answering.slice(-repeats - period).slice(0, period);
		const addresses = cycle.flatMap((hop) => hop.addresses);
		if (first !== undefined && new Set(addresses).size > 1) return { fromTtl: first.ttl, addresses };
	}
	return null;
}

/** How many hops at the end are answered by the router that answered `period` TTLs before. */
function countRepeats(hops: readonly HopFacts[], period: number): number {
	let repeats = 0;
	for (let index = hops.length - 1; index >= period; index--) {
		const [here, before] = [hops[index], hops[index - period]];
		if (here === undefined || before === undefined) break;
		if (here.ttl - before.ttl !== period || here.addresses[0] !== before.addresses[0]) break;
		repeats++;
	}
	return repeats;
}
