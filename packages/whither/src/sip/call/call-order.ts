/** What signalling by a SIP call is made from. */
import type { OpenCallAgent } from "./call-agent.ts";

/** The clock and the timers of a call. */
export interface CallTime {
	/** Milliseconds, of any beginning. */
	readonly now: () => number;
	/** Calls back after so long, unless the function that it returns was called. */
	readonly after: (delayMs: number, call: () => void) => () => void;
}

/** What happens beside a meeting's own events. */
export type CallNews =
	/** The registrar has us; `expiresSeconds`: until it has to be told again. */
	| { readonly kind: "registered"; readonly own: string; readonly expiresSeconds: number }
	/** A call that was not taken, and what it was told. */
	| { readonly kind: "notTaken"; readonly from: string; readonly status: number; readonly why: string };

/** How a call is placed, or waited for. */
export interface SipSignallingOrder {
	readonly openAgent: OpenCallAgent;
	/** Our own URI. */
	readonly own: string;
	/** Whom to call, who then is controlled; absent: the first call that comes is taken. */
	readonly to?: string;
	/**
	 * Which ICE is offered and taken: RFC 8839's with all candidates at once, with late ones by INFO (RFC 8840), or the first
	 * draft's. An end that speaks another one, or none, is sent to unchecked.
	 */
	readonly ice: "modern" | "trickle" | "first-draft";
	/**
	 * The other end is known to trickle, so that the offer needs no candidates (RFC 8840 §5); else it has all. Deviation: nobody
	 * asks it by OPTIONS.
	 */
	readonly peerTrickles?: boolean;
	/** Nobody's phone rings before both ways are proved (RFC 5898); a call without that is not placed and not taken. */
	readonly precondition?: boolean;
	/** Who waits is registered, true when absent. */
	readonly register?: boolean;
	/** For `o=` of descriptions (RFC 8866 §5.2): decimal digits. */
	readonly sessionId: string;
	readonly time: CallTime;
	readonly tell?: (news: CallNews) => void;
}

/** Option tags of an agent for such calls, beside its own (RFC 5768, RFC 8840, RFC 3312). */
export function callOptionTags(ice: SipSignallingOrder["ice"]): readonly string[] {
	const ofIce = ice === "first-draft" ? [] : ice === "trickle" ? ["ice", "trickle-ice"] : ["ice"];
	return [...ofIce, "precondition"];
}
