/** A SIP user agent on real sockets, in plain data: what it is opened with, and what it tells. */
import type { Instant } from "@whither/core";
import type { SipAgentConfig, SipBody, SipEvent, SipInvitation } from "./agent/agent-io.ts";
import type { SipHop } from "./transport/hop.ts";
import type { SipTransportOrder } from "./transport/transport-io.ts";

/** Who we are, and where we are reached. */
export interface SipOrder extends SipTransportOrder, Omit<SipAgentConfig, "secret" | "local"> {}

/** A message as it left or came in, for logs. */
export interface SipTrace {
	readonly direction: "in" | "out";
	/** Its other end. */
	readonly hop: SipHop;
	readonly bytes: Uint8Array;
	readonly at: Instant;
}

/** What hears a user agent; never called before `openSip` has resolved. */
export interface SipListener {
	event(event: SipEvent): void;
	message?(trace: SipTrace): void;
	/** What came to nothing on a way: `why` as `hopSentence` takes it. Calls hear of their own as they end. */
	failed?(hop: SipHop, why: string): void;
	/** What was passed over, and why; for logs. */
	ignored?(reason: string): void;
}

/** An answer to a call that came in. */
export interface SipReply {
	/** 101 to 699. */
	readonly status: number;
	readonly reason?: string;
	readonly body?: SipBody;
	/** By RFC 3262, where the caller can. */
	readonly reliable?: boolean;
	readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** A user agent that is open. What a call does not allow as it stands is passed over, and told as `ignored`. */
export interface SipUser {
	/** How others reach us, best first. */
	readonly local: readonly SipHop[];
	/** Kept up until `unregister`. */
	register(expiresSeconds?: number): void;
	unregister(): void;
	/** Calls, and gives the number that its events have. `to`: a SIP or SIPS URI. */
	call(to: string, invitation: SipInvitation): number;
	respond(call: number, reply: SipReply): void;
	/** An offer within the call: by UPDATE before it is accepted or where `method` says so, else by a new INVITE. */
	offer(call: number, body: SipBody, method?: "UPDATE" | "INVITE"): void;
	/** The answer to an `offer` event. */
	answer(call: number, body: SipBody): void;
	/** Refuses an `offer` event. */
	refuse(call: number, status: number, body?: SipBody): void;
	info(call: number, infoPackage: string, body: SipBody): void;
	/** CANCEL, BYE or a refusal, as the call stands. */
	hangUp(call: number, status?: number, reason?: string): void;
	/** Ends calls and the registration; resolves when all is gone, five seconds later at the most. */
	close(): Promise<void>;
}
