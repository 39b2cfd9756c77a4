import { addressFamily, type IceCandidateLine, isCandidateName, type StunAddress } from "@whither/wire";

/** Where nothing is sent: candidates come later, or from checks alone (RFC 8839 §4.2.5). */
export const NOWHERE: StunAddress = { address: "0.0.0.0", port: 9 };

/** A relay works for most, then what a server has seen (RFC 8445 §5.1.4). */
const LIKELY: Readonly<Record<IceCandidateLine["type"], number>> = { relay: 0, srflx: 1, prflx: 2, host: 3 };

/** The candidate of a component that most peers without ICE could send to; null: there is none that they could. */
export function defaultCandidate(candidates: readonly IceCandidateLine[], component: number): IceCandidateLine | null {
	const usable = candidates.filter(
		(line) => line.component === component && line.transport === "udp" && !isCandidateName(line.address),
	);
	return usable.toSorted(byLikelihood)[0] ?? null;
}

/** IPv4 before IPv6: a peer that knows no ICE seldom knows IPv6. */
function byLikelihood(a: IceCandidateLine, b: IceCandidateLine): number {
	const family = ({ address }: IceCandidateLine) => addressFamily(address) ?? 0;
	return LIKELY[a.type] - LIKELY[b.type] || family(a) - family(b) || b.priority - a.priority;
}

/**
 * Whether a description's own destinations are such as ICE was told of (RFC 8839 §4.2.5): each a candidate, or nowhere as
 * yet, or a name. Something on the way that rewrites addresses breaks that.
 */
export function hasMatchingDestinations(
	destinations: ReadonlyMap<number, StunAddress>,
	candidates: readonly IceCandidateLine[],
): boolean {
	return [...destinations].every(
		([component, { address, port }]) =>
			isNowhere({ address, port }) ||
			isCandidateName(address) ||
			candidates.some((line) => line.component === component && line.address === address && line.port === port),
	);
}

function isNowhere({ address, port }: StunAddress): boolean {
	return port === NOWHERE.port && (address === NOWHERE.address || address === "::");
}
