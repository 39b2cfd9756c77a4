/** What checks of the first draft of ICE have come to, in the words of pairs. */
import type { FirstDraftAddress, FirstDraftCheck, IcePairReport } from "@whither/core";
import { type IceCandidateLine, isSameEndpoint, type StunAddress } from "@whither/wire";
import { bareLine, ownLine, peerLine, placeOf, thousandths } from "./candidate-lines.ts";

/** What is known beside the check. */
export interface CheckFacts {
	/** The socket that it leaves from. */
	readonly base: StunAddress;
	/** All addresses of ours. */
	readonly addresses: readonly FirstDraftAddress[];
	/** Checks of theirs that have come from there to that socket. */
	readonly heard: number;
	readonly icmpErrors: number;
	readonly isSelected: boolean;
}

/** A check as a pair. */
export function pairOfCheck(check: FirstDraftCheck, facts: CheckFacts): IcePairReport {
	const { id, stream, component, base, alt, state, rttNs, requestsSent, failure } = check;
	const hasSucceeded = state === "succeeded";
	return {
		...{ id, stream, component, base, state, rttNs, requestsSent, failure },
		local: seenAs(check, facts),
		remote: peerLine(alt, component),
		...{ writable: hasSucceeded, readable: facts.heard > 0, backup: false },
		...{ nominated: facts.isSelected, selected: facts.isSelected, priority: String(thousandths(alt.q)) },
		...{ retransmissions: Math.max(0, requestsSent - 1), responsesReceived: hasSucceeded ? 1 : 0 },
		...{ requestsReceived: facts.heard, responsesSent: facts.heard, consentRequestsSent: 0 },
		icmpErrors: facts.icmpErrors,
	};
}

/** Where packets go as the description says, and no check has shown that they arrive. */
export function pairUnproved(
	way: { readonly id: number; readonly stream: number; readonly base: number; readonly to: StunAddress },
	facts: Pick<CheckFacts, "base" | "icmpErrors">,
): IcePairReport {
	const { id, stream, base, to } = way;
	return {
		...{ id, stream, component: 1, base, local: bareLine(facts.base, "host", 1), remote: bareLine(to, "host", 1) },
		...{ state: "succeeded", writable: true, readable: false, nominated: false, selected: true, backup: false },
		...{ priority: "0", rttNs: null, requestsSent: 0, retransmissions: 0, responsesReceived: 0 },
		...{ requestsReceived: 0, responsesSent: 0, consentRequestsSent: 0, icmpErrors: facts.icmpErrors, failure: null },
	};
}

/** Our own end as the peer sees it: an address that we have told, or one that only this check has shown. */
function seenAs({ stream, component, mapped }: FirstDraftCheck, { base, addresses }: CheckFacts): IceCandidateLine {
	if (mapped === null) return bareLine(base, "host", component);
	const known = addresses.find(
		({ stream: of, alt }) => of === stream && isSameEndpoint(placeOf(alt, component), mapped),
	);
	if (known === undefined) return { ...bareLine(mapped, "prflx", component), related: base };
	return { ...ownLine(known, base), ...mapped, component };
}
