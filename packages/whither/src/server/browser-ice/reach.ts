/** What of this machine browsers are told, and what of theirs is tried. Pure. */
import { addressFamily, type IceCandidateLine } from "@whither/wire";
import type { VisitOrder } from "../../api/meet/visit/visit.ts";
import type { TargetPolicy } from "../policy/target-policy.ts";

/** Where the server listens, as its HTTP listener was opened. */
export interface Reach {
	readonly places: readonly { readonly address: string }[];
	/** Nobody but this machine can reach it. */
	readonly local: boolean;
}

/** Places elsewhere than where a visitor asks from that are tried: checks go to each, whoever is there, about ten times. */
const MOST_ELSEWHERE = 8;

/**
 * Addresses of ours: those that the server listens on. Of a visitor's: the one that it asks from, multicast DNS names, and what
 * may be traced, a few where strangers ask; from wherever else its own checks come, they are answered. Other names are not looked up for strangers.
 */
export function reachOf(
	{ places, local }: Reach,
	policy: TargetPolicy,
	visitor: string,
): NonNullable<VisitOrder["ice"]> {
	const listening = new Set(places.map(({ address }) => address.replace(/%.*$/, "")));
	const isAny = (address: string) => listening.has(address.includes(":") ? "::" : "0.0.0.0");
	// Whoever meets by a code, and whoever is on this machine, is no stranger.
	const isOneOfFew = fewPlaces(local || visitor === "" ? Number.POSITIVE_INFINITY : MOST_ELSEWHERE);
	return {
		loopback: local,
		allowInterface: ({ address }) => listening.has(address) || isAny(address),
		allowRemote: (line) =>
			line.type === "prflx" || line.address === visitor || (isAllowed(line, policy) && isOneOfFew(line)),
	};
}

function isAllowed({ address }: IceCandidateLine, policy: TargetPolicy): boolean {
	const family = addressFamily(address);
	if (family === null) return address.endsWith(".local");
	return policy.judge(address, [{ name: address, address, family, zone: null }]) === null;
}

function fewPlaces(most: number): (line: IceCandidateLine) => boolean {
	const places = new Set<string>();
	return ({ address, port, transport }) => {
		if (places.size < most) places.add(`${transport} ${address} ${port}`);
		return places.has(`${transport} ${address} ${port}`);
	};
}
