import type { StunAddress, StunErrorCode, TransportPreferences } from "@whither/wire";
import type { Instant } from "../../../machine.ts";
import type { StunFailure } from "../../../stun/client-io.ts";

/** A user of an early relay: what Allocate is signed with, as its Shared Secret server or somebody else gave it out. */
export interface EarlyRelayUser {
	/** Its length in UTF-8 is a multiple of four. */
	readonly username: string;
	readonly password: string;
}

/** What a client of an early relay is made from (draft-rosenberg-midcom-turn-01 §8). */
export interface EarlyTurnClientConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	readonly server: StunAddress;
	readonly user: EarlyRelayUser;
	/** Asked for; the server may say less. */
	readonly lifetimeSeconds?: number;
	/** Both ways together. */
	readonly bandwidthKbps?: number;
	readonly preferences?: TransportPreferences;
}

/** What the client hears; it has one socket, the one whose datagrams are to be relayed. */
export type EarlyTurnClientInput =
	| { readonly type: "allocate" }
	| { readonly type: "received"; readonly bytes: Uint8Array; readonly from: StunAddress; readonly at?: Instant }
	/** Its owner has sent by the relay, or heard from it: the binding lives on. */
	| { readonly type: "active" }
	| { readonly type: "unreachable"; readonly to: StunAddress; readonly code: string }
	/** LIFETIME 0; `closed` follows. */
	| { readonly type: "release" }
	| { readonly type: "timer" };

/** What it puts out. */
export type EarlyTurnClientOutput =
	/** A control message, to the server's own address. */
	| { readonly type: "send"; readonly bytes: Uint8Array; readonly to: StunAddress }
	| { readonly type: "event"; readonly event: EarlyTurnClientEvent }
	/** Nothing of its own: from the server's address it is a peer's data, for whoever owns the socket. */
	| { readonly type: "ignored"; readonly reason: EarlyTurnClientIgnoreReason };

/** Why nothing comes of an input. */
export type EarlyTurnClientIgnoreReason =
	/** No answer to it: data, if it is from the server. */
	| "notMine"
	/** One more answer to what has been answered: not data. */
	| "repeated"
	| "badIntegrity"
	/** It is too early or too late for that. */
	| "closed";

/** What it tells. */
export type EarlyTurnClientEvent =
	| {
			readonly kind: "allocated";
			/** Where the binding is, and data goes: another than at first where that one sent us on. */
			readonly server: StunAddress;
			/** Where peers send to: MAPPED-ADDRESS, then each MORE-AVAILABLE. All lead to one binding. */
			readonly relayed: readonly StunAddress[];
			readonly lifetimeSeconds: number;
			readonly bandwidthKbps: number | null;
			/** The port above was set aside: to be claimed from another socket by `preferences` with this address. */
			readonly next: StunAddress | null;
	  }
	| { readonly kind: "refreshed"; readonly lifetimeSeconds: number }
	/** There never was a binding. */
	| { readonly kind: "failed"; readonly why: StunFailure | "refused"; readonly error: StunErrorCode | null }
	/** There was one. */
	| { readonly kind: "lost"; readonly why: StunFailure | "refused"; readonly error: StunErrorCode | null }
	| { readonly kind: "closed" };
