/** Whether marked SYNs vanish where unmarked ones are answered: what `--ecn` with an ECN offer looks into. */
import { hopsBack } from "../hop-distance.ts";
import type { ProbeContext, TraceEvidence } from "../method.ts";
import type { HopResult, ProbeResult, TraceWarning } from "../result.ts";

/** Name of the companions that go without a mark. */
export const UNMARKED = "unmarked";

/**
 * `ecnDropped`, when only unmarked SYNs were answered by the target. A path that was not followed as far as the answer
 * seems to come from, or whose last hop let marked SYNs pass, proves nothing.
 */
export function ecnConclusions(context: ProbeContext, evidence: TraceEvidence): readonly TraceWarning[] {
	const last = evidence.hops.at(-1);
	if (evidence.reached || last === undefined || !isSilent(last)) return [];
	const unmarked = evidence.companions.filter(({ name }) => name === UNMARKED).flatMap(({ probes }) => probes);
	const answered = unmarked.filter(({ from, reply }) => from === context.target && reply?.icmp === null);
	return answered.some((probe) => last.ttl >= distance(probe)) ? [{ code: "ecnDropped" }] : [];
}

function isSilent({ probes }: HopResult): boolean {
	return probes.length > 0 && probes.every(({ status }) => status === "timeout");
}

/** Hops that an answer seems to have come; 0 where its TTL is unknown. */
function distance({ reply }: ProbeResult): number {
	const ttl = reply?.ttl ?? null;
	return ttl === null ? 0 : hopsBack(ttl);
}
