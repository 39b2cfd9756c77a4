import type { SipEvent } from "../agent/agent-io.ts";

/** What a call is to the end that places it, or that takes it. */
export interface CallSide {
	begin(): void;
	/** Our end has said more of itself. */
	said(): void;
	/** Something has come further: what was proved, or what the other end says. */
	moved(): void;
	event(event: SipEvent): void;
	/** Ends the call, if there is one. `reason` is for people. */
	leave(reason: string): void;
}
