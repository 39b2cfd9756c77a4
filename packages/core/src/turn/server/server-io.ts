import type { StunAddress } from "@whither/wire";
import type { AnswerLimits } from "../../answer-cap.ts";
import type { Instant } from "../../machine.ts";
import type { StunServerConfig, StunServerIgnoreReason } from "../../stun/server-io.ts";
import type { AllocationEnd, TurnAllocation, TurnUsage } from "./allocation.ts";
import type { PeerRules } from "./peer-filter.ts";
import type { ByteRate } from "./token-bucket.ts";
import type { PasswordAlgorithm, TurnUsers } from "./users.ts";

/** An address of this host that relays are opened on, and how peers know it where that is another (a 1:1 translation). */
export interface TurnRelayAddress {
	readonly address: string;
	readonly publicAddress?: string;
}

/** What a relay server is made from. */
export interface TurnServerConfig {
	/** 32 random bytes. Servers that share them and the clock take each other's nonces, as workers of one service should. */
	readonly secret: Uint8Array;
	/** Sets servers that share a secret apart, so that their ports, tickets, tokens and ids are not the same; by default 0. */
	readonly instance?: number;
	/** The wall clock at instant 0, in Unix seconds: nonces and REST credentials go by it. */
	readonly unixSecondsAtZero: number;
	readonly realm: string;
	readonly users: TurnUsers;
	/** Where relays are opened, of either family or both. Allocations take the addresses of their family in turn. */
	readonly relays: readonly TurnRelayAddress[];
	/** By default 49152 to 65535 (RFC 8656 §7.2). */
	readonly relayPorts?: { readonly first: number; readonly last: number };
	/** Whom relays may send to; relay addresses and their ports are filled in. `own`: every address that this host serves at. */
	readonly peers?: PeerRules;
	/** Binding requests on the same port: answered as this says; by default not at all. */
	readonly binding?: StunServerConfig;
	/** Offered in this order; by default SHA-256, then MD5 (RFC 8489 §18.5). */
	readonly passwordAlgorithms?: readonly PasswordAlgorithm[];
	/** At most, and by default, 3600 (RFC 8656 §5). */
	readonly nonceLifetimeSeconds?: number;
	/** By default 600 and 3600 (RFC 8656 §7.2). */
	readonly lifetimes?: { readonly defaultSeconds: number; readonly maximumSeconds: number };
	/** Allocations at once; no bound where absent. */
	readonly quotas?: { readonly perUser?: number; readonly total?: number };
	/** Counts allocations beyond this server's own, where several serve as one; asked beside `quotas`. */
	readonly ledger?: TurnLedger;
	/** Of each allocation, from client to peers (`up`) and back (`down`); no bound where absent. */
	readonly bandwidth?: { readonly up?: ByteRate; readonly down?: ByteRate };
	/** Answers to requests that are not authenticated; `TURN_ANSWER_LIMITS` where absent. */
	readonly answers?: AnswerLimits;
	/** TCP relays (RFC 6062); by default there are. */
	readonly tcpRelays?: boolean;
	/** Clients that move keep their allocation (RFC 8016); by default they may. */
	readonly mobility?: boolean;
	/** Relays can send with DF; by default they can. Where not, DONT-FRAGMENT is unknown here (RFC 8656 §7.2). */
	readonly dontFragment?: boolean;
	/** Channels up to 0x7fff, as RFC 5766 had them. */
	readonly wideChannels?: boolean;
	/** The family of an allocation that names none: `ipv4` (RFC 8656 §7.2), or that which the client came by. */
	readonly unnamedFamily?: "ipv4" | "client";
	/** How much one allocation may hold; `TURN_HOLDINGS` where absent. */
	readonly holdings?: TurnHoldings;
}

/** Allocations of several servers counted together. */
export interface TurnLedger {
	/** Counts one more of this owner's; or says which bound stands against it, and counts nothing. */
	take(owner: string): true | "perUser" | "total";
	/** Counts one less. */
	give(owner: string): void;
}

/** Bounds of what one allocation may hold. */
export interface TurnHoldings {
	readonly permissions: number;
	readonly channels: number;
	readonly connections: number;
}

/** More peers than calls have, and little enough to hold. */
export const TURN_HOLDINGS: TurnHoldings = { permissions: 256, channels: 256, connections: 64 };

/** Generous to many clients behind one address, each of which is refused once before it is let in; the table has a fixed size. */
export const TURN_ANSWER_LIMITS: AnswerLimits = {
	all: { perSecond: 20_000, burst: 10_000 },
	perSource: { perSecond: 100, burst: 1000 },
	sources: 4096,
};

/** Another server to try; `domain`: whose certificate it shows, where that is not ours (RFC 8489 §14.16). */
export interface TurnAlternate extends StunAddress {
	readonly domain?: string;
}

/** An ICMP error about a peer, as attribute ICMP tells it (RFC 8656 §18.13). */
export interface TurnIcmp {
	readonly type: number;
	readonly code: number;
	readonly data: number;
}

/** What a relay server hears. Addresses are canonical text; bytes are read at once, and outputs may be views of them. */
export type TurnServerInput =
	/** A datagram, or one frame of a stream, from a client. `local`: which listener it came to. */
	| {
			readonly type: "received";
			readonly bytes: Uint8Array;
			readonly from: StunAddress;
			readonly local: number;
			readonly transport?: "datagram" | "stream";
	  }
	/** A client's stream has ended. */
	| { readonly type: "streamClosed"; readonly from: StunAddress; readonly local: number }
	/** A relay asked for by `openRelay` stands. */
	| { readonly type: "relayOpened"; readonly relay: number }
	/** It does not: another port is tried after `portTaken`. */
	| { readonly type: "relayFailed"; readonly relay: number; readonly why: "portTaken" | "noFamily" | "noResources" }
	/** A datagram from a peer. */
	| { readonly type: "relayReceived"; readonly relay: number; readonly from: StunAddress; readonly bytes: Uint8Array }
	/** What could not be sent or was sent back: told to the client where an ICMP error said so, and otherwise nothing. */
	| { readonly type: "relayError"; readonly relay: number; readonly to: StunAddress; readonly icmp?: TurnIcmp }
	/** The connection asked for by `connectPeer` stands, or does not. */
	| { readonly type: "peerConnected"; readonly connection: number }
	| { readonly type: "peerConnectFailed"; readonly connection: number }
	/** A peer has connected to a TCP relay; `handle` is the driver's word for it until it gets `adoptPeer` or `refusePeer`. */
	| { readonly type: "peerAccepted"; readonly relay: number; readonly from: StunAddress; readonly handle: number }
	/** A peer's connection has ended. */
	| { readonly type: "peerClosed"; readonly connection: number }
	| { readonly type: "timer" }
	/** These are the users from now on. */
	| { readonly type: "users"; readonly users: TurnUsers }
	/** These are the rules of whom relays may send to: what was let in before and is denied now ends at once. */
	| { readonly type: "peers"; readonly peers: PeerRules }
	/** No more allocations; those there are end at `until`. `alternate`: servers to try instead (300), of either family. */
	| { readonly type: "drain"; readonly until: Instant; readonly alternate?: readonly TurnAlternate[] };

/** What a relay server puts out. */
export type TurnServerOutput =
	| { readonly type: "send"; readonly bytes: Uint8Array; readonly to: StunAddress; readonly local: number }
	/** Open a relay at this address and port; with `above`, a second one at the next port, both or neither. */
	| {
			readonly type: "openRelay";
			readonly relay: number;
			readonly address: string;
			readonly port: number;
			readonly transport: "udp" | "tcp";
			readonly above: number | null;
	  }
	| { readonly type: "closeRelay"; readonly relay: number }
	| {
			readonly type: "relaySend";
			readonly relay: number;
			readonly to: StunAddress;
			/** A view of the bytes that came in. */
			readonly bytes: Uint8Array;
			readonly dontFragment: boolean;
	  }
	/** Connect to a peer from the relay's address and port (RFC 6062 §5.2). */
	| { readonly type: "connectPeer"; readonly connection: number; readonly relay: number; readonly to: StunAddress }
	| { readonly type: "adoptPeer"; readonly handle: number; readonly connection: number }
	| { readonly type: "refusePeer"; readonly handle: number }
	/** After what has been put out before, this stream of a client carries the bytes of this connection and nothing else. */
	| { readonly type: "bindConnection"; readonly connection: number; readonly from: StunAddress; readonly local: number }
	| { readonly type: "closePeer"; readonly connection: number }
	| { readonly type: "closeStream"; readonly from: StunAddress; readonly local: number }
	| { readonly type: "event"; readonly event: TurnServerEvent }
	| { readonly type: "ignored"; readonly reason: TurnIgnoreReason };

/** What is worth telling. */
export type TurnServerEvent =
	| { readonly kind: "allocationOpened"; readonly allocation: TurnAllocation }
	| {
			readonly kind: "allocationClosed";
			readonly allocation: TurnAllocation;
			readonly usage: TurnUsage;
			readonly why: AllocationEnd;
	  };

/** Why nothing comes of an input. */
export type TurnIgnoreReason =
	| StunServerIgnoreReason
	| "noAllocation"
	| "noPermission"
	| "noChannel"
	/** The peer filter denies it. */
	| "deniedPeer"
	/** More bytes than the allocation's bandwidth. */
	| "overBandwidth"
	/** An indication that lacks something, or has what must be understood and is not. */
	| "malformed"
	/** Sent again while the first is still being worked on. */
	| "pending"
	/** Of a send to a peer, and not for the client to know. */
	| "relayError"
	/** About a relay or connection that is no more, or never was. */
	| "unknownRelay"
	| "unknownConnection"
	/** A message on a stream that carries a peer's connection. */
	| "boundStream"
	/** Nothing is due. */
	| "nothingDue";
