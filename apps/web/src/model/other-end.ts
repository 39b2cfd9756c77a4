/** What the other end of a connection tells of it, event by event. Pure. */

import type { TraceResult } from "../../../../packages/core/src/trace/result.ts";
import type { MeetEvent } from "../../../../packages/whither/src/api/meet/events.ts";
import type {
	MeetCandidate,
	MeetOutcome,
	MeetPair,
	MissingPath,
} from "../../../../packages/whither/src/api/meet/result.ts";
import { type Lanes, withPair } from "./lanes.ts";

/** As it stands. */
export interface OtherEnd {
	readonly state: string;
	/** By its own number for each; in the order in which they came. */
	readonly pairs: readonly { readonly id: string; readonly pair: MeetPair }[];
	readonly selectedId: string | null;
	readonly local: readonly MeetCandidate[];
	readonly remote: readonly MeetCandidate[];
	readonly lanes: Lanes;
	readonly outcome: MeetOutcome | null;
	readonly why: string | null;
	/** From there to here. */
	readonly path: TraceResult | null;
	/** It was traced by other packets than the connection's. */
	readonly isBeside: boolean;
	readonly missing: MissingPath | null;
}

/** Before it has told anything. */
export const SILENT: OtherEnd = {
	...{ state: "new", pairs: [], selectedId: null, local: [], remote: [], lanes: [], outcome: null, why: null },
	...{ path: null, isBeside: false, missing: null },
};

const MOST_CANDIDATES = 100;
const MOST_PAIRS = 200;

/** With one more piece of news, which was `atMs` after the beginning. */
export function hear(end: OtherEnd, event: MeetEvent, atMs: number): OtherEnd {
	switch (event.kind) {
		case "state":
			return { ...end, state: event.state };
		case "candidate":
			return { ...end, local: withCandidate(end.local, event.candidate) };
		case "remoteCandidate":
			return { ...end, remote: withCandidate(end.remote, event.candidate) };
		case "pair":
			return withNews(end, String(event.id), event.pair, atMs);
		case "selected":
			return { ...withNews(end, String(event.id), event.pair, atMs), selectedId: String(event.id) };
		case "pairGone": {
			const id = String(event.id);
			return { ...end, pairs: end.pairs.filter((each) => each.id !== id), lanes: withPair(end.lanes, id, null, atMs) };
		}
		case "outcome":
			return { ...end, outcome: event.outcome, why: event.why };
		case "path":
			if (event.whose !== "ours") return end;
			return {
				...{ ...end, path: event.traced?.result ?? null, isBeside: event.traced?.by === "beside" },
				missing: event.missing,
			};
		default:
			return end;
	}
}

function withNews(end: OtherEnd, id: string, pair: MeetPair, atMs: number): OtherEnd {
	const isKnown = end.pairs.some((each) => each.id === id);
	const pairs = isKnown
		? end.pairs.map((each) => (each.id === id ? { id, pair } : each))
		: [...end.pairs, { id, pair }].slice(0, MOST_PAIRS);
	return { ...end, pairs, lanes: withPair(end.lanes, id, pair, atMs) };
}

function withCandidate(known: readonly MeetCandidate[], candidate: MeetCandidate): readonly MeetCandidate[] {
	const isSame = ({ address, port, protocol }: MeetCandidate) =>
		address === candidate.address && port === candidate.port && protocol === candidate.protocol;
	return [...known.filter((each) => !isSame(each)), candidate].slice(-MOST_CANDIDATES);
}
