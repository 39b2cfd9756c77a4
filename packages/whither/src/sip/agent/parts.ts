/** What the parts of an agent have in common. */
import type { Instant } from "@whither/core";
import type { SipHeader } from "../message/message.ts";
import type { SipAgentConfig, SipEnd } from "./agent-io.ts";
import type { AskingMeans } from "./asking.ts";
import type { Authenticate } from "./callers.ts";
import type { Calls } from "./calls.ts";
import type { Drawn } from "./drawn.ts";
import type { Leg } from "./leg.ts";
import type { Outlet } from "./outlet.ts";
import type { Replies } from "./replies.ts";

/** Everything that a call stands on. */
export interface Parts extends AskingMeans {
	readonly config: SipAgentConfig;
	readonly outlet: Outlet;
	readonly drawn: Drawn;
	readonly replies: Replies;
	readonly calls: Calls;
	/** What we can do, as requests and answers that concern a session say it. */
	readonly abilities: readonly SipHeader[];
	readonly authenticate: Authenticate;
}

/** How the owner ends a call. */
export interface HangUp {
	/** Of a call that came in and has not been accepted. */
	readonly status?: number | undefined;
	readonly reason?: string | undefined;
}

/** A call, whoever began it. */
export interface Call {
	readonly number: number;
	readonly role: "caller" | "callee";
	readonly dueAt: Instant;
	tick(now: Instant): void;
	hangUp(how: HangUp, now: Instant): void;
	/** That dialog of it is over: by BYE, or an early one of which the other end knows nothing any more. */
	left(leg: Leg, end: SipEnd, now: Instant): void;
	/** Once: tells the owner, and is forgotten. */
	end(end: SipEnd): void;
	/** The dialog that the owner deals with; null: there is none yet. */
	readonly leg: Leg | null;
	readonly isOver: boolean;
}
