import type { MeetOutcome } from "./result.ts";
import type { MeetCall } from "./signalling/call.ts";
import type { SignallingFailure } from "./signalling/signalling.ts";

/** How a call went, once there is no waiting for it any more. */
export interface CallEnding {
	/** Null: there is none. */
	readonly call: MeetCall | null;
	/** What the other end said as it went; null: it has not gone. */
	readonly bye: string | null;
	/** Why signalling ended; null: it did not, or in order. */
	readonly failure: SignallingFailure | null;
}

/** The outcome of a way whose call was never taken; null: it was, or none carries it. */
export function untakenOutcome({ call, bye, failure }: CallEnding): MeetOutcome | null {
	if (call === null || (call.status !== null && call.status < 300)) return null;
	const nothing = { failure: null, signalling: null, about: null };
	if (bye !== null) return { ...nothing, code: "peerLeft", about: bye };
	return failure === null
		? { ...nothing, code: "nobodyCame" }
		: { ...nothing, code: "signalling", signalling: failure };
}
