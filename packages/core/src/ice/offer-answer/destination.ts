import { type IceCandidateLine, isCandidateName, type StunAddress } from "@whither/wire";

/** Where nothing is sent: candidates come later, or from checks alone (RFC 8839 §4.2.5). */
export const NOWHERE: StunAddress = { address: "0.0.0.0", port: 9 };

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
