import type { SdpAlt } from "@whither/wire";
import type { FirstDraftOrigin, FirstDraftQvalues } from "./first-draft-io.ts";
import { isIpv6, type Site } from "./sites.ts";

/** Those of the examples (draft-rosenberg-sipping-ice-01 §9); a VPN's stands below them all, as §5.3 wants it. */
export const FIRST_DRAFT_QVALUES: FirstDraftQvalues = {
	local: 1,
	stun: 0.8,
	relay: 0.5,
	loneRelay: 0.4,
	privateRelay: 0.4,
	vpn: 0.3,
};

/** How good an address of this kind is; behind a VPN none is better than the VPN's own. */
export function qvalueOf(
	qvalues: FirstDraftQvalues,
	site: Site,
	kind: Exclude<FirstDraftOrigin, "peer"> | "loneRelay" | "privateRelay",
): number {
	return site.vpn ? Math.min(qvalues.vpn, qvalues[kind]) : qvalues[kind];
}

/**
 * Which of two addresses of one end the other rather sends to (§5.3, §5.6): above 0, it is `one`. After the q-value a peer-derived one
 * is preferred, and after that IPv6. Deviation: §5.3 gives the IPv6 one of two with as many intermediaries the higher q-value.
 */
export function comparePriority(one: SdpAlt, other: SdpAlt): number {
	const byQ = one.q - other.q;
	if (byQ !== 0) return byQ;
	const byOrigin = Number(one.derivedFrom !== null) - Number(other.derivedFrom !== null);
	return byOrigin !== 0 ? byOrigin : Number(isIpv6(one.at)) - Number(isIpv6(other.at));
}
