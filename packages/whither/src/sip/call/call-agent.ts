/** A SIP agent as a call holds it: what is asked of it, and what it tells. On sockets, or in memory. */
import type { SipBody, SipEvent, SipInvitation } from "../agent/agent-io.ts";

/** An answer to somebody's INVITE. */
export interface CallAnswer {
	readonly status: number;
	readonly reason?: string;
	readonly body?: SipBody;
	/** By RFC 3262; where the caller can. */
	readonly reliable?: boolean;
	readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** The agent, once it is open. Numbers of calls are as `SipAgentInput` has them. */
export interface CallAgent {
	/** Kept up until `close`. */
	register(): void;
	call(call: number, to: string, invitation: SipInvitation): void;
	respond(call: number, answer: CallAnswer): void;
	/** An offer within the call: UPDATE before it is accepted, else re-INVITE. */
	offer(call: number, body: SipBody): void;
	/** The answer to somebody's offer within the call, or the refusal of it. */
	answer(call: number, body: SipBody): void;
	refuse(call: number, status: number, body?: SipBody): void;
	info(call: number, packageName: string, body: SipBody): void;
	/** CANCEL, BYE or a refusal, as the call stands. */
	hangUp(call: number, why?: { readonly status?: number; readonly reason?: string }): void;
	/** Ends every call and the registration, and resolves once all is closed. */
	close(): Promise<void>;
}

/** How it is opened: nothing is told before it has returned. */
export type OpenCallAgent = (tell: (event: SipEvent) => void) => CallAgent;

/** The type of a description (RFC 8866 §8.1). */
export const SDP_TYPE = "application/sdp";

/** A description as a body. */
export function sdpBody(text: string): SipBody {
	return { type: SDP_TYPE, text };
}
