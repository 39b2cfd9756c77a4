/** A summary with what is known of its addresses, for reports. */
import type { PathSummary } from "@whither/core";
import type { FactBook } from "../model/model.ts";

/** Names (where they are wanted) and AS numbers put in. */
export function namedSummary(summary: PathSummary, facts: FactBook, names: boolean): PathSummary {
	const hops = summary.hops.map((hop) => ({
		...hop,
		answerers: hop.answerers.map((one) => {
			const known = facts.get(one.address);
			return { ...one, name: names ? (known?.name ?? one.name) : null, asn: known?.asn ?? one.asn };
		}),
	}));
	return { ...summary, hops };
}
