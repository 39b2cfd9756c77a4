/** Whether a path is still the one that was saved. */
import type { TraceResult } from "@whither/core";
import { lastTtl, targetTtl } from "./path-facts.ts";

/** Hops that are others, the first in words. */
export interface BaselineComparison {
	readonly differing: number;
	/** Without a full stop; null: none differs. */
	readonly first: string | null;
}

/**
 * A hop is the same where somebody who answered then answers now: of several next hops (ECMP) each trace sees some. A hop that is silent in
 * either is passed over, but not the target: where it was reached, it has to be, at the same hop.
 */
export function compareWithBaseline(trace: TraceResult, saved: TraceResult): BaselineComparison {
	const [now, then] = [targetTtl(trace), targetTtl(saved)];
	const differences: string[] = [];
	const last = Math.max(lastTtl(trace), lastTtl(saved));
	for (let ttl = 1; ttl <= last; ttl++) {
		const [here, before] = [answerersAt(trace, ttl), answerersAt(saved, ttl)];
		const isEnd = ttl === now || ttl === then;
		if (here.length === 0 || before.length === 0) {
			if (isEnd && now !== then) differences.push(endWords(ttl, { now, then }));
		} else if (!here.some((address) => before.includes(address)))
			differences.push(`hop ${ttl} was ${before.join(" or ")} and is ${here.join(" or ")}`);
		else if (isEnd && now !== then) differences.push(endWords(ttl, { now, then }));
	}
	return { differing: differences.length, first: differences[0] ?? null };
}

function endWords(ttl: number, { now, then }: { readonly now: number | null; readonly then: number | null }): string {
	if (now === null) return `the target answered at hop ${then}, and does not now`;
	if (then === null) return `the target did not answer, and does now at hop ${now}`;
	return ttl === then
		? `the target answered at hop ${then}, and does now at hop ${now}`
		: `the target answers at hop ${now} and answered at hop ${then}`;
}

function answerersAt(trace: TraceResult, ttl: number): readonly string[] {
	const probes = trace.hops.find((hop) => hop.ttl === ttl)?.probes ?? [];
	return [...new Set(probes.flatMap(({ from }) => (from === null ? [] : [from])))];
}
