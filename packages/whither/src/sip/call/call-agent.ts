/** A SIP agent as a call holds it: on sockets, or in memory. */
import type { SipBody, SipEvent } from "../agent/agent-io.ts";
import type { SipUser } from "../sip-io.ts";

/** What is asked of it. */
export type CallAgent = Pick<
	SipUser,
	"register" | "call" | "respond" | "offer" | "answer" | "refuse" | "info" | "hangUp" | "close"
>;

/** Hands it over with who is to hear its events from now on; called once. */
export type OpenCallAgent = (tell: (event: SipEvent) => void) => CallAgent;

/** The type of a description (RFC 8866 §8.1). */
export const SDP_TYPE = "application/sdp";

/** A description as a body. */
export function sdpBody(text: string): SipBody {
	return { type: SDP_TYPE, text };
}
