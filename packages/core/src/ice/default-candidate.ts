import { addressFamily, type IceCandidateLine, isCandidateName } from "@whither/wire";

/** A relay works for most, then what a server has seen (RFC 8445 §5.1.4). */
const LIKELY: Readonly<Record<IceCandidateLine["type"], number>> = { relay: 0, srflx: 1, prflx: 2, host: 3 };

/** What is looked at. */
type Facts = Pick<IceCandidateLine, "component" | "transport" | "address" | "type" | "priority">;

/** The candidate of a component that most peers without ICE could send to; null: there is none that they could. */
export function defaultCandidate<Candidate extends Facts>(
	candidates: readonly Candidate[],
	component: number,
): Candidate | null {
	const usable = candidates.filter(
		(line) => line.component === component && line.transport === "udp" && !isCandidateName(line.address),
	);
	return usable.toSorted(byLikelihood)[0] ?? null;
}

/** IPv4 before IPv6: a peer that knows no ICE seldom knows IPv6. */
function byLikelihood(a: Facts, b: Facts): number {
	const family = ({ address }: Facts) => addressFamily(address) ?? 0;
	return LIKELY[a.type] - LIKELY[b.type] || family(a) - family(b) || b.priority - a.priority;
}
