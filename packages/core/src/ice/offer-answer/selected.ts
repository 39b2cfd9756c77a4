import type { IcePairReport } from "../ice-io.ts";
import type { IceStreamReading } from "./shapes.ts";

/** What to do about an offer that names selected pairs. */
export type SelectedVerdict =
	/** It names none. */
	| { readonly kind: "none" }
	/** They work: an answer has their local ends as its candidates and destinations (`IceSide.selected`). */
	| { readonly kind: "agreed"; readonly pairs: readonly IcePairReport[] }
	/** A check that may still agree is under way: to be asked again when it is over. */
	| { readonly kind: "wait" }
	/** The network has changed: it is answered as if it named none, then ICE restarts. */
	| { readonly kind: "failed" };

/**
 * The offer of a peer that controls may overtake the checks that it speaks of (RFC 8839 §4.4.2): whether the pairs of
 * `remote-candidates` with its destinations work here as well. `pairs`: those of this stream, as the agent has them.
 */
export function weighSelected(
	{ remoteCandidates, destinations }: Pick<IceStreamReading, "remoteCandidates" | "destinations">,
	pairs: readonly IcePairReport[],
): SelectedVerdict {
	if (remoteCandidates.length === 0) return { kind: "none" };
	const agreed: IcePairReport[] = [];
	let isWaiting = false;
	for (const { component, address, port } of remoteCandidates) {
		const theirs = destinations.get(component);
		const towards = pairs.filter(
			({ component: number, remote }) =>
				number === component && remote.address === theirs?.address && remote.port === theirs.port,
		);
		const pair = towards.find(({ local, writable }) => writable && local.address === address && local.port === port);
		if (pair !== undefined) agreed.push(pair);
		else if (towards.some(({ state }) => state !== "failed" && state !== "succeeded")) isWaiting = true;
		else return { kind: "failed" };
	}
	return isWaiting ? { kind: "wait" } : { kind: "agreed", pairs: agreed };
}
