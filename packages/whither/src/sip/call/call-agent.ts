/** A SIP agent as a call holds it: on sockets, or in memory. */
import type { SipEvent } from "../agent/agent-io.ts";
import type { SipUser } from "../sip-io.ts";

/** What is asked of it. */
export type CallAgent = Pick<
	SipUser,
	"register" | "call" | "respond" | "offer" | "answer" | "refuse" | "info" | "hangUp" | "close"
>;

/** Hands it over with who is to hear its events from now on; called once. */
export type OpenCallAgent = (tell: (event: SipEvent) => void) => CallAgent;
