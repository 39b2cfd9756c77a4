import type { StunAddress, StunErrorCode } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { LongTermCredentials, StunElsewhere, StunIgnoreReason } from "../../stun/client-io.ts";
import type { TransmitSchedule } from "../../stun/schedule.ts";
import type { TurnFailure } from "./failure.ts";

/** What kind of relayed address is wanted; RangeError at construction for what contradicts itself. */
export interface TurnAllocationOptions {
	/** What the relay speaks to peers: `udp` when absent; `tcp` (RFC 6062) only from a leg that is a stream. */
	readonly transport?: "udp" | "tcp";
	/**
	 * The families of the relayed addresses. When absent the server's default, IPv4. `both`: one allocation with IPv4 and
	 * IPv6 (ADDITIONAL-ADDRESS-FAMILY), where a server may give one alone.
	 */
	readonly family?: 4 | 6 | "both";
	/** `even`: an even port. `pair`: also the next one kept, whose token the event tells. */
	readonly evenPort?: "even" | "pair";
	/** The token of a port that was kept: 8 bytes. */
	readonly reservationToken?: Uint8Array;
	/** The relay is to be able to send with DF; a server that cannot is asked again without. */
	readonly dontFragment?: boolean;
	/** The lifetime to ask for; the server's default when absent. */
	readonly lifetimeSeconds?: number;
	/** The allocation is to survive a change of our address (RFC 8016); where it may not, it is asked for without. */
	readonly mobility?: boolean;
}

/** What a client is made from. */
export interface TurnClientConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	readonly server: StunAddress;
	/** How the server is reached; `udp` when absent. */
	readonly leg?: "udp" | "dtls" | "tcp" | "tls";
	/** The driver's socket or connection to the server, by index; 0 when absent. */
	readonly local?: number;
	/** None: the server lets everybody. */
	readonly credentials?: LongTermCredentials;
	readonly allocation?: TurnAllocationOptions;
	/** What requests keep; by the leg when absent. */
	readonly schedule?: TransmitSchedule;
	/**
	 * How often a 300 to the Allocate request is followed, never to a server asked before; 1 when absent. On streams it is
	 * the owner that follows, by a connection and a client of its own, if the failure says `mayFollow`.
	 */
	readonly redirects?: number;
	/** Servers that other clients of the same purpose were sent on by: they count as redirects, and are not gone back to. */
	readonly askedBefore?: readonly StunAddress[];
	/** Whether one is followed that nothing protects, as old servers send it; false when absent. */
	readonly followUnprotected?: boolean;
	/** After so long a silence a NAT is shown that we are still there, on `udp` and `dtls`; 15 when absent, 0: never. */
	readonly keepaliveSeconds?: number;
	/** What SOFTWARE says; nothing when absent. */
	readonly software?: string;
}

/** What a client hears. Peers of `permit` are addresses without port, for permissions have none. */
export type TurnClientInput =
	/** Once, first of all. */
	| { readonly type: "allocate" }
	/** Asks whether the allocation is still there, before it has to be asked for again; `lost` or `refreshed` follows. */
	| { readonly type: "refresh" }
	/** What is signed with from now on, such as REST credentials that end later; a server may hold us to the same user. */
	| { readonly type: "credentials"; readonly credentials: LongTermCredentials }
	/** Peers that may send to us, now and as long as the allocation lasts. One that was refused is asked for again. */
	| { readonly type: "permit"; readonly addresses: readonly string[] }
	/** Its permission is no longer renewed. */
	| { readonly type: "forget"; readonly address: string }
	/** A channel for this peer, and the permission. */
	| { readonly type: "bind"; readonly peer: StunAddress }
	/** Its channel is no longer renewed, nor used. */
	| { readonly type: "unbind"; readonly peer: StunAddress }
	/** `dontFragment`: with DF, on no channel. A peer without permission is asked for at once, right before the data. */
	| {
			readonly type: "send";
			readonly peer: StunAddress;
			readonly data: Uint8Array;
			readonly dontFragment?: boolean;
	  }
	/** Have the relay connect to this peer (RFC 6062). */
	| { readonly type: "connect"; readonly peer: StunAddress }
	/** A connection to the server that the driver opened, by its index, is to carry this one's data. */
	| { readonly type: "bindConnection"; readonly connectionId: number; readonly local: number }
	/** A datagram, or one message of a stream (`decodeStunFrame` tells where it ends). `at`: when it came, if known better. */
	| {
			readonly type: "received";
			readonly bytes: Uint8Array;
			readonly from: StunAddress;
			readonly local?: number;
			readonly at?: Instant;
	  }
	/** An ICMP error or the socket says that the server cannot be reached from there. `to`: another than the one used now. */
	| { readonly type: "unreachable"; readonly to?: StunAddress; readonly local?: number; readonly code: string }
	/** A stream has ended. */
	| { readonly type: "closed"; readonly local?: number }
	/** From now on by this socket or connection: our address has changed (RFC 8016). */
	| { readonly type: "move"; readonly local: number }
	/** The allocation is to end; an event `closed` comes within four seconds. */
	| { readonly type: "close" }
	/** The deadline has come. */
	| { readonly type: "timer" };

/** What a client puts out. */
export type TurnClientOutput =
	| { readonly type: "send"; readonly bytes: Uint8Array; readonly to: StunAddress; readonly local: number }
	| { readonly type: "event"; readonly event: TurnClientEvent }
	| { readonly type: "ignored"; readonly reason: TurnClientIgnoreReason };

/** Why an input had no effect. */
export type TurnClientIgnoreReason =
	| StunIgnoreReason
	/** No address, or none of a peer: port 0. */
	| "badAddress"
	/** Allocate was asked for before. */
	| "alreadyAllocated"
	/** There is no allocation, not yet or no more, or it is closing. */
	| "notAllocated"
	/** The connection to the server has ended, and no `move` has come. */
	| "disconnected"
	/** The permission of this peer was refused. */
	| "refused"
	/** More than a packet can hold. */
	| "tooLong"
	/** Data over an allocation of TCP, or a connection over one of UDP. */
	| "otherTransport"
	/** Not from the server, or to another socket. */
	| "notFromServer"
	/** ChannelData on a number that is not bound, or cut off. */
	| "badChannelData"
	/** An indication of another method, or without what it must hold. */
	| "badIndication"
	/** From a peer that was not permitted. */
	| "notPermitted"
	/** The server gave no ticket to move with. */
	| "notMobile"
	| "alreadyBound"
	| "notBound";

/** Why something was refused or lost; `error` is what the server said, if it did. */
export interface TurnRefusal {
	readonly why: TurnFailure;
	readonly error: StunErrorCode | null;
}

/** What a server gave. */
export interface TurnAllocated {
	/** One address, or one of each family, the first the one asked for first. */
	readonly relayed: readonly StunAddress[];
	/** Our own address as the server sees it; null where it does not say. */
	readonly mapped: StunAddress | null;
	readonly lifetimeSeconds: number;
	/** The server that gave it: another than at first after a redirection. */
	readonly server: StunAddress;
	/** Why the additional family is missing. */
	readonly addressError: (StunErrorCode & { readonly family: 4 | 6 }) | null;
	/** Of the next port, with `evenPort: "pair"`. */
	readonly reservationToken: Uint8Array | null;
	/** It can `move`. */
	readonly mobile: boolean;
	/** The relay knows DONT-FRAGMENT; false where it was not asked. */
	readonly dontFragment: boolean;
	readonly software: string | null;
	/** What the server signs with; null where it knows everybody. */
	readonly integrity: "sha1" | "sha256" | null;
	/** Of the last transaction; null where several transmissions leave it open. */
	readonly rttNs: number | null;
}

/** What a client tells. Exactly one of `failed`, `lost` and `closed` is the last that is told. */
export type TurnClientEvent =
	| ({ readonly kind: "allocated" } & TurnAllocated)
	/** No allocation, and where the server sent us that was not followed. `unknownAttributes`: of a 420. */
	| ({ readonly kind: "failed"; readonly unknownAttributes: readonly number[] } & TurnRefusal & StunElsewhere)
	/** It goes on at another server. */
	| { readonly kind: "redirected"; readonly to: StunAddress }
	| { readonly kind: "refreshed"; readonly lifetimeSeconds: number }
	/** The allocation is gone, and everything with it. */
	| ({ readonly kind: "lost" } & TurnRefusal)
	/** It has ended as we wanted; `confirmed`: the server said so. */
	| { readonly kind: "closed"; readonly confirmed: boolean }
	| { readonly kind: "permitted"; readonly address: string }
	/** This peer has no permission, or has it no more; the allocation goes on. */
	| ({ readonly kind: "refused"; readonly address: string } & TurnRefusal)
	| { readonly kind: "bound"; readonly peer: StunAddress; readonly channel: number }
	/** No channel, or no more: data goes in indications. */
	| ({ readonly kind: "unbound"; readonly peer: StunAddress } & TurnRefusal)
	/** `bytes` is a view of what was received. `channel` null: it came in an indication. */
	| {
			readonly kind: "data";
			readonly from: StunAddress;
			readonly bytes: Uint8Array;
			readonly channel: number | null;
	  }
	/** An ICMP error that came to the relay about what we sent to this peer (RFC 8656 §11.5). */
	| {
			readonly kind: "icmp";
			readonly peer: StunAddress;
			readonly icmp: { readonly type: number; readonly code: number; readonly data: number };
	  }
	/** The relay has connected: `bindConnection` must follow within 30 s. */
	| { readonly kind: "connected"; readonly peer: StunAddress; readonly connectionId: number }
	| ({ readonly kind: "connectFailed"; readonly peer: StunAddress } & TurnRefusal)
	/** A peer has connected to the relay: `bindConnection` must follow within 30 s. */
	| { readonly kind: "connectionAttempt"; readonly peer: StunAddress; readonly connectionId: number }
	/** From now on this connection's bytes are the peer's. */
	| { readonly kind: "connectionBound"; readonly connectionId: number; readonly local: number }
	| ({ readonly kind: "connectionLost"; readonly connectionId: number; readonly local: number } & TurnRefusal)
	/** The connection to the server has ended; the allocation waits for a `move` until it expires. */
	| { readonly kind: "disconnected" }
	| { readonly kind: "moved"; readonly local: number }
	/** It stays where it was. */
	| ({ readonly kind: "moveFailed"; readonly local: number } & TurnRefusal);
