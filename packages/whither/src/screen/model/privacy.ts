/** A path whose first hops are not named: for screens that others see, and reports that are passed on. */
import type { PathSummary } from "@whither/core";

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
			const nobody = { address: HIDDEN, name: null, asn: null, extensions: [] };
			return { ...hop, answerers: hop.answerers.map((one) => ({ ...one, ...nobody })) };
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
