/** What a meeting tells on its way. */
import type { IceRole, IceState, SelectionReason, TraceResult } from "@whither/core";
import type {
	MeetCandidate,
	MeetCandidateError,
	MeetLocalCandidate,
	MeetMedia,
	MeetOutcome,
	MeetPair,
	MeetWarning,
	MissingPath,
} from "./result.ts";
import type { MeetCall } from "./signalling/call.ts";

/** The path that the selected pair's packets take, as far as it could be found; never a rejection. */
export interface TracedPath {
	/** `flow`: on the pair's own socket. `beside`: by packets of another socket or connection to the same address. */
	readonly by: "flow" | "beside";
	readonly result: TraceResult | null;
	/** Why there is none. */
	readonly error: { readonly code: string; readonly message: string } | null;
}

/** One piece of news. */
export type MeetEvent =
	/** The code to say to the other end, who made it (or we join with it), and where. */
	| { readonly kind: "code"; readonly code: string; readonly role: IceRole; readonly server: string }
	/** The other end is there; what it calls itself comes a moment later. */
	| { readonly kind: "met" }
	| { readonly kind: "peer"; readonly tool: string }
	/** The call that carries the meeting has come further. */
	| { readonly kind: "call"; readonly call: MeetCall }
	/** How media went so far; once a second, and at the end. */
	| { readonly kind: "media"; readonly media: MeetMedia }
	| { readonly kind: "candidate"; readonly candidate: MeetLocalCandidate }
	| { readonly kind: "remoteCandidate"; readonly candidate: MeetCandidate }
	| { readonly kind: "candidateError"; readonly error: MeetCandidateError }
	| { readonly kind: "gathered" }
	/** A pair is new or has changed; `id` is the same for the same pair. */
	| { readonly kind: "pair"; readonly id: number; readonly pair: MeetPair }
	| { readonly kind: "pairGone"; readonly id: number }
	| { readonly kind: "selected"; readonly id: number; readonly pair: MeetPair; readonly reason: SelectionReason }
	| { readonly kind: "state"; readonly state: IceState }
	/** The two came together or did not; the sentence may know more in the end. */
	| { readonly kind: "outcome"; readonly outcome: MeetOutcome; readonly why: string }
	/** A path is there, or will not be. */
	| {
			readonly kind: "path";
			readonly whose: "ours" | "theirs";
			readonly traced: TracedPath | null;
			readonly missing: MissingPath | null;
	  }
	| { readonly kind: "warning"; readonly warning: MeetWarning };
