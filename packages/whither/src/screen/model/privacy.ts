/** A path whose first hops are not named: for screens that others see, and reports that are passed on. */
import type { AnswererSummary, PathSummary } from "@whither/core";

/** What stands for an address that is not told. */
export const HIDDEN = "(hidden)";

/** The summary without addresses, names and extensions of the first `hops` TTLs; figures stay. */
export function redacted(summary: PathSummary, hops: number): PathSummary {
	if (hops <= 0) return summary;
	const conceal = (address: string | null) => (address === null ? null : HIDDEN);
	return {
		...summary,
		hops: summary.hops.map((hop) => {
			if (hop.ttl > hops) return hop;
			return { ...hop, answerers: hop.answerers.map(figuresOf) };
		}),
		changes: summary.changes.map((change) =>
			change.ttl > hops ? change : { ...change, from: conceal(change.from), to: conceal(change.to) },
		),
		flows: summary.flows.map((flow) => ({
			...flow,
			addresses: flow.addresses.map((address, index) => (index < hops ? conceal(address) : address)),
		})),
	};
}

/** Nothing but counts and round trips. */
function figuresOf({ received, rtt, firstRound, lastRound }: AnswererSummary): AnswererSummary {
	return { address: HIDDEN, name: null, asn: null, extensions: [], received, rtt, firstRound, lastRound };
}
