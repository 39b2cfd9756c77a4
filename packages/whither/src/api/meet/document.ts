/** Makes the document out of what is known at the end. */
import type { Meeting } from "./meeting.ts";
import { type MeetRequestOptions, WAIT_MS } from "./options.ts";
import type { FoundPaths } from "./path/paths.ts";
import { MEET_SCHEMA, type MeetOutcome, type MeetResult, type MissingPath } from "./result.ts";
import { meetSentence } from "./words/meet-sentence.ts";
import type { MeetFacts } from "./words/obstacle.ts";

/** Paths where nothing was traced. */
export const NO_PATHS: FoundPaths = {
	...{ own: null, ownMissing: null, peer: null, peerMissing: null, lost: null, pairChanged: false },
};

/** Servers where none was asked. */
export const NO_SERVERS: MeetResult["servers"] = { rendezvous: null, stun: [], turn: [] };

type Common = Pick<MeetResult, "tool" | "args" | "servers" | "warnings" | "backend" | "startedAt" | "durationNs">;

/** What a document is made of. */
export interface DocumentParts extends Common {
	readonly facts: MeetFacts;
	readonly paths: FoundPaths;
	readonly meeting: Meeting;
	/** Paths were asked for. */
	readonly traces: boolean;
	readonly why: string;
}

/** The result of two ends that were there, or of one that waited. */
export function meetDocument({ facts, paths, meeting, traces, why, ...common }: DocumentParts): MeetResult {
	const { tool, args, servers, warnings, backend, startedAt, durationNs } = common;
	const { outcome, selected, pairs, candidates, candidateErrors, timings } = facts;
	const { ledger, ice } = meeting;
	const isLost = outcome.code !== "connected" && outcome.code !== "interrupted";
	const missing = missingPaths(selected !== null, traces, paths);
	return {
		...{ schema: MEET_SCHEMA, tool, args },
		connected: selected !== null && !isLost && meeting.untaken === null,
		...{ state: ledger.state, why, outcome, timings, role: ice.role, peerTool: meeting.peer?.tool || null },
		...{ ice: meeting.peer?.ice ?? null, call: meeting.call, media: meeting.media },
		...{ selected, pairs, candidates, candidateErrors, servers },
		path: paths.own?.result ?? null,
		pathMissing: paths.own?.result ? null : missing.own,
		reversePath: paths.peer?.trace ?? null,
		reversePathMissing: paths.peer?.trace ? null : missing.peer,
		...{ warnings, backend, startedAt, durationNs },
		stopReason: outcome.code === "interrupted" ? "interrupted" : "complete",
	};
}

function missingPaths(isConnected: boolean, traces: boolean, { ownMissing, peerMissing }: FoundPaths) {
	const usual: MissingPath = !isConnected
		? { code: "notConnected", message: "There is no way to trace" }
		: traces
			? { code: "pairLost", message: "The pair was lost before it was there" }
			: { code: "notAsked", message: "It was not asked for (--no-trace)" };
	return { own: ownMissing ?? usual, peer: peerMissing ?? usual };
}

/** The result of one that came to no end of a meeting: signalling could not be, or it was stopped. */
export function withoutMeeting({
	outcome,
	options,
	...common
}: Common & { readonly outcome: MeetOutcome; readonly options: MeetRequestOptions }): MeetResult {
	const { tool, args, servers, warnings, backend, startedAt, durationNs } = common;
	const candidates = { local: [], remote: [] };
	const timings = { gatheredMs: null, connectedMs: null, nominatedMs: null };
	const facts = { outcome, selected: null, pairs: [], candidates, candidateErrors: [], servers, timings, media: null };
	const { policy = "all", waitMs = WAIT_MS } = options;
	const why = meetSentence({ ...facts, policy, waitMs, tcpReached: [], peerView: null });
	const missing = missingPaths(false, true, NO_PATHS);
	return {
		...{ schema: MEET_SCHEMA, tool, args, connected: false, state: "new", why, role: null, peerTool: null },
		...{ ice: null, call: null, media: null },
		...{ ...facts, path: null, pathMissing: missing.own, reversePath: null, reversePathMissing: missing.peer },
		...{ warnings, backend, startedAt, durationNs },
		stopReason: outcome.code === "interrupted" ? "interrupted" : "complete",
	};
}
