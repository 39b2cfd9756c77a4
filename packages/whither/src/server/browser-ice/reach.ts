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

/**
 * Addresses of ours: those that the server listens on. Of a visitor's: the one that it asks from, multicast DNS names, and what
 * may be traced; from wherever else its own checks come, they are answered. Other names are not looked up for strangers.
 */
export function reachOf(
	{ places, local }: Reach,
	policy: TargetPolicy,
	visitor: string,
): NonNullable<VisitOrder["ice"]> {
	const listening = new Set(places.map(({ address }) => address.replace(/%.*$/, "")));
	const isAny = (address: string) => listening.has(address.includes(":") ? "::" : "0.0.0.0");
	return {
		loopback: local,
		allowInterface: ({ address }) => listening.has(address) || isAny(address),
		allowRemote: (line) => line.type === "prflx" || line.address === visitor || isAllowed(line, policy),
	};
}

function isAllowed({ address }: IceCandidateLine, policy: TargetPolicy): boolean {
	const family = addressFamily(address);
	if (family === null) return address.endsWith(".local");
	return policy.judge(address, [{ name: address, address, family, zone: null }]) === null;
}
