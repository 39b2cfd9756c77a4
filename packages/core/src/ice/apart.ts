import { areOfOneScope, familyOf } from "./address.ts";
import type { RemoteCandidate } from "./candidate.ts";
import type { Base } from "./locals.ts";
import type { Pair } from "./pair.ts";

/**
 * How likely it is that what ends one pair spares another, such as an interface of either side that is lost: 0 where both
 * ends are the same, up to 6. Our own interfaces are known, the peer's are guessed by its addresses.
 */
export function apartness(a: Pair, b: Pair, bases: ReadonlyMap<number, Base>): number {
	return 2 * localApartness(bases.get(a.local.base), bases.get(b.local.base)) + remoteApartness(a.remote, b.remote);
}

/** 0: one socket; 1: two, which may be of one interface; 2: they are not. */
function localApartness(a: Base | undefined, b: Base | undefined): number {
	if (a === undefined || b === undefined || a === b) return 0;
	const [one, other] = [a.at.interface, b.at.interface];
	if (one !== undefined && other !== undefined) return one === other ? 0.5 : 2;
	return a.at.address === b.at.address ? 0.5 : 1;
}

/** An interface has an address of each family and one of the link, so that two of one kind are probably of two. */
function remoteApartness(a: RemoteCandidate, b: RemoteCandidate): number {
	const [one, other] = [ownAddress(a), ownAddress(b)];
	if (one === other) return 0;
	const isOneKind = familyOf({ address: one }) === familyOf({ address: other }) && areOfOneScope(one, other);
	return isOneKind ? 2 : 1;
}

/** What it is behind its NAT, where it says so. */
function ownAddress({ type, address, related }: RemoteCandidate): string {
	const isTold = type === "srflx" && related !== null && related.port !== 9;
	return isTold ? related.address : address;
}
