import type { StunAddress } from "@whither/wire";

/** What a machine is made from. */
export interface MdnsConfig {
	/** How long a name is asked for, 3500 when absent. */
	readonly timeoutMs?: number;
}

/** What a machine hears. Sockets are the driver's, by numbers that it never uses twice. */
export type MdnsInput =
	/**
	 * One on one link, for one family. `full`: bound to port 5353, and hears what is sent to the group. `oneShot`: bound to
	 * another, so that it can ask and not answer (RFC 6762 §5.1).
	 */
	| { readonly type: "opened"; readonly socket: number; readonly use: "full" | "oneShot" }
	| { readonly type: "closed"; readonly socket: number }
	/** From now on this name, which nobody else can have, stands for this address. Throws RangeError where it is no name. */
	| { readonly type: "publish"; readonly name: string; readonly address: string }
	/** It does no longer: whoever knows it is to forget it. */
	| { readonly type: "withdraw"; readonly name: string }
	/** Look a name up; `resolved` follows. */
	| { readonly type: "resolve"; readonly name: string }
	| { readonly type: "received"; readonly socket: number; readonly from: StunAddress; readonly bytes: Uint8Array }
	/** Withdraws all names and ends all look-ups. */
	| { readonly type: "close" }
	/** The deadline has come. */
	| { readonly type: "timer" };

/** What a machine puts out. */
export type MdnsOutput =
	/** `to` null: to the group, port 5353. */
	| { readonly type: "send"; readonly socket: number; readonly to: StunAddress | null; readonly bytes: Uint8Array }
	| { readonly type: "event"; readonly event: MdnsEvent }
	| { readonly type: "ignored"; readonly reason: MdnsIgnoreReason };

/** What a machine tells. Names are as they were asked for; `address` null: nobody has said. */
export type MdnsEvent = { readonly kind: "resolved"; readonly name: string; readonly address: string | null };

/** Why an input had no effect. */
export type MdnsIgnoreReason =
	| "closed"
	| "unknownSocket"
	/** No message of DNS, or one of another kind than a query or an answer (RFC 6762 §18.3, §18.11). */
	| "notMdns"
	/** An answer not from port 5353 (RFC 6762 §6). */
	| "wrongPort"
	/** About names that are not ours, and not asked for. */
	| "otherNames"
	/** Whoever asks knows it already (RFC 6762 §7.1), or has just been told. */
	| "knownAnswer"
	/** A name that is not published. */
	| "unknownName"
	/** More names at one time than are asked for. */
	| "tooMany";
