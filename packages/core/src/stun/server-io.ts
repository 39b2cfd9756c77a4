import type { HmacKey, StunAddress } from "@whither/wire";
import type { AnswerCap, AnswerLimits } from "../answer-cap.ts";

/** One of the sockets that a server answers on. */
export interface StunServerSocket {
	/** The address it is bound to; `0.0.0.0` or `::` where it takes what comes to any. */
	readonly address: StunAddress;
	/** How clients know it, where that is another: behind a 1:1 translation. */
	readonly publicAddress?: StunAddress;
}

/** What a server is made from. */
export interface StunServerConfig {
	/**
	 * The sockets, which inputs and outputs name by index. With two addresses and two ports each (of one family) it
	 * answers the tests of RFC 5780, and says so in every response; otherwise it is a plain one.
	 */
	readonly sockets: readonly StunServerSocket[];
	/** Answers RFC 3489 as well; by default such requests are ignored, for they get longer answers. */
	readonly classic?: boolean;
	/**
	 * With it every request must be signed by a user that it knows (RFC 8489 §9.1, of classic ones RFC 3489 §8.1); the key of
	 * a username, or null.
	 */
	readonly credentials?: (username: string) => HmacKey | null;
	/** How many answers go out; `STUN_SERVER_LIMITS` when absent. */
	readonly limits?: AnswerLimits;
	/** Counts them in place of `limits`, for whoever answers beside this server. */
	readonly cap?: AnswerCap;
}

/** What a server hears. */
export type StunServerInput =
	/** A datagram, or one message of a stream: `stream` answers come back to the same connection. */
	{
		readonly type: "received";
		readonly bytes: Uint8Array;
		readonly from: StunAddress;
		/** The socket that it came to. */
		readonly local: number;
		readonly transport?: "datagram" | "stream";
	};

/** What a server puts out. */
export type StunServerOutput =
	| { readonly type: "send"; readonly bytes: Uint8Array; readonly to: StunAddress; readonly local: number }
	| { readonly type: "ignored"; readonly reason: StunServerIgnoreReason };

/** Why nothing is answered. */
export type StunServerIgnoreReason =
	| "notStun"
	/** Without a cookie, and classic requests are not wanted. */
	| "classic"
	| "notARequest"
	/** Another method than Binding: not this server's. */
	| "otherMethod"
	| "badFingerprint"
	/** More than this source, or all of them, get answered. */
	| "tooMany";

/**
 * Generous to whoever traces or gathers, and to many behind one address; a bound for whoever forges one. The table has a
 * fixed size.
 */
export const STUN_SERVER_LIMITS: AnswerLimits = {
	all: { perSecond: 50_000, burst: 10_000 },
	perSource: { perSecond: 500, burst: 1000 },
	sources: 4096,
};
