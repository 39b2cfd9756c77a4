/** What a SIP user agent is made from, hears and puts out. It reads no clock, draws nothing and opens no socket. */
import type { SipHop } from "../transport/hop.ts";

/** A body and what it is. */
export interface SipBody {
	/** Such as `application/sdp`. */
	readonly type: string;
	readonly text: string;
	/** Content-Disposition, where it is not the type's own. */
	readonly disposition?: string;
}

/** Who we are, and to whom we show it. */
export interface SipAccount {
	/** Our address of record, such as `sip:me@example.com`. */
	readonly address: string;
	/** For people. */
	readonly displayName?: string;
	/** For digests; the user of the address when absent. */
	readonly username?: string;
	readonly password?: string;
	/** Where all requests go first, such as `sip:proxy.example.com;transport=tcp`; else where their URI says. */
	readonly outboundProxy?: string;
}

/** What an agent is made from. */
export interface SipAgentConfig {
	/** 32 random bytes, new for every machine: tags, branches, Call-IDs and nonces are made of it. */
	readonly secret: Uint8Array;
	readonly account: SipAccount;
	/** Name and version, for User-Agent and Server. */
	readonly product: string;
	/** How others reach our sockets, for Via and Contact: one for each transport (and family) that there is. */
	readonly local: readonly SipHop[];
	/** Option tags beyond those of the agent itself (`100rel`), such as `precondition` and `trickle-ice`. */
	readonly supported?: readonly string[];
	/** Info packages that are taken (RFC 6086), such as `trickle-ice`. */
	readonly infoPackages?: readonly string[];
	/** What callers of ours must show: user and password; absent: nothing. */
	readonly challenge?: { readonly realm: string; readonly password: (username: string) => string | null };
}

/** What an agent hears. `call`: the owner's number of a call of its own, the agent's of one that came in (from `incoming`). */
export type SipAgentInput =
	/** A datagram, or one message of a connection. */
	| { readonly type: "received"; readonly bytes: Uint8Array; readonly from: SipHop }
	/** What was sent there cannot get there. */
	| { readonly type: "transportFailed"; readonly to: SipHop; readonly why: string }
	/** What a `locate` found, best first (RFC 3263); none: the name is nobody's. */
	| { readonly type: "located"; readonly key: number; readonly hops: readonly SipHop[] }
	/** Kept up until `unregister`; `expiresSeconds` 3600 when absent. */
	| { readonly type: "register"; readonly expiresSeconds?: number }
	| { readonly type: "unregister" }
	| ({ readonly type: "call"; readonly call: number; readonly to: string } & SipInvitation)
	/** An answer to an INVITE that came in: 1xx (but 100), 2xx or a refusal. `reliable`: by RFC 3262, where the caller can. */
	| {
			readonly type: "respond";
			readonly call: number;
			readonly status: number;
			readonly reason?: string;
			readonly body?: SipBody;
			readonly reliable?: boolean;
			readonly headers?: readonly (readonly [name: string, value: string])[];
	  }
	/**
	 * An offer within the call: UPDATE (RFC 3311) before it is accepted or where `method` says so, else re-INVITE. Where the other
	 * end takes no UPDATE it waits until the call is accepted; one that is to be UPDATE is refused (405) before that.
	 */
	| { readonly type: "offer"; readonly call: number; readonly body: SipBody; readonly method?: "UPDATE" | "INVITE" }
	/** The answer to an `offer` event. */
	| { readonly type: "answer"; readonly call: number; readonly body: SipBody }
	/** Refuses an `offer` event: 488, 580, .. */
	| { readonly type: "refuse"; readonly call: number; readonly status: number; readonly body?: SipBody }
	/** RFC 6086; within a dialog alone. */
	| { readonly type: "info"; readonly call: number; readonly package: string; readonly body: SipBody }
	/** CANCEL, BYE or a refusal, as the call stands. */
	| { readonly type: "hangUp"; readonly call: number; readonly status?: number; readonly reason?: string }
	/** Ends every call and the registration; `closed` follows. */
	| { readonly type: "close" }
	| { readonly type: "timer" };

/** What an INVITE of ours says. */
export interface SipInvitation {
	readonly body: SipBody;
	/** Option tags of Require, such as `precondition`; `100rel` where provisional answers have to be reliable. */
	readonly require?: readonly string[];
	readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** What an agent puts out. */
export type SipAgentOutput =
	| { readonly type: "send"; readonly bytes: Uint8Array; readonly to: SipHop }
	/** Where a URI leads, by RFC 3263; `located` is to follow. */
	| { readonly type: "locate"; readonly key: number; readonly uri: string }
	| { readonly type: "event"; readonly event: SipEvent }
	| { readonly type: "ignored"; readonly reason: string };

/** Why a call or a registration came to its end. */
export type SipEnd =
	/** BYE, CANCEL, or `hangUp` here. */
	| { readonly code: "hungUp"; readonly by: "us" | "them"; readonly reason: string | null }
	/** A final answer of 3xx to 6xx. */
	| { readonly code: "refused"; readonly status: number; readonly reason: string; readonly body: SipBody | null }
	| { readonly code: "timeout" }
	| { readonly code: "transport"; readonly why: string }
	| { readonly code: "notFound"; readonly uri: string }
	/** Our password is not the right one, or there is none. */
	| { readonly code: "unauthorized"; readonly realm: string; readonly shown: boolean }
	/** The other side broke the protocol. */
	| { readonly code: "protocol"; readonly why: string };

/** What an agent tells. */
export type SipEvent =
	| {
			readonly kind: "registered";
			readonly expiresSeconds: number;
			readonly publicAddress: { readonly address: string; readonly port: number } | null;
	  }
	| { readonly kind: "unregistered"; readonly end: SipEnd | null }
	| {
			readonly kind: "incoming";
			readonly call: number;
			/** URI of the caller, and what it calls itself. */
			readonly from: string;
			readonly displayName: string | null;
			readonly to: string;
			readonly userAgent: string | null;
			/** Null: the caller wants us to offer. */
			readonly offer: SipBody | null;
			readonly supported: readonly string[];
			readonly required: readonly string[];
			/** Whether UPDATE may be sent. */
			readonly allow: readonly string[];
	  }
	/** A provisional answer to our INVITE. `dialog`: requests can be sent within the call from now on. */
	| {
			readonly kind: "progress";
			readonly call: number;
			readonly status: number;
			readonly reason: string;
			/** Its answer to our offer, where it is the first; else null. */
			readonly answer: SipBody | null;
			readonly reliable: boolean;
			readonly dialog: boolean;
			readonly supported: readonly string[];
			readonly userAgent: string | null;
	  }
	/** Our provisional answer has been acknowledged by PRACK. */
	| { readonly kind: "acknowledged"; readonly call: number; readonly status: number }
	/** 2xx; of a call of theirs, ACK has come. */
	| {
			readonly kind: "accepted";
			readonly call: number;
			readonly answer: SipBody | null;
			readonly supported: readonly string[];
			readonly userAgent: string | null;
	  }
	/** To be answered by `answer` or `refuse`. */
	| {
			readonly kind: "offer";
			readonly call: number;
			readonly body: SipBody;
			readonly method: "UPDATE" | "INVITE" | "PRACK";
	  }
	/** The answer to our offer within the call. */
	| { readonly kind: "answer"; readonly call: number; readonly body: SipBody }
	/** Our offer within the call was not taken; the session is as before. 491 is tried again by the agent itself. */
	| { readonly kind: "offerRefused"; readonly call: number; readonly status: number; readonly reason: string }
	| { readonly kind: "info"; readonly call: number; readonly package: string; readonly body: SipBody }
	| { readonly kind: "ended"; readonly call: number; readonly end: SipEnd }
	| { readonly kind: "closed" };
