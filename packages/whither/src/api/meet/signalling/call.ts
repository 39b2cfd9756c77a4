/** A call that carries a meeting, as it is told and as results have it. */

/** Which ICE an end speaks: RFC 8445, or draft-rosenberg-sipping-ice-01. */
export type MeetIceKind = "modern" | "first-draft";

/** What became of the preconditions of a call (RFC 3312, RFC 5898). */
export type CallPrecondition =
	/** Neither end wanted any. */
	| "none"
	/** They are wanted, and not met by then: nobody's phone has rung. */
	| "waiting"
	/** They were met before anybody's phone rang. */
	| "met"
	/** One end could not or would not (580). */
	| "refused";

/** How a call stands. */
export interface MeetCall {
	readonly direction: "out" | "in";
	/** URIs: of this end, and of the other one. */
	readonly own: string;
	readonly peer: string;
	/** The final answer to INVITE, such as 200 or 486; null: there is none yet. */
	readonly status: number | null;
	/** From INVITE to the first ringing (180), and to the final answer. Null: it did not come to that. */
	readonly ringMs: number | null;
	readonly answeredMs: number | null;
	readonly precondition: CallPrecondition;
	/** What the other end's phone calls itself (User-Agent, Server); null: it does not say. */
	readonly userAgent: string | null;
}
