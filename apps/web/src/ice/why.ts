/** Why a browser's connection goes the way it goes, in one sentence from the browser's side. Pure. */
import type { MeetCandidate, MeetOutcome, MeetPair } from "../../../../packages/whither/src/api/meet/result.ts";
import { meetSentence } from "../../../../packages/whither/src/api/meet/words/meet-sentence.ts";
import { type BrowserIce, isHidden } from "./browser-pairs.ts";

/** What is known beside the browser's own figures. */
export interface WhyFacts {
	readonly outcome: MeetOutcome;
	/** What the other end sees this browser at; stands for an address that the browser does not say. */
	readonly seenAs: string | null;
	readonly policy?: "all" | "relay";
	readonly waitMs?: number;
}

/** One sentence. */
export function whyWords(ice: BrowserIce, { outcome, seenAs, policy = "all", waitMs = 60_000 }: WhyFacts): string {
	const known = <End extends MeetCandidate>(end: End): End =>
		end.type === "host" && isHidden(end.address) && seenAs !== null ? { ...end, address: seenAs } : end;
	const pairs = ice.pairs.map(({ pair }): MeetPair => ({ ...pair, local: known(pair.local) }));
	const chosen = pairs.find(({ selected }) => selected);
	const selected =
		chosen === undefined
			? null
			: {
					...{ local: chosen.local, remote: chosen.remote, rttNs: chosen.rttNs, reason: "best" as const },
					relay:
						chosen.local.type === "relay"
							? { server: { address: chosen.local.address, port: chosen.local.port }, leg: "udp" as const }
							: null,
				};
	const local = ice.local.map((each) => ({ ...known(each), server: null, leg: null, interface: null }));
	return meetSentence({
		...{ outcome, policy, waitMs, selected, pairs, candidates: { local, remote: ice.remote } },
		...{
			candidateErrors: [],
			servers: { rendezvous: null, stun: [], turn: [] },
			tcpReached: [],
			peerView: null,
			media: null,
		},
		timings: { gatheredMs: null, connectedMs: null, nominatedMs: null },
	});
}

/** What came of it, as far as the browser's own state says. */
export function outcomeOf(state: RTCIceConnectionState, wasConnected: boolean): MeetOutcome | null {
	const nothing = { failure: null, signalling: null, about: null };
	if (state === "connected" || state === "completed") return { code: "connected", ...nothing };
	if (state !== "failed" && state !== "disconnected") return null;
	if (state === "disconnected") return wasConnected ? { code: "lost", ...nothing } : null;
	return wasConnected
		? { ...nothing, code: "lost", failure: "consentExpired" }
		: { ...nothing, code: "noWay", failure: "allPairsFailed" };
}
